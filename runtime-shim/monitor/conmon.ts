import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { CriError, taskFailure } from "../errors.ts";
import type { OciRuntime } from "../oci/runtimes.ts";
import { CHILD_PATH, collect, startTimeOf } from "../os/processes.ts";

/** What conmon is given to create a container that it then watches until its end. */
export interface MonitorInput {
  readonly id: string;
  readonly bundle: string;
  readonly logPath: string;
  readonly exitDir: string;
  readonly runtime: OciRuntime;
  readonly conmon: string;
  readonly stdin: boolean;
  /** Stdin stays open when the first client that attached goes. */
  readonly leaveStdinOpen: boolean;
  readonly terminal: boolean;
  readonly clock: Clock;
}

export interface MonitoredProcess {
  readonly pid: number;
  readonly pidStart: number;
  readonly monitorPid: number;
  readonly monitorStart: number;
}

/** Name of the file in the bundle where conmon writes its own pid. */
export const MONITOR_PIDFILE = "conmon.pid";
const CREATE_TIMEOUT_MS = 120_000;

/**
 * Starts a conmon that has the runtime create the container. It leaves the shim's process tree at once: it, the log and the exit code
 * outlive the shim. Rejects with the runtime's own words when the container can't be created.
 */
export async function createMonitored(input: MonitorInput): Promise<MonitoredProcess> {
  const args = [
    ...["--cid", input.id, "--cuuid", input.id, "--bundle", input.bundle, "--runtime", input.runtime.path],
    ...["--runtime-arg", `--root=${input.runtime.root}`, "--container-pidfile", join(input.bundle, "pidfile"), "--conmon-pidfile", join(input.bundle, MONITOR_PIDFILE)],
    ...["--log-path", input.logPath === "" ? "off" : `k8s-file:${input.logPath}`, "--exit-dir", input.exitDir, "--persist-dir", input.bundle, "--full-attach", "--log-level", "error"],
    ...(input.stdin ? ["--stdin"] : []),
    ...(input.leaveStdinOpen ? ["--leave-stdin-open"] : []),
    ...(input.terminal ? ["--terminal"] : []),
  ];
  // It also writes an empty `oom` into its working directory when the kernel kills for memory.
  const child = spawn(input.conmon, args, { cwd: input.bundle, env: { PATH: CHILD_PATH, _OCI_SYNCPIPE: "3" }, stdio: ["ignore", "ignore", "pipe", "pipe"], detached: true });
  const stderr = collect(child.stderr as NodeJS.ReadableStream, 16_384);
  const answer = await firstAnswer(child, input.clock);
  child.stderr?.destroy();
  if (answer === undefined || answer.pid <= 0) throw new CriError("UNKNOWN", taskFailure(`OCI runtime create failed: ${said(answer?.message ?? "", stderr().toString())}`));
  const pidStart = startTimeOf(answer.pid);
  const monitorPid = Number(readFileSync(join(input.bundle, MONITOR_PIDFILE), "utf8"));
  return { pid: answer.pid, pidStart: pidStart ?? 0, monitorPid, monitorStart: startTimeOf(monitorPid) ?? 0 };
}

interface Answer {
  readonly pid: number;
  readonly message: string;
}

/** The first JSON line on the sync pipe; undefined when the pipe ends without one. */
function firstAnswer(child: ReturnType<typeof spawn>, clock: Clock): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const pipe = child.stdio[3] as NodeJS.ReadableStream & { destroy(): void };
    let text = "";
    const timer = clock.after(CREATE_TIMEOUT_MS, () => finish(undefined));
    const finish = (answer: Answer | undefined) => {
      timer.cancel();
      pipe.destroy();
      resolve(answer);
    };
    child.once("error", (error) => {
      timer.cancel();
      reject(new Error(`cannot run conmon: ${error.message}`));
    });
    pipe.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) finish(parseAnswer(text));
    });
    pipe.on("error", () => finish(undefined));
    pipe.on("end", () => finish(text === "" ? undefined : parseAnswer(text)));
  });
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const answer = JSON.parse(text.slice(0, text.indexOf("\n") + 1 || text.length)) as { pid?: number; data?: number; message?: string };
    return { pid: answer.pid ?? answer.data ?? -1, message: answer.message ?? "" };
  } catch {
    return undefined;
  }
}

/** The runtime's last error line without its logging dress. */
function said(message: string, stderr: string): string {
  const text = message.trim() || stderr.trim();
  const lines = text.split("\n").filter(Boolean);
  const last = lines.findLast((line) => /level=(error|fatal)|error/i.test(line)) ?? lines.at(-1) ?? "the runtime did not say why";
  const quoted = /msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1];
  return quoted === undefined ? last : quoted.replaceAll('\\"', '"');
}
