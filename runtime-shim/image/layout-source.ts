import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { sha256, verifyFile } from "./ingest.ts";
import type { ImageSource, LocalBlob } from "./image-source.ts";
import { MANIFEST_LIMIT_BYTES, type Descriptor } from "./manifest.ts";

/** A named set of files: a directory, or an archive that was taken apart. */
export interface FileSet {
  /** Path on disk of the file of that name, or undefined when there is none. */
  find(name: string): string | undefined;
}

/** A directory as a set of files; links in it may not lead out. */
export function directoryFiles(directory: string): FileSet {
  const root = realpathSync(directory);
  return {
    find(name) {
      const path = join(root, name);
      if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
      return realpathSync(path).startsWith(`${root}/`) ? path : undefined;
    },
  };
}

/** An OCI image layout's content: blobs by digest. */
export class LayoutSource implements ImageSource {
  readonly #files: FileSet;

  constructor(files: FileSet) {
    this.#files = files;
  }

  async manifest(reference: string): Promise<{ bytes: Buffer; digest: string }> {
    const path = this.#path(reference);
    const { size } = statSync(path);
    if (size > MANIFEST_LIMIT_BYTES) throw new Error(`manifest ${reference} has ${size} bytes, more than ${MANIFEST_LIMIT_BYTES}`);
    const bytes = readFileSync(path);
    const digest = sha256(bytes);
    if (digest !== reference) throw new Error(`manifest ${reference} has the digest ${digest}: it is damaged or forged`);
    return { bytes, digest };
  }

  async blob(descriptor: Descriptor): Promise<LocalBlob> {
    const path = this.#path(descriptor.digest);
    await verifyFile(path, descriptor.digest, descriptor.size);
    return { path, release: () => {} };
  }

  #path(digest: string): string {
    const path = this.#files.find(`blobs/sha256/${digest.slice("sha256:".length)}`);
    if (path === undefined) throw new Error(`the layout has no blob ${digest}`);
    return path;
  }
}
