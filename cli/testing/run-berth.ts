import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI as a process of its own, its output not a terminal. */
export function runBerth(args: readonly string[], options: { readonly kubeconfig?: string; readonly input?: string } = {}): Promise<Ran> {
  const env = { ...process.env, ...(options.kubeconfig !== undefined && { KUBECONFIG: options.kubeconfig }) };
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => child.once("error", reject).once("close", (code) => resolve({ code, stdout, stderr })));
}
