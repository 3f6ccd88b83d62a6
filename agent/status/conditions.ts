import type { ContainerStatus, Pod, PodCondition } from "../../api/wire.ts";
import type { ResizeRefusal } from "../pod/resize.ts";
import { isSidecar, specOf } from "../pod/spec.ts";
import { anyRegularActive, type Phase } from "./phase.ts";

/** Condition types that the node owns; others are kept as they are. */
export const OWNED_CONDITIONS: ReadonlySet<string> = new Set(["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled", "AllContainersRestarting", "PodResizePending", "PodResizeInProgress"]);

export interface ConditionsInput {
  readonly pod: Pod;
  /** The phase as computed, before a terminal one is held back. */
  readonly phase: Phase;
  readonly statuses: readonly ContainerStatus[];
  /** The sandbox is up and its network is there. */
  readonly sandboxReady: boolean;
  /** All containers are being stopped to be started anew; undefined: no rule of this pod asks for that. */
  readonly isRestartingAll: boolean | undefined;
  /** A wish for other resources that is not granted, and one that is being made true (with what failed of it). */
  readonly resizeRefusal: ResizeRefusal | undefined;
  readonly resizing: { readonly error: string | undefined } | undefined;
  /** Conditions written last: a transition time is kept while the status stays. */
  readonly previous: readonly PodCondition[];
  readonly now: string;
}

type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

/** All conditions in the order in which kubelet writes them: those of others first. */
export function podConditions(input: ConditionsInput): PodCondition[] {
  const others = (input.pod.status?.conditions ?? []).filter((condition) => !OWNED_CONDITIONS.has(condition.type));
  const containersReady = containersReadyVerdict(input);
  const own: [string, Verdict][] = [
    ["PodReadyToStartContainers", { status: input.sandboxReady ? "True" : "False" }],
    ["Initialized", initializedVerdict(input)],
    ["Ready", readyVerdict(input, containersReady, others)],
    ["ContainersReady", containersReady],
    ["PodScheduled", { status: "True" }],
  ];
  return [...others, ...resizeConditions(input), ...restartingCondition(input), ...own.map(([type, verdict]) => withTimes(input, type, verdict))];
}

function withTimes(input: ConditionsInput, type: string, verdict: Verdict): PodCondition {
  const old = input.previous.find((condition) => condition.type === type);
  const kept = old !== undefined && old.status === verdict.status ? old.lastTransitionTime : undefined;
  const generation = input.pod.metadata.generation;
  return {
    type,
    status: verdict.status,
    lastTransitionTime: kept ?? input.now,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
  };
}

function resizeConditions(input: ConditionsInput): PodCondition[] {
  const { resizeRefusal, resizing } = input;
  const out: PodCondition[] = [];
  if (resizeRefusal !== undefined) out.push(withTimes(input, "PodResizePending", { status: "True", reason: resizeRefusal.reason, message: resizeRefusal.message }));
  if (resizing !== undefined) out.push(withTimes(input, "PodResizeInProgress", { status: "True", ...(resizing.error === undefined ? {} : { reason: "Error", message: resizing.error }) }));
  return out;
}

function restartingCondition(input: ConditionsInput): PodCondition[] {
  const { isRestartingAll, phase } = input;
  if (isRestartingAll === undefined) return [];
  const isOver = phase === "Succeeded" || phase === "Failed";
  const verdict: Verdict = isOver
    ? { status: "False", reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : isRestartingAll
      ? { status: "True", reason: "RestartAllContainersStarted", message: "container exited with restart policy rule" }
      : { status: "False" };
  const { observedGeneration: _none, ...condition } = withTimes(input, "AllContainersRestarting", verdict);
  return [condition];
}

function namesOf(containers: readonly string[]): string {
  return `[${containers.join(" ")}]`;
}

function notTrue(reason: string, unknown: readonly string[], bad: readonly string[], adjective: string): Verdict | undefined {
  const parts: string[] = [];
  if (unknown.length > 0) parts.push(`containers with unknown status: ${namesOf(unknown)}`);
  if (bad.length > 0) parts.push(`containers with ${adjective} status: ${namesOf(bad)}`);
  return parts.length === 0 ? undefined : { status: "False", reason, message: parts.join(", ") };
}

function containersReadyVerdict({ pod, phase, statuses }: ConditionsInput): Verdict {
  const spec = specOf(pod);
  const counted = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of counted) {
    const status = statuses.find((candidate) => candidate.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === "Succeeded" && unknown.length === 0) return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  return notTrue("ContainersNotReady", unknown, unready, "unready") ?? { status: "True" };
}

function readyVerdict(input: ConditionsInput, containersReady: Verdict, others: readonly PodCondition[]): Verdict {
  if (containersReady.status !== "True") return containersReady;
  const problems: string[] = [];
  for (const { conditionType } of specOf(input.pod).readinessGates ?? []) {
    const condition = others.find((candidate) => candidate.type === conditionType);
    if (condition === undefined) problems.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== "True") problems.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
  }
  return problems.length === 0 ? { status: "True" } : { status: "False", reason: "ReadinessGatesNotReady", message: problems.join(", ") };
}

function initializedVerdict({ pod, phase, statuses, previous }: ConditionsInput): Verdict {
  const byName = new Map(statuses.map((status) => [status.name, status]));
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of specOf(pod).initContainers ?? []) {
    const status = byName.get(container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!(isSidecar(container) ? status.started : status.ready)) incomplete.push(container.name);
  }
  if (phase === "Succeeded" && unknown.length === 0) return { status: "True", reason: "PodCompleted" };
  if (anyRegularActive(pod, byName)) return { status: "True" };
  // A pod that was initialized once stays so, whatever becomes of its init containers.
  if (previous.some((condition) => condition.type === "Initialized" && condition.status === "True")) return { status: "True" };
  return notTrue("ContainersNotInitialized", unknown, incomplete, "incomplete") ?? { status: "True" };
}
