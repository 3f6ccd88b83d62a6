import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../lib/clock.ts";
import { UserError } from "../user-error.ts";
import { identify, isAlive, type ProcessIdentity, signalProcess } from "./process-identity.ts";

const SUPERVISE = fileURLToPath(new URL("supervise.sh", import.meta.url));

/** Starts `command` under a supervisor that restarts it whenever it ends; both outlive this process. */
export function startSupervised(options: { command: readonly string[]; pidFile: string; logFile: string; env: NodeJS.ProcessEnv }): ProcessIdentity {
  const child = spawn(SUPERVISE, [options.pidFile, options.logFile, ...options.command], { detached: true, stdio: "ignore", env: options.env, cwd: "/" });
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw new UserError(`could not start ${options.command.join(" ")}`);
  child.unref();
  return identity;
}

/** The supervised process itself, where it runs now. */
export function supervisedProcess(pidFile: string): ProcessIdentity | undefined {
  try {
    return identify(Number(readFileSync(pidFile, "utf8")));
  } catch {
    return undefined;
  }
}

/** How often a process that was told to end is looked at; there is no event for a process that is not a child. */
const STOP_POLL_MS = 20;

/**
 * Ends a supervisor and its process: SIGTERM, then SIGKILL after `grace_ms`. Resolves when both are gone.
 */
export async function stopSupervised(supervisor: ProcessIdentity, pidFile: string, clock: Clock, grace_ms: number): Promise<void> {
  const child = supervisedProcess(pidFile);
  signalProcess(supervisor, "SIGTERM");
  const deadline_ms = clock.monotonic_ms() + grace_ms;
  const gone = () => !isAlive(supervisor) && (child === undefined || !isAlive(child));
  while (!gone() && clock.monotonic_ms() < deadline_ms) await clock.sleep(STOP_POLL_MS);
  if (gone()) return;
  signalProcess(supervisor, "SIGKILL");
  if (child !== undefined) signalProcess(child, "SIGKILL");
  const killDeadline_ms = clock.monotonic_ms() + 5000;
  while (!gone() && clock.monotonic_ms() < killDeadline_ms) await clock.sleep(STOP_POLL_MS);
}
