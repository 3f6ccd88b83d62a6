import type { Pod } from "../../../api/wire.ts";
import { isCriCode } from "../../cri/cri-client.ts";
import { runHook } from "../hooks.ts";
import type { NodeContext } from "../node-context.ts";
import { fieldPathOf, type SpecContainer } from "../spec.ts";
import { podIdentityOf } from "./sandbox.ts";

/** A container always gets a moment between SIGTERM and SIGKILL (kubelet's minimum). */
const MIN_GRACE_S = 2;
/** What the runtime may take beyond the grace period. */
const MARGIN_MS = 60_000;

export interface KillTask {
  readonly pod: Pod;
  /** undefined: the spec no longer names it. */
  readonly entry: SpecContainer | undefined;
  readonly id: string;
  readonly sandboxId: string;
  readonly podIp: string;
  readonly grace_s: number;
  /** Of the Killing event; empty: none. */
  readonly message: string;
  /** Resolves when it is this container's turn, or the milliseconds are over. */
  readonly mayStop: (left_ms: number) => Promise<void>;
  /** Aborts when the agent itself stops. */
  readonly signal: AbortSignal;
}

/** Killing event, preStop hook, SIGTERM, SIGKILL when the grace is over. Rejects when the runtime fails. */
export async function killContainer(context: NodeContext, task: KillTask): Promise<void> {
  const { clock, recorder, cri, watcher } = context;
  const fieldPath = task.entry === undefined ? {} : { fieldPath: fieldPathOf(task.entry) };
  const begun_ms = clock.monotonic_ms();
  const left_ms = () => Math.max(0, task.grace_s * 1000 - (clock.monotonic_ms() - begun_ms));
  if (task.message !== "") recorder.event(task.pod, { type: "Normal", reason: "Killing", message: task.message, ...fieldPath });
  const hook = task.entry?.container.lifecycle?.preStop;
  if (hook !== undefined && task.entry !== undefined && task.message !== "" && task.grace_s > 0) {
    const { container } = task.entry;
    await runHook(hook, { pod: task.pod, container, containerId: task.id, podIp: task.podIp, cri, clock, signal: task.signal, event: (text) => recorder.event(task.pod, text), timeout_ms: left_ms() }).catch(() => {
      if (!task.signal.aborted) recorder.event(task.pod, { type: "Warning", reason: "FailedPreStopHook", message: "PreStopHook failed", ...fieldPath });
    });
  }
  await task.mayStop(left_ms());
  if (task.signal.aborted) throw task.signal.reason;
  // Seconds, as kubelet counts them: what a hook took is rounded down.
  const timeout = Math.max(MIN_GRACE_S, Math.ceil(left_ms() / 1000));
  try {
    await cri.runtime.StopContainer({ containerId: task.id, timeout }, { timeout_ms: timeout * 1000 + MARGIN_MS, signal: task.signal });
  } catch (error) {
    if (!isCriCode(error, "NotFound")) throw error;
  }
  await watcher.refreshContainer(podIdentityOf(task.pod), task.id, task.sandboxId);
}
