import { spawn } from "node:child_process";
import type { LabHost } from "./network-lab.ts";

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly timeout_ms?: number;
}

const TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a command to its end on a host of the lab (`undefined`: where the test itself runs); never throws for its exit code. */
export function run(host: LabHost | undefined, command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const words = host === undefined ? command : ["nsenter", `--net=/run/netns/${host.namespace}`, "--", ...command];
  const [file = "", ...args] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, ...options.env }, stdio: ["pipe", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeout_ms ?? TIMEOUT_MS);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout = (stdout + text).slice(-MAX_OUTPUT_BYTES)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-MAX_OUTPUT_BYTES)));
    child.stdin.on("error", () => undefined).end(options.input ?? "");
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** As `run`, but any exit code other than 0 is an error with what the command said. */
export async function runOk(host: LabHost | undefined, command: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(host, command, options);
  if (result.code !== 0) throw new Error(`${command.join(" ")} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}
