import { spawn } from "node:child_process";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { CHILD_PATH, collect } from "../os/processes.ts";
import { prepareExec } from "./exec-process.ts";
import { recordExit } from "./exited.ts";

/** What one command's output may take of an answer; kubelets cut it much shorter. */
const OUTPUT_LIMIT_BYTES = 7 << 20;
/** A command that ended may have left something behind that holds its output open: it is not waited for longer. */
const DRAIN_MS = 1_000;

/** Runs a command in a container to its end. DEADLINE_EXCEEDED after `timeout` seconds (0: none), the command then is killed. */
export async function execSync(context: ShimContext, request: Message<"ExecSyncRequest">, signal: AbortSignal): Promise<Init<"ExecSyncResponse">> {
  const record = containerOf(context, request.containerId);
  recordExit(context, record);
  const exec = prepareExec(context, record, request.cmd, false);
  const child = spawn(context.runtime.path, exec.args, { env: { PATH: CHILD_PATH }, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = [collect(child.stdout, OUTPUT_LIMIT_BYTES), collect(child.stderr, OUTPUT_LIMIT_BYTES)];
  let ended: "timeout" | "cancelled" | undefined;
  const end = (why: "timeout" | "cancelled") => {
    ended = why;
    exec.kill();
    child.kill("SIGKILL");
  };
  const timer = request.timeout > 0 ? context.clock.after(request.timeout * 1000, () => end("timeout")) : undefined;
  const onAbort = () => end("cancelled");
  signal.addEventListener("abort", onAbort);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", (error) => reject(new CriError("UNKNOWN", `cannot run ${context.runtime.path}: ${error.message}`)));
      child.once("close", (code) => resolve(code ?? 137));
      child.once("exit", (code) => {
        context.clock.after(DRAIN_MS, () => resolve(code ?? 137), { background: true });
      });
    });
    if (ended === "timeout") throw new CriError("DEADLINE_EXCEEDED", `command ${JSON.stringify(request.cmd.join(" "))} timed out after ${request.timeout}s`);
    if (ended === "cancelled") throw new CriError("CANCELLED", "the caller gave up");
    return { stdout: stdout(), stderr: stderr(), exitCode };
  } finally {
    timer?.cancel();
    signal.removeEventListener("abort", onAbort);
    child.stdout.destroy();
    child.stderr.destroy();
    exec.release();
  }
}
