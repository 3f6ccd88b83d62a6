import type { Init, Message } from "../../cri/vocabulary.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError, grpcCodes } from "../errors.ts";
import { killCgroup } from "../os/cgroups.ts";
import { signalProcess } from "../os/processes.ts";
import type { ContainerRecord } from "../state/records.ts";
import { recordExit } from "./exited.ts";
import { signalNumber } from "./stop-signal.ts";

/** How long after SIGKILL a container may still be there: a process in an uninterruptible call can't be killed. */
const KILL_PATIENCE_MS = 30_000;
/** After SIGKILL the exit is looked for this often, in case the kernel's notice of its file was lost. */
const KILL_LOOK_MS = 1_000;
const MAX_TIMEOUT_S = 2_147_483;

/** Asks the container to end, kills it after `timeout` seconds. What has ended or is not there is fine. */
export async function stopContainer(context: ShimContext, request: Message<"StopContainerRequest">): Promise<Init<"StopContainerResponse">> {
  let record: ContainerRecord;
  try {
    record = containerOf(context, request.containerId);
  } catch (error) {
    if (error instanceof CriError && grpcCodes[error.code] === grpcCodes.NOT_FOUND) return {};
    throw error;
  }
  await endContainer(context, record, Math.min(Math.max(0, request.timeout), MAX_TIMEOUT_S) * 1000);
  return {};
}

/**
 * Ends a container within `grace_ms` and a little. A call with a shorter grace overtakes one that is waiting. Not under the
 * container's lock for that reason: signals and waiting change nothing on disk.
 */
export async function endContainer(context: ShimContext, record: ContainerRecord, grace_ms: number): Promise<void> {
  // A start in progress ends first: the process that it makes must not be missed.
  if (record.phase === "starting") await context.locks.run(record.id, async () => {});
  recordExit(context, record);
  if (record.phase !== "running") return;
  if (grace_ms > 0) {
    const signal = signalNumber(record.stopSignal) ?? 15;
    if (record.pid !== undefined) signalProcess(record.pid, record.pidStart ?? -1, signal);
    context.failpoint("container.stop.signalled");
    if (await waitForExit(context, record, grace_ms)) return;
  }
  for (let waited_ms = 0; waited_ms < KILL_PATIENCE_MS; waited_ms += KILL_LOOK_MS) {
    if (record.pid !== undefined) signalProcess(record.pid, record.pidStart ?? -1, "SIGKILL");
    if (record.sharesPids) killCgroup(context.cgroups, record.cgroupPath);
    context.failpoint("container.stop.killed");
    if (await waitForExit(context, record, KILL_LOOK_MS)) return;
  }
  throw new CriError("DEADLINE_EXCEEDED", `container ${record.id} is still there ${KILL_PATIENCE_MS / 1000} s after SIGKILL: process ${record.pid} does not end`);
}

/** True once the container has ended, false after `timeout_ms`. */
function waitForExit(context: ShimContext, record: ContainerRecord, timeout_ms: number): Promise<boolean> {
  recordExit(context, record);
  if (record.phase !== "running") return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = context.clock.after(timeout_ms, () => {
      stopWaiting();
      recordExit(context, record);
      resolve(record.phase !== "running");
    });
    const stopWaiting = context.events.onExit(record.id, () => {
      timer.cancel();
      resolve(true);
    });
  });
}
