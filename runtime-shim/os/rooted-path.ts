import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs";
import { join } from "node:path";
import { systemCodeOf } from "../errors.ts";

/** As many symbolic links as the kernel follows in one lookup. */
const MAX_LINKS = 40;

/**
 * The path on the host that `path` means to a process whose root directory is `root`: symbolic links, absolute ones and
 * `..` included, stay below `root`. Parts that are not there are taken as they are. Nothing may change `root` meanwhile.
 */
export function resolveInRoot(root: string, path: string): string {
  const pending = path.split("/");
  let resolved: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const part = pending.shift() as string;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      resolved.pop();
      continue;
    }
    const target = linkTarget(join(root, ...resolved, part));
    if (target === undefined) {
      resolved.push(part);
      continue;
    }
    if (++links > MAX_LINKS) throw new Error(`too many symbolic links in ${path}`);
    if (target.startsWith("/")) resolved = [];
    pending.unshift(...target.split("/"));
  }
  return join(root, ...resolved);
}

function linkTarget(path: string): string | undefined {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || systemCodeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
  return stats.isSymbolicLink() ? readlinkSync(path) : undefined;
}

/** Text of a regular file below `root`, at most `limit_bytes` of it; undefined when there is none. */
export function readFileInRoot(root: string, path: string, limit_bytes: number): string | undefined {
  return readBytesInRoot(root, path, limit_bytes)?.toString("utf8");
}

/** The first bytes of a regular file below `root`; undefined when there is none. Never blocks on a FIFO or device. */
export function readBytesInRoot(root: string, path: string, limit_bytes: number): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(resolveInRoot(root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENXIO") return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const buffer = Buffer.alloc(Math.min(stats.size, limit_bytes));
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(fd);
  }
}
