import { createHash } from "node:crypto";
import { openDecompressed } from "./decompress.ts";
import { LayerWriter, type LayerLimits } from "./layer-writer.ts";
import { readTar } from "./tar-reader.ts";

export interface UnpackInput {
  /** A layer's tar, compressed or not. */
  readonly blob: string;
  /** An empty directory. */
  readonly target: string;
  /** Digest of the uncompressed tar that the image's configuration promises. */
  readonly diffId: string;
  readonly limits: LayerLimits;
}

export interface Unpacked {
  readonly bytes: number;
  readonly entries: number;
}

/** Unpacks a layer into `target` and checks that it is the one promised. On failure `target` holds rubbish to remove. */
export async function unpackLayer(input: UnpackInput): Promise<Unpacked> {
  const writer = new LayerWriter(input.target, input.limits);
  const hash = createHash("sha256");
  for await (const entry of readTar(hashed(openDecompressed(input.blob), hash))) await writer.add(entry);
  writer.finish();
  const digest = `sha256:${hash.digest("hex")}`;
  if (digest !== input.diffId) throw new Error(`layer unpacks to ${digest}, but the image's configuration promises ${input.diffId}`);
  return { bytes: writer.bytes, entries: writer.entries };
}

async function* hashed(source: AsyncIterable<Buffer>, hash: { update(chunk: Buffer): unknown }): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
