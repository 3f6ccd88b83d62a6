import { createHash } from "node:crypto";
import { closeSync, createReadStream, lstatSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { LocalBlob } from "./image-source.ts";

const KEEP_PARTIAL_MS = 24 * 3600 * 1000;

/** Throws unless the file at `path` has this digest and size. */
export async function verifyFile(path: string, digest: string, size: number): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 << 10 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  if (bytes !== size) throw new Error(`blob ${digest} has ${bytes} bytes, but ${size} are promised`);
  const actual = `sha256:${hash.digest("hex")}`;
  if (actual !== digest) throw new Error(`blob ${digest} has the digest ${actual}: it is damaged or forged`);
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A directory of temporary files; all of it is rubbish after a crash. */
export class Ingest {
  readonly directory: string;
  #counter = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Empties what an earlier run left, but downloads of the last day, which can be resumed. */
  load(now_ms: number): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.directory)) {
      const path = join(this.directory, name);
      if (name.startsWith("partial-") && lstatSync(path).mtimeMs > now_ms - KEEP_PARTIAL_MS) continue;
      rmSync(path, { recursive: true, force: true });
    }
  }

  /** A path that nobody else uses. */
  newPath(): string {
    return join(this.directory, `blob-${process.pid}-${this.#counter++}`);
  }

  /** Writes chunks to a new file, at most `limit_bytes` of them. */
  async write(chunks: AsyncIterable<Uint8Array>, limit_bytes: number): Promise<LocalBlob & { readonly bytes: number }> {
    const path = this.newPath();
    const fd = openSync(path, "wx", 0o600);
    let bytes = 0;
    try {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > limit_bytes) throw new Error(`more than ${limit_bytes} bytes`);
        for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
      }
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    return { path, bytes, release: () => rmSync(path, { force: true }) };
  }
}
