import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { systemCodeOf } from "../errors.ts";

let counter = 0;

/** Replaces `path` in one step: a reader (or a restart) sees the old content or the new one. */
export function writeFileAtomic(path: string, content: string | Uint8Array, options: { mode?: number; sync?: boolean } = {}): void {
  const temporary = `${path}.${process.pid}.${counter++}.tmp`;
  const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, options.mode ?? 0o600);
  try {
    writeFileSync(fd, content);
    if (options.sync === true) fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/** The file's text, or undefined when there is none. */
export function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || systemCodeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** The parsed JSON of a file, or undefined when it is missing or was cut short by a crash of the machine. */
export function readJson(path: string): unknown {
  const text = readIfExists(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
