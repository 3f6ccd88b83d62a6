import type { Action } from "./actions.ts";
import { beginRestartAll, decideRestartAll } from "./decide-restart-all.ts";
import { decideResize, isReplaced } from "./decide-resize.ts";
import { decideStarts } from "./decide-starts.ts";
import { Draft } from "./draft.ts";
import { isDoomed, stopReasonOf } from "./kill-reason.ts";
import { isStarting, type PodState } from "./pod-state.ts";
import { isDone, restartPolicyOf } from "./restart-policy.ts";
import { type ContainerRecord, currentSandbox, newestOf, type SandboxRecord } from "./runtime-state.ts";
import { allContainers, isHostNetwork, isSidecar, isTerminalPhase, specOf } from "./spec.ts";

export interface Decision {
  /** The state with what was decided written down: an action that is under way is not decided again. */
  readonly state: PodState;
  readonly actions: readonly Action[];
  /** When to decide again although nothing happened. */
  readonly wakeAt_ms: number | undefined;
}

const DEADLINE = { reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" } as const;

/** What to do next for one pod. Pure: the same state and time give the same decision, and deciding twice changes nothing. */
export function decide(state: PodState, now_ms: number): Decision {
  const draft = new Draft(state, now_ms);
  if (draft.state.stage === "running") decideRunning(draft);
  if (draft.state.stage === "stopping") decideStopping(draft);
  if (draft.state.stage === "stopped") decideStopped(draft);
  return draft.finish();
}

function decideRunning(draft: Draft): void {
  checkDeadline(draft);
  if (mustStop(draft.state)) {
    draft.change({ stage: "stopping" });
    return;
  }
  if (decideRestartAll(draft)) return;
  const { volumes } = draft.state;
  if (volumes.step === "absent" && draft.isDue(volumes.retryAt_ms)) {
    draft.act({ type: "prepare" });
    draft.change({ volumes: { ...volumes, step: "busy" } });
  }
  const sandbox = readySandbox(draft);
  decideResize(draft);
  if (sandbox !== undefined && draft.state.volumes.step === "ready") decideStarts(draft, sandbox);
  beginRestartAll(draft);
}

function checkDeadline(draft: Draft): void {
  const { pod, ended, startTime_ms } = draft.state;
  const deadline_s = specOf(pod).activeDeadlineSeconds;
  if (deadline_s === undefined || ended !== undefined || !draft.isDue(startTime_ms + deadline_s * 1000)) return;
  draft.act({ type: "event", event: { type: "Normal", ...DEADLINE } });
  draft.change({ ended: DEADLINE });
}

function mustStop(state: PodState): boolean {
  const { pod } = state;
  return state.isRemoved || pod.metadata.deletionTimestamp !== undefined || state.ended !== undefined || isTerminalPhase(pod.status?.phase) || isFinished(state);
}

/** Every container has ended for good, or those that still run are to be killed and not restarted; or an init container failed for good. */
function isFinished(state: PodState): boolean {
  if (isStarting(state)) return false;
  const { pod, runtime } = state;
  const entries = allContainers(pod);
  const initFailed = entries.some((entry) => {
    const record = entry.kind === "init" && !isSidecar(entry.container) ? newestOf(runtime, entry.container.name) : undefined;
    return record?.state === "exited" && record.exitCode !== 0 && isDone(pod, entry, record);
  });
  if (initFailed) return true;
  return entries
    .filter((entry) => entry.kind === "regular")
    .every((entry) => {
      const record = newestOf(runtime, entry.container.name);
      return (isDone(pod, entry, record) && !isReplaced(state, entry.container.name, record?.id)) || isDoomed(state, entry, record);
    });
}

/** The sandbox, when containers can be started in it; otherwise what leads there is decided. */
function readySandbox(draft: Draft): SandboxRecord | undefined {
  const { pod, runtime, sandbox } = draft.state;
  if (sandbox.busy !== undefined) return undefined;
  const current = currentSandbox(runtime);
  const isUp = current?.ready === true;
  if (isUp && (isHostNetwork(pod) || current.ips.length > 0)) return current;
  if (current !== undefined && isNeverRestarted(draft.state)) {
    draft.change({ stage: "stopping" });
    return undefined;
  }
  if (!draft.isDue(sandbox.retryAt_ms)) return undefined;
  const leftovers = runtime.containers.filter((record) => record.state === "running");
  if (leftovers.length > 0) {
    for (const record of leftovers) stop(draft, record, draft.grace_s(), "");
    return undefined;
  }
  if (isUp) {
    draft.act({ type: "stop-sandbox", id: current.id });
    draft.change({ sandbox: { ...sandbox, busy: "stop" } });
    return undefined;
  }
  if (current !== undefined) draft.act({ type: "event", event: { type: "Normal", reason: "SandboxChanged", message: "Pod sandbox changed, it will be killed and re-created." } });
  draft.act({ type: "create-sandbox", attempt: current === undefined ? 0 : current.attempt + 1 });
  draft.change({ sandbox: { ...sandbox, busy: "create" } });
  return undefined;
}

/** A pod of policy Never whose sandbox is gone is not brought back once a container of it ran. */
function isNeverRestarted(state: PodState): boolean {
  return state.runtime.containers.length > 0 && allContainers(state.pod).every((entry) => restartPolicyOf(state.pod, entry) === "Never");
}

function decideStopping(draft: Draft): void {
  const { runtime } = draft.state;
  const order = new Map(allContainers(draft.state.pod).map((entry, index) => [entry.container.name, index]));
  const running = runtime.containers
    .filter((record) => record.state === "running" || record.state === "unknown")
    .sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  for (const record of running) stop(draft, record, draft.grace_s(), stopReasonOf(record.name), stopsAfter(draft.state, record, running));
  const { sandbox, volumes } = draft.state;
  if (running.length > 0 || isStarting(draft.state) || sandbox.busy !== undefined || volumes.step === "busy" || draft.state.stops.size > 0) return;
  const up = runtime.sandboxes.find((record) => record.ready);
  if (up === undefined) {
    draft.change({ stage: "stopped" });
    return;
  }
  if (!draft.isDue(sandbox.retryAt_ms)) return;
  draft.act({ type: "stop-sandbox", id: up.id });
  draft.change({ sandbox: { ...sandbox, busy: "stop" } });
}

/** Sidecars stop after the containers, the last started first (KEP-753). */
function stopsAfter(state: PodState, record: ContainerRecord, running: readonly ContainerRecord[]): string[] {
  const entries = allContainers(state.pod);
  const index = entries.findIndex((entry) => entry.container.name === record.name);
  const entry = entries[index];
  if (entry?.kind !== "init" || !isSidecar(entry.container)) return [];
  const later = new Set(entries.slice(index + 1).filter((other) => other.kind !== "ephemeral").map((other) => other.container.name));
  return running.filter((other) => later.has(other.name)).map((other) => other.name);
}

/** Stops a container unless it is being stopped already, at least as soon. */
function stop(draft: Draft, record: ContainerRecord, grace_s: number, message: string, after: readonly string[] = []): void {
  const underWay = draft.state.stops.get(record.id);
  if (underWay !== undefined && underWay.grace_s <= grace_s) return;
  draft.stop(record, grace_s, underWay === undefined ? message : "", after);
}

function decideStopped(draft: Draft): void {
  if (draft.state.cleanup !== "none") return;
  draft.act({ type: "clean-up" });
  draft.change({ cleanup: "busy" });
}
