import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../lib/random.ts";

/**
 * The content of `dir/name`, made by `make` where it is absent. Servers that start on one folder at once agree: the file is
 * written beside its place and linked into it, and the first link wins; what others made is read back. Mode 0600, durable.
 */
export async function fileOrMake(dir: string, name: string, random: Random, make: () => Promise<string>): Promise<string> {
  const path = join(dir, name);
  const found = await readIfThere(path);
  if (found !== undefined) return found;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const temporary = join(dir, `.${name}.${random.uuid()}`);
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(await make());
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    await unlink(temporary);
  }
  await syncFolder(dir);
  return await readFile(path, "utf8");
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
