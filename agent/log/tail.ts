import type { FileHandle } from "node:fs/promises";

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Offset at which the last `lines` lines of a file of `size_bytes` begin; the end itself for 0 lines. */
export async function tailOffset(file: FileHandle, size_bytes: number, lines: number): Promise<number> {
  if (lines <= 0) return size_bytes;
  const block = Buffer.alloc(BLOCK_BYTES);
  let found = 0;
  for (let end = size_bytes; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The newline at the very end closes the last line, it does not begin another.
      if (block[at] !== NEWLINE || start + at === size_bytes - 1) continue;
      found++;
      if (found === lines) return start + at + 1;
    }
    end = start;
  }
  return 0;
}
