import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { processesOf } from "../os/cgroups.ts";
import { readIfExists } from "../os/files.ts";
import { childPipe } from "../os/pipes.ts";
import { CHILD_PATH, sessionOf, signalProcess, startTimeOf } from "../os/processes.ts";
import type { OciProcess, OciSpec } from "../oci/spec-types.ts";
import type { ContainerRecord } from "../state/records.ts";

let counter = 0;

/** What the OCI runtime's `exec` is told, on disk. */
export interface ExecFiles {
  readonly args: readonly string[];
  readonly pidFile: string;
  release(): void;
}

/** Writes what `exec` of the OCI runtime needs: the container's own process with another command. FAILED_PRECONDITION unless it runs. */
export function writeExecFiles(context: ShimContext, record: ContainerRecord, command: readonly string[], terminal: boolean): ExecFiles {
  if (record.phase !== "running") throw new CriError("FAILED_PRECONDITION", `container ${record.id} is ${record.phase}, not running`);
  if (command.length === 0) throw new CriError("INVALID_ARGUMENT", "exec: no command");
  const directory = context.paths.container(record.id);
  const spec = JSON.parse(readFileSync(join(directory, "config.json"), "utf8")) as OciSpec;
  const env = terminal && !spec.process.env.some((variable) => variable.startsWith("TERM=")) ? [...spec.process.env, "TERM=xterm"] : spec.process.env;
  const process: OciProcess = { ...spec.process, args: command, terminal, env };
  const base = join(directory, `exec-${counter++}`);
  const [processFile, pidFile] = [`${base}.json`, `${base}.pid`];
  writeFileSync(processFile, JSON.stringify(process), { mode: 0o600 });
  return {
    args: ["--root", context.runtime.root, "exec", ...(terminal ? [] : ["--detach"]), "--process", processFile, "--pid-file", pidFile, record.id],
    pidFile,
    release() {
      rmSync(processFile, { force: true });
      rmSync(pidFile, { force: true });
    },
  };
}

/** A command that runs in a container, on pipes of ours. */
export interface RunningExec {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Its exit code. What it leaves behind may still hold the pipes open. */
  readonly exited: Promise<number>;
  /** Kills the command and all of its session. */
  kill(): void;
  /** Closes the pipes and removes its files. */
  release(): void;
}

/** Runtimes that fail print one line or two. */
const COMPLAINT_LIMIT_BYTES = 16_384;

/**
 * Starts a command in a running container. The runtime only starts it: the command is ours to wait for, and writes straight into our
 * pipes. UNKNOWN with the runtime's words when it can't be started.
 */
export async function startExec(context: ShimContext, record: ContainerRecord, command: readonly string[], stdin: boolean): Promise<RunningExec> {
  const files = writeExecFiles(context, record, command, false);
  // Not Node's own pipes: it closes those when the runtime ends, which is when the command begins.
  const input = stdin ? childPipe("writable") : undefined;
  const [stdout, stderr] = [childPipe("readable"), childPipe("readable")];
  const pipes = [input, stdout, stderr];
  const release = () => {
    for (const pipe of pipes) pipe?.stream.destroy();
    files.release();
  };
  try {
    const child = spawn(context.runtime.path, files.args, { env: { PATH: CHILD_PATH }, stdio: [input?.childEnd ?? "ignore", stdout.childEnd, stderr.childEnd] });
    for (const pipe of pipes) pipe?.closeChildEnd();
    const code = await started(child);
    if (code !== 0) throw new CriError("UNKNOWN", `OCI runtime exec failed: ${await complaint(stderr.stream)}`);
    const pid = Number(readFileSync(files.pidFile, "utf8"));
    const startTime = startTimeOf(pid);
    return {
      stdin: input?.stream ?? null,
      stdout: stdout.stream,
      stderr: stderr.stream,
      exited: context.reaper.wait(pid).then((exitCode) => exitCode ?? 137),
      kill: () => startTime !== undefined && killSession(context, record, pid, startTime),
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new CriError("UNKNOWN", `cannot run the OCI runtime: ${error.message}`)));
    child.once("exit", (code) => resolve(code ?? 255));
  });
}

/** What the runtime said, without its logging dress: `exec failed: unable to start container process: …`. */
async function complaint(stderr: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stderr) if (text.length < COMPLAINT_LIMIT_BYTES) text += (chunk as Buffer).toString();
  const quoted = [...text.matchAll(/msg="((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1];
  return (quoted === undefined ? text.trim() : quoted.replaceAll('\\"', '"')) || "the runtime did not say why";
}

/** A command leads a session of its own; what it started is in it unless it took care not to be. */
export function killSession(context: ShimContext, record: ContainerRecord, pid: number, startTime: number): void {
  signalProcess(pid, startTime, "SIGKILL");
  for (const other of processesOf(context.cgroups, record.cgroupPath)) {
    if (other === pid || other === record.pid || sessionOf(other) !== pid) continue;
    const start = startTimeOf(other);
    if (start !== undefined) signalProcess(other, start, "SIGKILL");
  }
}

/** The pid that the runtime wrote, with its start time; undefined while there is none. */
export function pidIn(pidFile: string): { readonly pid: number; readonly startTime: number } | undefined {
  const pid = Number(readIfExists(pidFile) ?? Number.NaN);
  const startTime = Number.isInteger(pid) && pid > 1 ? startTimeOf(pid) : undefined;
  return startTime === undefined ? undefined : { pid, startTime };
}
