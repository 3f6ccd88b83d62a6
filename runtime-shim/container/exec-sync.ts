import type { Init, Message } from "../../cri/vocabulary.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { collect } from "../os/processes.ts";
import { outputEnds } from "./exec-output.ts";
import { startExec } from "./exec-process.ts";
import { recordExit } from "./exited.ts";

/** What one command's output may take of an answer; kubelets cut it much shorter. */
const OUTPUT_LIMIT_BYTES = 7 << 20;

/** Runs a command in a container to its end. DEADLINE_EXCEEDED after `timeout` seconds (0: none), the command then is killed. */
export async function execSync(context: ShimContext, request: Message<"ExecSyncRequest">, signal: AbortSignal): Promise<Init<"ExecSyncResponse">> {
  const record = containerOf(context, request.containerId);
  recordExit(context, record);
  let ended: "timeout" | "cancelled" | undefined;
  let kill = () => {};
  const end = (why: "timeout" | "cancelled") => {
    ended ??= why;
    kill();
  };
  const timer = request.timeout > 0 ? context.clock.after(request.timeout * 1000, () => end("timeout")) : undefined;
  const onAbort = () => end("cancelled");
  signal.addEventListener("abort", onAbort);
  const exec = await startExec(context, record, request.cmd, false);
  try {
    kill = exec.kill;
    if (ended !== undefined) kill();
    const [stdout, stderr] = [collect(exec.stdout, OUTPUT_LIMIT_BYTES), collect(exec.stderr, OUTPUT_LIMIT_BYTES)];
    const exitCode = await exec.exited;
    await outputEnds(context, exec);
    if (ended === "timeout") throw new CriError("DEADLINE_EXCEEDED", `command ${JSON.stringify(request.cmd.join(" "))} timed out after ${request.timeout}s`);
    if (ended === "cancelled") throw new CriError("CANCELLED", "the caller gave up");
    return { stdout: stdout(), stderr: stderr(), exitCode };
  } finally {
    timer?.cancel();
    signal.removeEventListener("abort", onAbort);
    exec.release();
  }
}
