import { scaledValue } from "../../api/int-or-string.ts";
import type { Pod, StatefulSet } from "../../api/wire.ts";
import { isPodAvailable, isPodReady, isPodTerminal } from "../shared/pods.ts";
import { missingIdentity, replicasOf, revisionOf, startOf } from "./identity.ts";

export interface StatefulInput {
  readonly set: StatefulSet;
  /** By ordinal. */
  readonly pods: ReadonlyMap<number, Pod>;
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly now_ms: number;
}

export interface StatefulPlan {
  readonly create: { readonly ordinal: number; readonly revision: string }[];
  readonly remove: { readonly pod: Pod; readonly ordinal: number; readonly why: "failed" | "succeeded" | "scale-down" | "update" }[];
  /** Labels of identity to add. */
  readonly mend: { readonly pod: Pod; readonly labels: Record<string, string> }[];
}

/**
 * The next step: missing pods are made in order, those beyond the number go from the highest, then pods of an older revision are replaced from the
 * highest down to the partition. With OrderedReady each step waits until all before it run, are ready and have been so for minReadySeconds. Pure.
 */
export function planStateful(input: StatefulInput): StatefulPlan {
  const plan: StatefulPlan = { create: [], remove: [], mend: [] };
  const ordered = (input.set.spec?.podManagementPolicy ?? "OrderedReady") !== "Parallel";
  if (planReplicas(plan, input, ordered) && planCondemned(plan, input, ordered) && plan.create.length === 0) planUpdate(plan, input);
  return plan;
}

/** The revision of a pod that is made now: below the partition the current one. */
function revisionFor({ set, currentRevision, updateRevision }: StatefulInput, ordinal: number): string {
  return isRolling(set) && ordinal < startOf(set) + partitionOf(set) ? currentRevision : updateRevision;
}

function isRolling(set: StatefulSet): boolean {
  return (set.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

function partitionOf(set: StatefulSet): number {
  return set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
}

/** @returns whether the next stage may begin */
function planReplicas(plan: StatefulPlan, input: StatefulInput, ordered: boolean): boolean {
  const { set, pods } = input;
  for (let ordinal = startOf(set); ordinal < startOf(set) + replicasOf(set); ordinal++) {
    const pod = pods.get(ordinal);
    if (pod === undefined) {
      plan.create.push({ ordinal, revision: revisionFor(input, ordinal) });
      if (ordered) return false;
      continue;
    }
    const going = pod.metadata.deletionTimestamp !== undefined;
    if (isPodTerminal(pod) && !going) plan.remove.push({ pod, ordinal, why: pod.status?.phase === "Failed" ? "failed" : "succeeded" });
    else if (!going) mend(plan, set, pod, ordinal);
    if (ordered && (going || !isHealthy(input, pod))) return false;
  }
  return true;
}

function mend(plan: StatefulPlan, set: StatefulSet, pod: Pod, ordinal: number): void {
  const labels = missingIdentity(set, pod, ordinal);
  if (labels !== undefined) plan.mend.push({ pod, labels });
}

/** Running, ready, and for long enough. */
function isHealthy({ set, now_ms }: StatefulInput, pod: Pod): boolean {
  return pod.status?.phase === "Running" && isPodReady(pod) && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now_ms);
}

/** Pods beyond the number, the highest first. One that is not healthy holds up the others, unless it is the lowest of all that are not. */
function planCondemned(plan: StatefulPlan, input: StatefulInput, ordered: boolean): boolean {
  const { set, pods } = input;
  const inRange = (ordinal: number) => ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set);
  const condemned = [...pods].filter(([ordinal]) => !inRange(ordinal)).sort(([a], [b]) => b - a);
  const [firstUnhealthy] = [...pods].sort(([a], [b]) => a - b).find(([, pod]) => pod.metadata.deletionTimestamp !== undefined || !isHealthy(input, pod)) ?? [];
  for (const [ordinal, pod] of condemned) {
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (ordered) return false;
      continue;
    }
    if (ordered && !isHealthy(input, pod) && ordinal !== firstUnhealthy) return false;
    plan.remove.push({ pod, ordinal, why: "scale-down" });
    if (ordered) return false;
  }
  return true;
}

/** Old pods that are not available go at once; of the others as many as may be missing. */
function planUpdate(plan: StatefulPlan, input: StatefulInput): void {
  const { set, pods, updateRevision } = input;
  if (!isRolling(set)) return;
  const [first, count] = [startOf(set), replicasOf(set)];
  const maxUnavailable = Math.max(1, scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, count, false) ?? 1);
  const members = [...pods].filter(([ordinal]) => ordinal >= first && ordinal < first + count).sort(([a], [b]) => b - a);
  const down = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined || !isHealthy(input, pod);
  let budget = maxUnavailable - members.filter(([, pod]) => down(pod)).length;
  for (const [ordinal, pod] of members) {
    if (ordinal < first + partitionOf(set)) return;
    const going = pod.metadata.deletionTimestamp !== undefined || plan.remove.some((removal) => removal.pod === pod);
    if (revisionOf(pod) === updateRevision || going) continue;
    if (!down(pod) && budget-- <= 0) return;
    plan.remove.push({ pod, ordinal, why: "update" });
  }
}
