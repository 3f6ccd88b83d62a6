import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { LabHost } from "./network-lab.ts";

/** A process of the test's on a host of its lab; its output goes to a file. */
export interface HostProcess {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<number | null>;
  running(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after `grace_ms`; resolves when it is gone. */
  stop(grace_ms?: number): Promise<void>;
  kill(): Promise<void>;
  /** The end of what it wrote. */
  log(): string;
}

const STOP_GRACE_MS = 15_000;
const LOG_TAIL_BYTES = 20_000;

/** Starts `command` in the host's network namespace (`undefined`: the test's own); mounts stay the machine's, so that a restart finds them. */
export function startOnHost(host: LabHost | undefined, name: string, command: readonly string[], options: { logFile: string; env?: NodeJS.ProcessEnv }): HostProcess {
  const fd = openSync(options.logFile, "a");
  const [file = "", ...args] = host === undefined ? command : ["nsenter", `--net=/run/netns/${host.namespace}`, "--", ...command];
  const child: ChildProcess = spawn(file, args, {
    stdio: ["ignore", fd, fd],
    env: { ...process.env, ...options.env },
  });
  closeSync(fd);
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", () => resolve(null));
  });
  const running = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  const signal = (name: NodeJS.Signals) => void (running() && child.kill(name));
  return {
    name,
    pid: child.pid ?? 0,
    exited,
    running,
    signal,
    async stop(grace_ms = STOP_GRACE_MS) {
      signal("SIGTERM");
      signal("SIGCONT");
      const timer = setTimeout(() => signal("SIGKILL"), grace_ms);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      signal("SIGKILL");
      await exited;
    },
    log: () => readFileSync(options.logFile, "utf8").slice(-LOG_TAIL_BYTES),
  };
}
