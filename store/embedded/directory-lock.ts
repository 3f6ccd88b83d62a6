import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The folder is in use by another process, or by another store of this one. */
export class DirectoryLockedError extends Error {
  override readonly name = "DirectoryLockedError";
}

export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the folder for this process. The lock is the operating system's (of a SQLite file beside the data, since Node has no call
 * for one), so it is gone when the process is, however that ended. @throws DirectoryLockedError
 */
export function lockDirectory(dataDir: string): DirectoryLock {
  const ownerFile = join(dataDir, "lock.pid");
  const database = new DatabaseSync(join(dataDir, "lock"), { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new DirectoryLockedError(`${dataDir} is in use by ${owner(ownerFile)}: stop it first, or choose another folder`);
  }
  writeFileSync(ownerFile, `${process.pid}\n`);
  return {
    release() {
      if (!database.isOpen) return;
      rmSync(ownerFile, { force: true });
      database.close();
    },
  };
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && Number(error.errcode) % 256 === SQLITE_BUSY;
}

function owner(ownerFile: string): string {
  try {
    return `process ${readFileSync(ownerFile, "utf8").trim()}`;
  } catch {
    return "another process";
  }
}
