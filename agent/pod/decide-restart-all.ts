import type { Container } from "../../api/wire.ts";
import type { Draft } from "./draft.ts";
import { isStarting, type PodState } from "./pod-state.ts";
import { restartsAllAfter } from "./restart-policy.ts";
import { type ContainerRecord, newestOf } from "./runtime-state.ts";
import { allContainers } from "./spec.ts";

/** No preStop hook, and no more time than every container has. */
const NO_GRACE_S = 0;

/**
 * Begins to start all containers anew where the end of one asks for that (restartPolicyRules with RestartAllContainers, KEP-5532). What is
 * about to start for the first time comes first, as with kubelet, so that every container counts one restart.
 */
export function beginRestartAll(draft: Draft): void {
  const { state } = draft;
  if (state.restartAll.step !== "none" || !isAsked(state) || isStarting(state) || !draft.isDue(state.restartAll.dueAt_ms)) return;
  draft.change({ restartAll: { ...state.restartAll, step: "stop" } });
  decideRestartAll(draft);
}

/** True while it goes on; then nothing else is decided: what runs is stopped, and the runtime forgets all, init containers included. */
export function decideRestartAll(draft: Draft): boolean {
  const { restartAll } = draft.state;
  if (restartAll.step !== "stop") return restartAll.step === "remove";
  const records = recordsOf(draft.state);
  const running = records.filter((record) => record.state === "running" || record.state === "unknown");
  for (const record of running) if (!draft.state.stops.has(record.id)) draft.stop(record, NO_GRACE_S, "killing");
  if (running.length > 0 || isStarting(draft.state) || draft.state.stops.size > 0) return true;
  const restarts = new Map(restartAll.restarts);
  for (const { name, attempt } of records) restarts.set(name, Math.max(restarts.get(name) ?? 0, attempt + 1));
  draft.act({ type: "remove-containers", ids: records.map((record) => record.id) });
  draft.change({ restartAll: { ...restartAll, step: "remove", restarts } });
  return true;
}

/** Its end restarts all: by itself it is not started again. */
export function asksForAll(container: Container, record: ContainerRecord | undefined): boolean {
  return record?.state === "exited" && restartsAllAfter(container, record.exitCode);
}

function isAsked({ pod, runtime }: PodState): boolean {
  return allContainers(pod).some(({ kind, container }) => kind !== "ephemeral" && asksForAll(container, newestOf(runtime, container.name)));
}

/** Of init and regular containers. */
function recordsOf({ pod, runtime }: PodState): ContainerRecord[] {
  const names = new Set(allContainers(pod).filter((entry) => entry.kind !== "ephemeral").map((entry) => entry.container.name));
  return runtime.containers.filter((record) => names.has(record.name));
}
