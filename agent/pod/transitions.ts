import type { Pod } from "../../api/wire.ts";
import type { WaitReason } from "../status/container-status.ts";
import type { EndReason } from "../status/pod-status.ts";
import {
  type ContainerMemory,
  memoryOf,
  type PodState,
  type ProbeOutcome,
  type StartStep,
  untried,
  withContainer,
  withoutFields,
} from "./pod-state.ts";
import { noResize, type ResizeRefusal, resizedContainers, withGrantedResources, withResourcesOf } from "./resize.ts";
import { currentSandbox, newestOf, type PodRuntime } from "./runtime-state.ts";
import { allContainers, findContainer } from "./spec.ts";

/** What happened, as changes of the state. All pure. */

const RETRY_MS = 10_000;
const RETRY_JITTER = 0.5;
const RESYNC_MS = 60_000;

/** A newer object from the API server. Waiting containers are looked at again when more than the status changed. */
export function podUpdated(state: PodState, pod: Pod): PodState {
  const old = state.pod.metadata;
  const isSame = old.generation === pod.metadata.generation && old.deletionTimestamp === pod.metadata.deletionTimestamp && JSON.stringify([old.labels, old.annotations]) === JSON.stringify([pod.metadata.labels, pod.metadata.annotations]);
  return { ...withNewer(state, pod), ...(isSame ? {} : { containers: allDue(state) }) };
}

/** Other resources than those granted are only a wish. */
function withNewer(state: PodState, newer: Pod): PodState {
  const pod = withResourcesOf(newer, state.pod);
  const isWish = resizedContainers(pod, newer).length > 0;
  const refusal = isWish && state.resize.wanted?.metadata.generation === newer.metadata.generation ? state.resize.refusal : undefined;
  return { ...state, pod: isWish ? pod : newer, resize: { ...state.resize, wanted: isWish ? newer : undefined, refusal } };
}

/** The node has room for what is wanted. */
export function resizeGranted(state: PodState): PodState {
  const { wanted } = state.resize;
  if (wanted === undefined) return state;
  return { ...state, pod: wanted, resize: { ...noResize, step: "due", from: state.pod } };
}

export function resizeRefused(state: PodState, refusal: ResizeRefusal): PodState {
  return { ...state, resize: { ...state.resize, refusal } };
}

/** Limits are written, or that failed with `error`. Containers whose policy says so are started anew now. */
export function resizeWritten(state: PodState, result: { error?: string }, now_ms: number): PodState {
  const { resize, pod, runtime } = state;
  if (resize.step !== "busy" || resize.from === undefined) return state;
  if (result.error !== undefined) return { ...state, resize: { ...resize, step: "due", error: result.error, retryAt_ms: now_ms + RETRY_MS } };
  const restarts = new Map<string, string>();
  for (const changed of resizedContainers(resize.from, pod)) {
    const record = newestOf(runtime, changed.name);
    if (changed.restarts && record?.state === "running") restarts.set(changed.name, record.id);
  }
  return { ...state, resize: { ...resize, step: "restarts", error: undefined, restarts } };
}

/** The API server no longer has it. */
export function podRemoved(state: PodState): PodState {
  return { ...state, isRemoved: true };
}

/** The runtime's view changed: containers whose newest instance is another, or in another state, are looked at at once; a new sandbox makes all fresh. */
export function runtimeObserved(state: PodState, runtime: PodRuntime): PodState {
  const isNewSandbox = currentSandbox(runtime)?.id !== currentSandbox(state.runtime)?.id;
  const containers = new Map<string, ContainerMemory>();
  for (const { container } of allContainers(state.pod)) {
    const memory = memoryOf(state, container.name);
    const before = newestOf(state.runtime, container.name);
    const after = newestOf(runtime, container.name);
    const hasChanged = before?.id !== after?.id || before?.state !== after?.state;
    if (isNewSandbox) containers.set(container.name, { ...memory, nextAttemptAt_ms: 0, isFresh: true });
    else if (hasChanged) containers.set(container.name, { ...memory, nextAttemptAt_ms: 0 });
    else if (state.containers.has(container.name)) containers.set(container.name, memory);
  }
  const present = new Set(runtime.containers.map((record) => record.id));
  const running = new Set(runtime.containers.filter((record) => record.state !== "exited").map((record) => record.id));
  return {
    ...state,
    runtime,
    containers,
    probes: pruned(state.probes, present),
    stops: pruned(state.stops, running),
  };
}

function pruned<V>(map: ReadonlyMap<string, V>, keys: ReadonlySet<string>): ReadonlyMap<string, V> {
  return [...map.keys()].every((key) => keys.has(key)) ? map : new Map([...map].filter(([key]) => keys.has(key)));
}

function allDue(state: PodState): Map<string, ContainerMemory> {
  return new Map([...state.containers].map(([name, memory]) => [name, { ...memory, nextAttemptAt_ms: 0 }]));
}

export function prepareEnded(state: PodState, result: { retryAt_ms?: number }): PodState {
  return { ...state, volumes: result.retryAt_ms === undefined ? { step: "ready", retryAt_ms: 0 } : { step: "absent", retryAt_ms: result.retryAt_ms } };
}

/** A sandbox was made or stopped, or that failed and is to be tried again at `retryAt_ms`. */
export function sandboxTaskEnded(state: PodState, result: { retryAt_ms?: number }): PodState {
  return { ...state, sandbox: { busy: undefined, retryAt_ms: result.retryAt_ms ?? 0 } };
}

/** The start of a container went on to another step; `id` once it exists. */
export function startMovedOn(state: PodState, name: string, step: StartStep, id?: string): PodState {
  const memory = memoryOf(state, name);
  return withContainer(state, name, { ...memory, starting: { ...memory.starting, step, ...(id === undefined ? {} : { id }) } });
}

export type StartResult =
  | { readonly type: "started" }
  /** Given up because the pod is to end, or its sandbox is gone: it does not count. */
  | { readonly type: "aborted" }
  | {
      readonly type: "failed";
      readonly reason: WaitReason;
      /** A container came to be, and ended: that alone makes the next attempt due. */
      readonly hasContainer: boolean;
      /** Back-off of an image. */
      readonly retryAt_ms?: number;
    };

/** `jitter`: uniform in [0, 1). */
export function startEnded(state: PodState, name: string, result: StartResult, now_ms: number, jitter: number): PodState {
  const { backoff } = memoryOf(state, name).starting ?? {};
  const stopped = withoutFields(memoryOf(state, name), "starting", "replaced");
  if (result.type === "aborted") return withContainer(state, name, stopped);
  const memory = backoff === undefined ? stopped : { ...stopped, backoff };
  if (result.type === "started") return withContainer(state, name, { ...withoutFields(memory, "reason", "shown"), isFresh: false, nextAttemptAt_ms: 0 });
  const retryAt_ms = Math.min(result.retryAt_ms ?? now_ms + RETRY_MS * (1 + RETRY_JITTER * jitter), now_ms + RESYNC_MS);
  // A container that was added to a pod that runs is looked at again when its time has come.
  const isEphemeral = findContainer(state.pod, name)?.kind === "ephemeral";
  const isFresh = memory.isFresh && !isEphemeral;
  const nextAttemptAt_ms = isFresh || result.hasContainer ? 0 : retryAt_ms;
  // No attempt follows whose status would show it.
  const shown = isEphemeral && result.hasContainer ? { shown: result.reason } : {};
  return withContainer(state, name, { ...memory, ...shown, reason: result.reason, isFresh: false, nextAttemptAt_ms });
}

/** A stop came to an end without the container having ended (the runtime failed): it may be decided again. */
export function stopEnded(state: PodState, id: string): PodState {
  const stops = new Map(state.stops);
  stops.delete(id);
  return { ...state, stops };
}

export function probed(state: PodState, id: string, probe: "liveness" | "readiness" | "startup", outcome: ProbeOutcome): PodState {
  return { ...state, probes: new Map(state.probes).set(id, { ...state.probes.get(id), [probe]: outcome }) };
}

/** The node ends the pod. The first reason stays. */
export function endedByNode(state: PodState, reason: EndReason & { readonly grace_s?: number }): PodState {
  return state.ended === undefined ? { ...state, ended: reason } : state;
}

/** Two rounds of restarting everything are at least so far apart. */
const RESTART_ALL_PAUSE_MS = 2_000;

/** The runtime has forgotten all containers: they start as if for the first time, but for their counts. */
export function allRemoved(state: PodState, now_ms: number): PodState {
  return { ...state, containers: new Map(), restartAll: { ...state.restartAll, step: "none", dueAt_ms: now_ms + RESTART_ALL_PAUSE_MS } };
}

export function cleanedUp(state: PodState): PodState {
  return { ...state, cleanup: "done" };
}

/**
 * What an earlier run of the agent left is taken over as it is: containers that the API server was told are started and ready
 * stay so until a probe says otherwise.
 */
export function adopted(state: PodState, idOf: (containerID: string) => string): PodState {
  const status = state.pod.status;
  const probes = new Map(state.probes);
  for (const known of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    if (known.containerID === undefined || known.state?.running === undefined) continue;
    const id = idOf(known.containerID);
    probes.set(id, { ...(known.started === true ? { startup: "success" as const } : {}), ...(known.ready ? { readiness: "success" as const } : {}) });
  }
  const containers = new Map(allContainers(state.pod).map(({ container }) => [container.name, untried]));
  return { ...withNewer({ ...state, pod: withGrantedResources(state.pod) }, state.pod), probes, containers };
}
