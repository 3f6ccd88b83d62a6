import type { Pod } from "../../api/wire.ts";
import type { WaitReason } from "../status/container-status.ts";
import type { EndReason } from "../status/pod-status.ts";
import type { BackoffEntry } from "./crash-backoff.ts";
import { noResize, type Resize } from "./resize.ts";
import { noRuntime, type PodRuntime } from "./runtime-state.ts";

/**
 * `running`: containers are started and kept. `stopping`: everything is being stopped, nothing starts any more. `stopped`:
 * nothing runs; what is left on the node is removed.
 */
export type Stage = "running" | "stopping" | "stopped";

/** Where the start of a container stands: `image` (it is being pulled) and `hook` can take long, `create` is all the rest. */
export type StartStep = "image" | "create" | "hook";

export interface ContainerMemory {
  /** Crash-loop backoff. */
  readonly backoff?: BackoffEntry;
  /** Of the last attempt, when it failed. */
  readonly reason?: WaitReason;
  /** The reason that the status shows: that of the attempt before the one that is due (a status is made before each attempt). */
  readonly shown?: WaitReason;
  readonly nextAttemptAt_ms: number;
  /** Order of the last attempt among all of this pod; 0: never tried. */
  readonly attemptedAs: number;
  /** Id of the container that was told to end so that another takes its place: that one starts at once, however the first ended. */
  readonly replaced?: string;
  /** The sandbox is new: a first failure is looked at again at once, so that it shows. */
  readonly isFresh: boolean;
  readonly starting?: {
    readonly step: StartStep;
    readonly id?: string;
    /** What the back-off becomes when this attempt counts. */
    readonly backoff?: BackoffEntry;
  };
}

/** A stop under way: the runtime was told, or the preStop hook runs. */
export interface StopMemory {
  readonly grace_s: number;
}

export type ProbeOutcome = "success" | "failure";

export interface ProbeResults {
  readonly liveness?: ProbeOutcome;
  readonly readiness?: ProbeOutcome;
  readonly startup?: ProbeOutcome;
}

/**
 * All containers are taken away to be started anew, because the end of one asked for that. `stop`: they are being stopped; `remove`: the
 * runtime is to forget them.
 */
export interface RestartAll {
  readonly step: "none" | "stop" | "remove";
  /** Not before this. */
  readonly dueAt_ms: number;
  /** Restart counts of containers that the runtime has forgotten. */
  readonly restarts: ReadonlyMap<string, number>;
}

/** Everything that decides what happens next to one pod. Immutable: each event makes a new one. */
export interface PodState {
  readonly pod: Pod;
  /** When the node first saw it: status.startTime. */
  readonly startTime_ms: number;
  readonly runtime: PodRuntime;
  readonly stage: Stage;
  /** The API server no longer has the pod. */
  readonly isRemoved: boolean;
  /** The node ended it: deadline, eviction. */
  readonly ended: (EndReason & { readonly grace_s?: number }) | undefined;
  readonly volumes: { readonly step: "absent" | "busy" | "ready"; readonly retryAt_ms: number };
  readonly sandbox: { readonly busy: "create" | "stop" | undefined; readonly retryAt_ms: number };
  readonly containers: ReadonlyMap<string, ContainerMemory>;
  /** By container id. */
  readonly stops: ReadonlyMap<string, StopMemory>;
  /** By container id. */
  readonly probes: ReadonlyMap<string, ProbeResults>;
  /** Counts attempts, for their order. */
  readonly attempts: number;
  readonly cleanup: "none" | "busy" | "done";
  readonly restartAll: RestartAll;
  /** `pod` has the resources that the node has granted. */
  readonly resize: Resize;
}

export const untried: ContainerMemory = { nextAttemptAt_ms: 0, attemptedAs: 0, isFresh: true };

/** A pod that the agent has just learned of; `runtime` is what an earlier run of the agent left. */
export function newPodState(pod: Pod, now_ms: number, runtime: PodRuntime = noRuntime): PodState {
  const startTime = pod.status?.startTime;
  return {
    pod,
    startTime_ms: startTime === undefined ? now_ms : Date.parse(startTime),
    runtime,
    stage: "running",
    isRemoved: false,
    ended: undefined,
    volumes: { step: "absent", retryAt_ms: 0 },
    sandbox: { busy: undefined, retryAt_ms: 0 },
    containers: new Map(),
    stops: new Map(),
    probes: new Map(),
    attempts: 0,
    cleanup: "none",
    restartAll: { step: "none", dueAt_ms: 0, restarts: new Map() },
    resize: noResize,
  };
}

export function memoryOf(state: PodState, name: string): ContainerMemory {
  return state.containers.get(name) ?? untried;
}

export function withContainer(state: PodState, name: string, memory: ContainerMemory): PodState {
  return { ...state, containers: new Map(state.containers).set(name, memory) };
}

/** Leaves out the fields named. */
export function withoutFields(memory: ContainerMemory, ...fields: (keyof ContainerMemory)[]): ContainerMemory {
  const copy: Record<string, unknown> = { ...memory };
  for (const field of fields) delete copy[field];
  return copy as unknown as ContainerMemory;
}

/** Ids of containers whose start is not over: the runtime may tell of one before it answers who asked for it. */
export function startingIds(state: PodState): Set<string> {
  const ids = new Set<string>();
  for (const [name, { starting }] of state.containers) {
    if (starting?.id !== undefined) ids.add(starting.id);
    else if (starting !== undefined) for (const record of state.runtime.containers) if (record.name === name && record.state === "created") ids.add(record.id);
  }
  return ids;
}

/**
 * What the status says now will be something else in a moment: a container is on its way to its first run, or a deleted pod has
 * only its sandbox left to stop. (A pod that ends by itself says why first: clients wait for that.)
 */
export function isPassing(state: PodState): boolean {
  if (state.stage === "stopping") return state.pod.metadata.deletionTimestamp !== undefined && !state.runtime.containers.some((record) => record.state === "running");
  for (const [name, { starting }] of state.containers) {
    if (starting !== undefined && !state.runtime.containers.some((record) => record.name === name && record.id !== starting.id)) return true;
  }
  return false;
}

/**
 * A container was ended so that another takes its place, which does not run yet. Its end is never shown by itself: where the restart policy
 * would not bring it back, the API server takes no status that leaves it.
 */
export function isReplacing(state: PodState): boolean {
  if (state.stage !== "running") return false;
  for (const { replaced } of state.containers.values()) {
    if (replaced !== undefined && state.runtime.containers.find((record) => record.id === replaced)?.state !== "running") return true;
  }
  return false;
}

export function isStarting(state: PodState): boolean {
  for (const memory of state.containers.values()) if (memory.starting !== undefined) return true;
  return false;
}

/** The reasons that the status shows. */
export function shownReasons(state: PodState): Map<string, WaitReason> {
  const reasons = new Map<string, WaitReason>();
  for (const [name, memory] of state.containers) if (memory.shown !== undefined) reasons.set(name, memory.shown);
  return reasons;
}
