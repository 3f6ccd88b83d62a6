import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Clock } from "../../lib/clock.ts";

export interface RotationOptions {
  readonly maxSize_bytes: number;
  /** The current file included. */
  readonly maxFiles: number;
  readonly clock: Clock;
  /** Makes the runtime write to a new file at the path. */
  readonly reopen: (containerId: string) => Promise<void>;
}

/** Rotates one container's log when it has grown past the limit. Kept: the last rotated file as it is, older ones compressed. */
export async function rotateLog(path: string, containerId: string, options: RotationOptions): Promise<boolean> {
  const size = await stat(path).then((found) => found.size, () => 0);
  if (size <= options.maxSize_bytes) return false;
  await tidy(path, options.maxFiles);
  const rotated = `${path}.${timestamp(options.clock.now_ms())}`;
  await rename(path, rotated);
  try {
    await options.reopen(containerId);
  } catch (error) {
    // The runtime still writes to the old file: give it its name back.
    await rename(rotated, path);
    throw error;
  }
  return true;
}

/** Compresses the rotated files, and removes the oldest until there is room for one more. */
async function tidy(path: string, maxFiles: number): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix)).sort();
  for (const name of names.filter((candidate) => candidate.endsWith(".tmp"))) await unlink(join(folder, name));
  const rotated = names.filter((name) => !name.endsWith(".tmp"));
  const spare = Math.max(0, maxFiles - 2);
  const surplus = rotated.length - spare;
  for (const name of rotated.slice(0, Math.max(0, surplus))) await unlink(join(folder, name));
  for (const name of rotated.slice(Math.max(0, surplus))) if (!name.endsWith(".gz")) await compress(join(folder, name));
}

async function compress(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.tmp`, { mode: 0o640 }));
  await rename(`${path}.tmp`, `${path}.gz`);
  await unlink(path);
}

/** `20260102-150405`. */
function timestamp(now_ms: number): string {
  return new Date(now_ms).toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "").replace("T", "-");
}
