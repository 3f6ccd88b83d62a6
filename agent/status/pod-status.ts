import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { Resize } from "../pod/resize.ts";
import { mayRestartAll } from "../pod/restart-policy.ts";
import { currentSandbox, newestOf } from "../pod/runtime-state.ts";
import { allContainers, isHostNetwork, isSidecar, isTerminalPhase, specOf } from "../pod/spec.ts";
import { podConditions } from "./conditions.ts";
import { type ContainerStatusInput, containerStatuses, STATUS_UNKNOWN } from "./container-status.ts";
import { type Phase, phaseOf } from "./phase.ts";
import { podResourceStatus } from "./pod-resources.ts";
import { qosClassOf } from "./qos.ts";

/** Why a pod was ended by the node: it is Failed with these words (DeadlineExceeded, Evicted). */
export interface EndReason {
  readonly reason: string;
  readonly message: string;
}

export interface PodStatusInput extends ContainerStatusInput {
  /** The pod was ended by the node. */
  readonly ended: EndReason | undefined;
  /** Nothing will be started any more: containers' ends are final whatever the restart policy. */
  readonly isTerminal: boolean;
  /** The last status of this pod: until then a terminal phase is held back, since something may still run. */
  readonly isFinal: boolean;
  /** Volumes are not there yet: then the pod is not ready to start containers, even if its sandbox is. */
  readonly volumesPending: boolean;
  readonly resize: Pick<Resize, "refusal" | "step" | "error">;
  readonly nodeIps: readonly string[];
  readonly startTime_ms: number;
  readonly now_ms: number;
}

export interface ComputedStatus {
  /** What to publish: a terminal phase is held back while something may still run. */
  readonly status: PodStatus;
  /** The phase that the containers add up to. */
  readonly phase: Phase;
}

/** The pod's status from what is observed, after kubelet's rules. Pure. */
export function computePodStatus(input: PodStatusInput): ComputedStatus {
  const { pod, previous } = input;
  const containers = containerStatuses(input);
  const all = [...containers.init, ...containers.regular];
  const phase = settledPhase(input, all);
  const sandbox = currentSandbox(input.runtime);
  const now = rfc3339(input.now_ms);
  const conditions = podConditions({
    pod,
    phase,
    statuses: all,
    sandboxReady: !input.volumesPending && sandbox?.ready === true && (isHostNetwork(pod) || sandbox.ips.length > 0),
    isRestartingAll: mayRestartAll(pod) ? input.isRestartingAll && hasContainers(input) : undefined,
    resizeRefusal: input.resize.refusal,
    resizing: input.resize.step === "none" ? undefined : { error: input.resize.error },
    previous: previous?.conditions ?? pod.status?.conditions ?? [],
    now,
  });
  const wasTerminal = isTerminalPhase(pod.status?.phase) || isTerminalPhase(previous?.phase);
  const held = isTerminalPhase(phase) && !wasTerminal && !input.isFinal;
  const shown = held ? ((previous?.phase ?? "Pending") as Phase) : phase;
  const status: PodStatus = {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: shown,
    conditions: shown === phase && isTerminalPhase(phase) ? unready(conditions, now) : conditions,
    ...wordsOf(input, phase, shown),
    ...addresses(input),
    startTime: rfc3339(input.startTime_ms),
    ...lists(pod, containers),
    qosClass: qosClassOf(pod),
    ...podResourceStatus(pod),
  };
  return { status, phase };
}

/** Whether the runtime has any but ephemeral containers of the pod. */
function hasContainers({ pod, runtime }: PodStatusInput): boolean {
  return allContainers(pod).some((entry) => entry.kind !== "ephemeral" && newestOf(runtime, entry.container.name) !== undefined);
}

/** Terminal phases are never left again, and a pod that the node ended is Failed. */
function settledPhase(input: PodStatusInput, statuses: readonly ContainerStatus[]): Phase {
  const known = input.pod.status?.phase;
  const old = isTerminalPhase(known) ? known : input.previous?.phase;
  if (isTerminalPhase(old)) return old as Phase;
  return input.ended === undefined ? phaseOf(input.pod, statuses, input.isTerminal) : "Failed";
}

function wordsOf(input: PodStatusInput, phase: Phase, shown: Phase): Pick<PodStatus, "reason" | "message"> {
  if (phase !== shown) return {};
  if (input.ended !== undefined && shown === "Failed") return { reason: input.ended.reason, message: input.ended.message };
  const old = input.previous ?? input.pod.status;
  if (old?.phase !== shown) return {};
  return { ...(old.reason === undefined ? {} : { reason: old.reason }), ...(old.message === undefined ? {} : { message: old.message }) };
}

function unready(conditions: readonly PodCondition[], now: string): PodCondition[] {
  return conditions.map((condition) =>
    (condition.type === "Ready" || condition.type === "ContainersReady") && condition.status !== "False" ? { ...condition, status: "False", lastTransitionTime: now } : condition,
  );
}

function addresses(input: PodStatusInput): Pick<PodStatus, "hostIP" | "hostIPs" | "podIP" | "podIPs"> {
  const { pod, previous } = input;
  const observed = isHostNetwork(pod) ? input.nodeIps : (currentSandbox(input.runtime)?.ips ?? []);
  // A pod that has ended keeps the address that it had.
  const ips = observed.length > 0 ? observed : (previous?.podIPs ?? []).map((entry) => entry.ip);
  const [hostIP] = input.nodeIps;
  return {
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: input.nodeIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
  };
}

function lists(pod: Pod, containers: ReturnType<typeof containerStatuses>): Partial<PodStatus> {
  const spec = specOf(pod);
  return {
    ...((spec.initContainers ?? []).length === 0 ? {} : { initContainerStatuses: containers.init }),
    containerStatuses: containers.regular,
    ...((spec.ephemeralContainers ?? []).length === 0 ? {} : { ephemeralContainerStatuses: containers.ephemeral }),
  };
}

/** The node refuses the pod: Failed with the reason, and nothing else of it. */
export function rejectedStatus(pod: Pod, why: EndReason, now_ms: number): PodStatus {
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: "Failed",
    reason: why.reason,
    message: `Pod was rejected: ${why.message}`,
    startTime: rfc3339(now_ms),
    qosClass: qosClassOf(pod),
  };
}

const LOST = {
  exitCode: 137,
  reason: STATUS_UNKNOWN,
  message: "The container could not be located when the pod was terminated",
} as const;

/**
 * The last word on a pod that is over: containers that never ended are said to be lost, and a phase that is not terminal becomes Failed.
 * `seen`: the status that the API server last sent; it tells whether the pod ever got past its init containers.
 */
export function finalStatus(pod: Pod, status: PodStatus, seen: PodStatus | undefined): PodStatus {
  const end = (container: ContainerStatus): ContainerStatus =>
    container.state?.terminated !== undefined ? container : { ...container, ready: false, started: false, state: { terminated: LOST } };
  const initialized = hasInitialized(pod, seen);
  const started = lastStartedInit(status.initContainerStatuses ?? []);
  return {
    ...status,
    ...(status.initContainerStatuses === undefined ? {} : { initContainerStatuses: status.initContainerStatuses.map((init, index) => (index <= started ? end(init) : init)) }),
    ...(status.containerStatuses === undefined || !initialized ? {} : { containerStatuses: status.containerStatuses.map(end) }),
    phase: isTerminalPhase(status.phase) ? (status.phase as Phase) : "Failed",
  };
}

function hasInitialized(pod: Pod, seen: PodStatus | undefined): boolean {
  if ((pod.spec?.initContainers ?? []).length === 0) return true;
  const regularMoved = (seen?.containerStatuses ?? []).some((status) => status.state?.waiting === undefined || status.lastState?.terminated !== undefined);
  const last = seen?.initContainerStatuses?.at(-1);
  const lastSpec = pod.spec?.initContainers?.at(-1);
  const isSidecarUp = lastSpec !== undefined && isSidecar(lastSpec) && last?.state?.running !== undefined && last.started === true;
  return regularMoved || isSidecarUp || last?.state?.terminated?.exitCode === 0 || last?.lastState?.terminated?.exitCode === 0;
}

/** Index of the last init container that shows any sign of having been started; the first where none does, as with kubelet. */
function lastStartedInit(statuses: readonly ContainerStatus[]): number {
  return Math.max(0, statuses.findLastIndex((status) => status.state?.running !== undefined || status.state?.terminated !== undefined || status.lastState?.terminated !== undefined));
}
