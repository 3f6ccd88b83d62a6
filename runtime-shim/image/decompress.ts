import { createReadStream, openSync, readSync, closeSync } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";

/** Largest zstd window that is accepted, as a power of two: 128 MiB, what the zstd tool takes without being told. */
const ZSTD_WINDOW_LOG = 27;

/** The uncompressed bytes of a file that is gzip, zstd or neither, told by its first bytes and not by what a manifest claims. */
export function openDecompressed(path: string): Readable {
  // First: a file that is not there must fail here, not in a stream that nobody listens to.
  const magic = firstBytes(path);
  const file = createReadStream(path, { highWaterMark: 256 << 10 });
  if (magic.readUInt16BE(0) === 0x1f8b) return pipeline(file, createGunzip({ chunkSize: 256 << 10 }), ignoreError);
  if (magic.readUInt32LE(0) === 0xfd2fb528) return pipeline(file, createZstdDecompress({ chunkSize: 256 << 10, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }), ignoreError);
  return file;
}

/** The reader of the last stream sees the error: pipeline destroys it with it. */
function ignoreError(): void {}

function firstBytes(path: string): Buffer {
  const buffer = Buffer.alloc(4);
  const fd = openSync(path, "r");
  try {
    readSync(fd, buffer, 0, 4, 0);
  } finally {
    closeSync(fd);
  }
  return buffer;
}
