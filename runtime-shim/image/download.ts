import { createHash, type Hash } from "node:crypto";
import { closeSync, createReadStream, ftruncateSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { CriError, messageOf } from "../errors.ts";
import type { LocalBlob } from "./image-source.ts";
import type { Descriptor } from "./manifest.ts";
import type { RegistryClient } from "./registry-client.ts";

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 200;

/** Blobs as they come in, one download per digest however many want it; at most `width` at a time. */
export class Downloads {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #width: number;
  readonly #running = new Map<string, { readonly blob: Promise<string>; users: number }>();
  #active = 0;
  readonly #queue: (() => void)[] = [];

  constructor(options: { directory: string; clock: Clock; width: number }) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#width = options.width;
  }

  /** A blob with digest and size verified. A broken download is resumed where it stopped, even in a later run. */
  async get(client: RegistryClient, descriptor: Descriptor): Promise<LocalBlob> {
    let entry = this.#running.get(descriptor.digest);
    if (entry === undefined) {
      entry = { blob: this.#limited(() => this.#download(client, descriptor)), users: 0 };
      this.#running.set(descriptor.digest, entry);
    }
    entry.users++;
    const mine = entry;
    const release = () => {
      if (--mine.users > 0) return;
      if (this.#running.get(descriptor.digest) === mine) this.#running.delete(descriptor.digest);
    };
    try {
      const path = await mine.blob;
      return {
        path,
        release: () => {
          release();
          if (mine.users === 0) rmSync(path, { force: true });
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #limited<T>(action: () => Promise<T>): Promise<T> {
    if (this.#active >= this.#width) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#active++;
    try {
      return await action();
    } finally {
      this.#active--;
      this.#queue.shift()?.();
    }
  }

  async #download(client: RegistryClient, descriptor: Descriptor): Promise<string> {
    const path = join(this.#directory, `partial-${descriptor.digest.slice("sha256:".length)}`);
    let failure: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await this.#clock.sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
      try {
        await this.#attempt(client, descriptor, path);
        return path;
      } catch (error) {
        if (error instanceof DigestError) rmSync(path, { force: true });
        if (error instanceof DigestError || (error instanceof CriError && error.code !== "UNAVAILABLE" && error.code !== "RESOURCE_EXHAUSTED")) throw error;
        failure = error;
      }
    }
    throw new CriError("UNAVAILABLE", `blob ${descriptor.digest} broke off ${ATTEMPTS} times: ${messageOf(failure)}`);
  }

  async #attempt(client: RegistryClient, descriptor: Descriptor, path: string): Promise<void> {
    const have = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    let hash = createHash("sha256");
    let at = have <= descriptor.size ? have : 0;
    if (at > 0) await hashFile(path, at, hash);
    const fd = openSync(path, at > 0 ? "r+" : "w", 0o600);
    try {
      if (at < descriptor.size || descriptor.size === 0) {
        const { from, body } = await client.blob(descriptor.digest, at);
        if (from !== at) {
          hash = createHash("sha256");
          at = 0;
          ftruncateSync(fd, 0);
        }
        for await (const chunk of body) {
          if (at + chunk.length > descriptor.size) throw new DigestError(`blob ${descriptor.digest} is larger than the ${descriptor.size} bytes that its manifest says`);
          for (let written = 0; written < chunk.length; ) written += writeSync(fd, chunk, written, chunk.length - written, at + written);
          hash.update(chunk);
          at += chunk.length;
        }
      }
    } finally {
      closeSync(fd);
    }
    if (at < descriptor.size) throw new Error(`it ended after ${at} of ${descriptor.size} bytes`);
    const digest = `sha256:${hash.digest("hex")}`;
    if (digest !== descriptor.digest) throw new DigestError(`blob ${descriptor.digest} has the digest ${digest}: it is damaged or forged`);
  }
}

/** The registry's content is not what its manifest promises: no use in trying again. */
class DigestError extends CriError {
  constructor(message: string) {
    super("UNKNOWN", message);
  }
}

async function hashFile(path: string, length: number, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(path, { end: length - 1, highWaterMark: 256 << 10 })) hash.update(chunk as Buffer);
}
