import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../user-error.ts";
import { identify } from "./process-identity.ts";

const LOCK_PATH = "/run/berth/up.lock";

/**
 * Keeps two `berth up` from starting two clusters at once; the lock of a process that is gone does not count.
 * @returns the function that unlocks
 * @throws UserError when another one is at it
 */
export function lockMachine(): () => void {
  mkdirSync("/run/berth", { recursive: true, mode: 0o755 });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(LOCK_PATH, JSON.stringify(identify(process.pid)), { flag: "wx" });
      return () => rmSync(LOCK_PATH, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = readHolder();
      if (holder !== undefined && identify(holder.pid)?.startTicks === holder.startTicks) throw new UserError(`another 'berth up' is at work (pid ${holder.pid}); wait for it to end`);
      rmSync(LOCK_PATH, { force: true });
    }
  }
  throw new UserError(`cannot take the lock ${LOCK_PATH}; is another 'berth up' at work?`);
}

function readHolder(): { pid: number; startTicks: number } | undefined {
  try {
    return JSON.parse(readFileSync(LOCK_PATH, "utf8")) as { pid: number; startTicks: number };
  } catch {
    return undefined;
  }
}
