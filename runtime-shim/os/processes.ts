import { spawn } from "node:child_process";
import type { Clock } from "../../lib/clock.ts";
import { readIfExists } from "./files.ts";
import { systemCodeOf } from "../errors.ts";

export interface RunOptions {
  readonly clock: Clock;
  readonly input?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** Default 60 s; the process is then killed and the promise rejects. */
  readonly timeout_ms?: number;
  /** Kept of stdout and of stderr each; more is dropped. Default 1 MiB. */
  readonly outputLimit_bytes?: number;
  readonly cwd?: string;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Environment of every program that the shim starts: nothing of its own leaks into containers' helpers. */
export const CHILD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs a program to its end. Rejects when it can't be started or takes too long; a non-zero exit code is a result. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: options.env ?? { PATH: CHILD_PATH },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const limit_bytes = options.outputLimit_bytes ?? 1 << 20;
    const stdout = collect(child.stdout, limit_bytes);
    const stderr = collect(child.stderr, limit_bytes);
    const timeout_ms = options.timeout_ms ?? 60_000;
    let timedOut = false;
    const timer = options.clock.after(timeout_ms, () => {
      timedOut = true;
      child.kill("SIGKILL");
    });
    child.on("error", (error) => {
      timer.cancel();
      reject(new Error(`cannot run ${command}: ${systemCodeOf(error) === "ENOENT" ? "no such program" : error.message}`));
    });
    child.on("close", (code) => {
      timer.cancel();
      if (timedOut) reject(new Error(`${command} ${args[0] ?? ""} did not end within ${timeout_ms} ms`));
      else resolve({ exitCode: code ?? 255, stdout: stdout(), stderr: stderr() });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(options.input);
  });
}

/** Gathers a stream's bytes up to a limit, dropping the rest so that the writer never blocks. */
export function collect(stream: NodeJS.ReadableStream, limit_bytes: number): () => Buffer {
  const chunks: Buffer[] = [];
  let kept = 0;
  stream.on("data", (chunk: Buffer) => {
    if (kept >= limit_bytes) return;
    const part = chunk.subarray(0, limit_bytes - kept);
    chunks.push(part);
    kept += part.length;
  });
  stream.on("error", () => {});
  return () => Buffer.concat(chunks);
}

/**
 * When a process started, in clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names one process.
 * Undefined when there is none, or only its zombie.
 */
export function startTimeOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined || fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]);
}

/** The session that a process is in; undefined when it is gone. */
export function sessionOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined ? undefined : Number(fields[3]);
}

/** Fields of /proc/PID/stat from the third (state) on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readIfExists(`/proc/${pid}/stat`);
    return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined; // ESRCH: it went while being read
  }
}

/** Whether that very process is still there. */
export function isAlive(pid: number, startTime: number): boolean {
  return pid > 0 && startTimeOf(pid) === startTime;
}

/** Sends a signal to that very process; false when it is gone. */
export function signalProcess(pid: number, startTime: number, signal: NodeJS.Signals | number): boolean {
  if (!isAlive(pid, startTime)) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "ESRCH") return false;
    throw error;
  }
}
