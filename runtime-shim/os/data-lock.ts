import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { checked, KernelError, libc } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes a data directory for this process; the kernel gives it back when the process ends, however it ends. */
export function lockDataDir(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(path, "w", 0o600);
  try {
    checked(libc().flock(fd, LOCK_EX | LOCK_NB), "flock", path);
  } catch (error) {
    closeSync(fd);
    if (error instanceof KernelError && error.code === "EAGAIN") throw new Error(`another runtime shim is using ${dirname(path)}: stop it first, or choose another --data-dir`);
    throw error;
  }
  return () => closeSync(fd);
}
