import type { Stats } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";

type Check = (found: Stats) => boolean;

const CHECKS: Readonly<Record<string, { readonly check: Check; readonly noun: string }>> = {
  Directory: { check: (found) => found.isDirectory(), noun: "a directory" },
  DirectoryOrCreate: { check: (found) => found.isDirectory(), noun: "a directory" },
  File: { check: (found) => found.isFile(), noun: "a file" },
  FileOrCreate: { check: (found) => found.isFile(), noun: "a file" },
  Socket: { check: (found) => found.isSocket(), noun: "a socket file" },
  CharDevice: { check: (found) => found.isCharacterDevice(), noun: "a character device" },
  BlockDevice: { check: (found) => found.isBlockDevice(), noun: "a block device" },
};

/** Checks a hostPath against its type, creating it where the type asks for that. @throws Error with kubelet's words */
export async function checkHostPath(path: string, type: string | undefined): Promise<void> {
  const kind = CHECKS[type ?? ""];
  if (kind === undefined) return;
  let found = await stat(path).catch(() => undefined);
  if (found === undefined && (type === "DirectoryOrCreate" || type === "FileOrCreate")) {
    await create(path, type);
    found = await stat(path);
  }
  if (found === undefined || !kind.check(found)) throw new Error(`hostPath type check failed: ${path} is not ${kind.noun}`);
}

async function create(path: string, type: string): Promise<void> {
  try {
    if (type === "DirectoryOrCreate") await mkdir(path, { recursive: true, mode: 0o755 });
    else await (await open(path, "a", 0o644)).close();
  } catch (error) {
    throw new Error(inGoWords(error as NodeJS.ErrnoException), { cause: error });
  }
}

/** `open /x/y: no such file or directory`, where Node says `ENOENT: no such file or directory, open '/x/y'`. */
function inGoWords({ code, syscall, path, message }: NodeJS.ErrnoException): string {
  const words = message.replace(`${code}: `, "").replace(/, \w+ '.*$/, "");
  return syscall === undefined || path === undefined ? message : `${syscall} ${path}: ${words}`;
}
