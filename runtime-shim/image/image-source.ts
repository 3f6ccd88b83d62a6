import type { Descriptor } from "./manifest.ts";

/** A file with a blob's verified content. */
export interface LocalBlob {
  readonly path: string;
  /** Gives the file up; a temporary one is removed. */
  release(): void;
}

/** Where an image's parts come from: a registry, a layout directory, an archive. */
export interface ImageSource {
  /** A manifest or index, by digest or (registries) by tag, with the digest of its bytes. Verified when asked for by digest. */
  manifest(reference: string, size?: number): Promise<{ readonly bytes: Buffer; readonly digest: string }>;
  /** A blob with its digest and size verified. */
  blob(descriptor: Descriptor): Promise<LocalBlob>;
}
