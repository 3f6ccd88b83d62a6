import type { Pod } from "../../api/wire.ts";
import { isPodReady, podCondition } from "../shared/pods.ts";

const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** A pod with what decides whether it goes before another. */
export interface RankedPod {
  readonly pod: Pod;
  /** Pods of the same owners on its node: the fuller the node, the earlier a pod there goes. */
  readonly crowd: number;
}

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Order in which surplus pods are deleted, after Kubernetes' ActivePodsWithRanks: unassigned, pending, not ready, cheap by annotation, on a crowded
 * node, ready for the shorter time, restarted more often, younger. Ages are compared by their logarithm (KEP-2185), then by uid.
 * Negative: `a` goes first.
 */
export function compareForDeletion(a: RankedPod, b: RankedPod, now_ms: number): number {
  return (
    Number(isAssigned(a.pod)) - Number(isAssigned(b.pod)) ||
    phaseOrder(a.pod) - phaseOrder(b.pod) ||
    Number(isPodReady(a.pod)) - Number(isPodReady(b.pod)) ||
    deletionCost(a.pod) - deletionCost(b.pod) ||
    b.crowd - a.crowd ||
    (isPodReady(a.pod) ? compareAge(readySince(a.pod), readySince(b.pod), a, b, now_ms) : 0) ||
    maxRestarts(b.pod) - maxRestarts(a.pod) ||
    compareAge(a.pod.metadata.creationTimestamp, b.pod.metadata.creationTimestamp, a, b, now_ms)
  );
}

function isAssigned(pod: Pod): boolean {
  return Boolean(pod.spec?.nodeName);
}

function phaseOrder(pod: Pod): number {
  return PHASE_ORDER[pod.status?.phase ?? "Pending"] ?? 0;
}

/** 0 unless the annotation is a 32-bit integer. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? "";
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return 0;
  const cost = Number(text);
  return Math.abs(cost) <= 2 ** 31 - 1 || cost === -(2 ** 31) ? cost : 0;
}

function readySince(pod: Pod): string | undefined {
  return podCondition(pod, "Ready")?.lastTransitionTime;
}

function maxRestarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

/** The younger first; 0 when the times are equal. */
function compareAge(a: string | undefined, b: string | undefined, left: RankedPod, right: RankedPod, now_ms: number): number {
  if (a === b) return 0;
  if (!a || !b) return a ? 1 : -1;
  const order = logarithmOfAge(a, now_ms) - logarithmOfAge(b, now_ms);
  if (order !== 0) return order;
  return (left.pod.metadata.uid ?? "") < (right.pod.metadata.uid ?? "") ? -1 : 1;
}

/** Power of two of the age in nanoseconds; -1 for what lies in the future. */
function logarithmOfAge(time: string, now_ms: number): number {
  const age_ns = (now_ms - Date.parse(time)) * 1e6;
  return age_ns > 0 ? Math.floor(Math.log2(age_ns)) : -1;
}
