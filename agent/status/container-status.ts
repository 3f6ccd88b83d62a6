import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { shouldStart } from "../pod/restart-policy.ts";
import type { ContainerRecord, PodRuntime } from "../pod/runtime-state.ts";
import { allContainers, type ContainerKind, type SpecContainer, isSidecar } from "../pod/spec.ts";

/** Why a container waits: `ErrImagePull`, `CrashLoopBackOff`, … and what is said of it. */
export interface WaitReason {
  readonly reason: string;
  readonly message: string;
}

/** What the status of containers is made from, besides the pod and the runtime. */
export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  /** The status that was made last; restart counts and last states outlive the runtime's memory in it. */
  readonly previous: PodStatus | undefined;
  /** Failed start attempts, by container name. */
  readonly reasons: ReadonlyMap<string, WaitReason>;
  /** Ids of containers that are being started (a postStart hook runs): they do not count as there yet. */
  readonly starting: ReadonlySet<string>;
  /** Probe results by container id; absent: no such probe, or no result yet. */
  readonly isStarted: (container: Container, id: string) => boolean;
  readonly isReady: (container: Container, id: string) => boolean;
  /** All containers are being taken away to be started anew. */
  readonly isRestartingAll: boolean;
  /** The runtime can make read-only mounts so with all that is mounted below them. */
  readonly canMountRecursivelyReadOnly: boolean;
  /** `containerd`, `berth`: the scheme of containerID. */
  readonly runtimeName: string;
}

export interface ContainerStatuses {
  readonly init: ContainerStatus[];
  readonly regular: ContainerStatus[];
  readonly ephemeral: ContainerStatus[];
}

/** kubelet's word for a container that vanished. */
export const STATUS_UNKNOWN = "ContainerStatusUnknown";
const VANISHED_EXIT_CODE = 137;

/** What the messages of all of a pod's containers may come to. */
const MAX_MESSAGES_BYTES = 12 * 1024;

/** The three lists of container statuses: init containers in the spec's order, the others by name, as kubelet writes them. */
export function containerStatuses(input: ContainerStatusInput): ContainerStatuses {
  const entries = allContainers(input.pod);
  const hasInit = entries.some((entry) => entry.kind === "init");
  const limit_bytes = Math.floor(MAX_MESSAGES_BYTES / Math.max(1, entries.length));
  const of = (kind: ContainerKind) => entries.filter((entry) => entry.kind === kind).map((entry) => withShortMessages(containerStatus(input, entry, hasInit), limit_bytes));
  const byName = (a: ContainerStatus, b: ContainerStatus) => (a.name < b.name ? -1 : 1);
  return { init: of("init"), regular: of("regular").sort(byName), ephemeral: of("ephemeral").sort(byName) };
}

/** Each container has an equal share of the room for termination messages. */
function withShortMessages(status: ContainerStatus, limit_bytes: number): ContainerStatus {
  const cut = (state: ContainerState | undefined): ContainerState | undefined => {
    const { message } = state?.terminated ?? {};
    if (state?.terminated === undefined || message === undefined || Buffer.byteLength(message) <= limit_bytes) return state;
    return { terminated: { ...state.terminated, message: Buffer.from(message).toString("utf8", 0, limit_bytes) } };
  };
  const [state, lastState] = [cut(status.state), cut(status.lastState)];
  return { ...status, ...(state === undefined ? {} : { state }), ...(lastState === undefined ? {} : { lastState }) };
}

function containerStatus(input: ContainerStatusInput, entry: SpecContainer, hasInit: boolean): ContainerStatus {
  const { container } = entry;
  const old = previousStatus(input.previous, entry);
  const records = input.runtime.containers.filter((record) => record.name === container.name && !input.starting.has(record.id)).slice(0, 2);
  // A finished init container may have been cleaned up since.
  if (!input.isRestartingAll && entry.kind === "init" && records.length === 0 && old?.state?.terminated !== undefined) return old;
  if (input.isRestartingAll && entry.kind !== "ephemeral" && old !== undefined && records.length === 0) return takenAway(old);
  const waiting: ContainerState = { waiting: { reason: hasInit ? "PodInitializing" : "ContainerCreating" } };
  const [newest, former] = records;
  const base: ContainerStatus = newest === undefined ? missing(entry, old, waiting) : found(input, newest, waiting);
  const lastState = former === undefined ? rememberedLastState(old, base.restartCount) : stateOf(input, former, waiting);
  const mounts = volumeMountStatuses(container, input.canMountRecursivelyReadOnly);
  const status: ContainerStatus = {
    ...base,
    lastState: terminatedOnly(base.lastState ?? lastState),
    ...(newest === undefined ? {} : resourcesOf(container)),
    ...(mounts === undefined ? {} : { volumeMounts: mounts }),
  };
  applyReason(input, entry, status, newest);
  applyProbes(input, entry, status, newest);
  return status;
}

const TAKEN_AWAY = { reason: "RestartingAllContainers", message: "The container is removed because RestartAllContainers in place" } as const;

/** A container that the runtime has just forgotten so that it starts anew with all the others; one that never ran stays as it is. */
function takenAway(old: ContainerStatus): ContainerStatus {
  if (old.state?.waiting !== undefined) return old;
  const { containerID: _gone, ...rest } = old;
  return {
    ...rest,
    ready: false,
    started: false,
    imageID: "",
    restartCount: old.restartCount + 1,
    state: { waiting: TAKEN_AWAY },
    lastState: { terminated: { ...TAKEN_AWAY, exitCode: VANISHED_EXIT_CODE } },
  };
}

/** The end before this container's, when the runtime no longer has it. */
function rememberedLastState(old: ContainerStatus | undefined, restartCount: number): ContainerState | undefined {
  const isNew = old !== undefined && old.restartCount < restartCount;
  return isNew && old.state?.terminated !== undefined ? old.state : old?.lastState;
}

/** lastState only ever names an end. */
function terminatedOnly(state: ContainerState | undefined): ContainerState {
  return state?.terminated === undefined ? {} : { terminated: state.terminated };
}

function previousStatus(previous: PodStatus | undefined, entry: SpecContainer): ContainerStatus | undefined {
  const list = entry.kind === "init" ? previous?.initContainerStatuses : entry.kind === "regular" ? previous?.containerStatuses : previous?.ephemeralContainerStatuses;
  return list?.find((status) => status.name === entry.container.name);
}

function missing(entry: SpecContainer, old: ContainerStatus | undefined, waiting: ContainerState): ContainerStatus {
  const { container } = entry;
  const base = { name: container.name, image: container.image ?? "", imageID: "", ready: false, restartCount: old?.restartCount ?? 0, state: waiting };
  if (old?.state?.running === undefined) return old?.state?.terminated === undefined ? base : { ...base, state: old.state, ...identity(old) };
  // It ran, and the runtime has forgotten it: it must have ended, nobody knows how.
  const terminated = {
    exitCode: VANISHED_EXIT_CODE,
    reason: STATUS_UNKNOWN,
    message: "The container could not be located when the pod was deleted.  The container used to be Running",
  };
  return { ...base, lastState: { terminated } };
}

function identity(old: ContainerStatus): Partial<ContainerStatus> {
  return { imageID: old.imageID, ...(old.containerID === undefined ? {} : { containerID: old.containerID }) };
}

function found(input: ContainerStatusInput, record: ContainerRecord, waiting: ContainerState): ContainerStatus {
  return {
    name: record.name,
    image: record.image,
    imageID: record.imageId,
    containerID: containerIdText(input.runtimeName, record.id),
    ready: false,
    restartCount: record.attempt,
    state: stateOf(input, record, waiting),
    // Only where the pod cares which groups its processes have: kubelet's runtimes are of two minds about this field.
    ...(record.user === undefined || input.pod.spec?.securityContext?.supplementalGroupsPolicy === undefined ? {} : { user: { linux: userOf(record.user) } }),
  };
}

function userOf(user: NonNullable<ContainerRecord["user"]>): { uid: number; gid: number; supplementalGroups?: number[] } {
  return { uid: user.uid, gid: user.gid, ...(user.supplementalGroups.length === 0 ? {} : { supplementalGroups: [...user.supplementalGroups] }) };
}

/** `containerd://ID`. */
export function containerIdText(runtimeName: string, id: string): string {
  return `${runtimeName}://${id}`;
}

function stateOf(input: ContainerStatusInput, record: ContainerRecord, waiting: ContainerState): ContainerState {
  if (record.state === "running") return { running: { startedAt: rfc3339(record.startedAt_ms) } };
  if (record.state === "exited") {
    return {
      terminated: {
        exitCode: record.exitCode,
        reason: record.reason === "" ? (record.exitCode === 0 ? "Completed" : "Error") : record.reason,
        ...(record.message === "" ? {} : { message: record.message }),
        startedAt: record.startedAt_ms === 0 ? rfc3339(0) : rfc3339(record.startedAt_ms),
        finishedAt: rfc3339(record.finishedAt_ms),
        containerID: containerIdText(input.runtimeName, record.id),
      },
    };
  }
  return waiting;
}

/** A container whose last start attempt failed, and that is to be tried again, waits for that reason. */
function applyReason(input: ContainerStatusInput, entry: SpecContainer, status: ContainerStatus, newest: ContainerRecord | undefined): void {
  if (entry.kind === "init" && newest?.state === "exited" && newest.exitCode === 0) return;
  const wait = input.reasons.get(entry.container.name);
  // Of an ephemeral container, which never starts again, the pod's policy says what is shown, as with kubelet.
  const judged: SpecContainer = entry.kind === "ephemeral" ? { ...entry, kind: "regular" } : entry;
  if (wait === undefined || !shouldStart(input.pod, judged, input.runtime)) return;
  if (status.state?.terminated !== undefined) status.lastState = { terminated: status.state.terminated };
  status.state = { waiting: { reason: wait.reason, ...(wait.message === "" ? {} : { message: wait.message }) } };
}

function applyProbes(input: ContainerStatusInput, entry: SpecContainer, status: ContainerStatus, newest: ContainerRecord | undefined): void {
  if (entry.kind === "ephemeral") return;
  const running = status.state?.running !== undefined && newest !== undefined;
  status.started = running && input.isStarted(entry.container, newest.id);
  if (entry.kind === "init" && !isSidecar(entry.container)) status.ready = status.state?.terminated?.exitCode === 0;
  else status.ready = status.started && newest !== undefined && input.isReady(entry.container, newest.id);
}

function resourcesOf(container: Container): Partial<ContainerStatus> {
  const { limits, requests } = container.resources ?? {};
  // Said all the same: without it the API server takes the node for one that cannot resize.
  if (limits === undefined && requests === undefined) return { resources: {} };
  const effective = { ...limits, ...requests };
  return {
    resources: { ...(limits === undefined ? {} : { limits }), requests: effective },
    allocatedResources: effective,
  };
}

function volumeMountStatuses(container: Container, canRecurse: boolean): ContainerStatus["volumeMounts"] | undefined {
  if (container.volumeMounts === undefined || container.volumeMounts.length === 0) return undefined;
  return container.volumeMounts.map((mount) => {
    const isRecursive = mount.recursiveReadOnly === "Enabled" || (mount.recursiveReadOnly === "IfPossible" && canRecurse);
    return { name: mount.name, mountPath: mount.mountPath, ...(mount.readOnly ? { readOnly: true, recursiveReadOnly: isRecursive ? "Enabled" : "Disabled" } : {}) };
  });
}
