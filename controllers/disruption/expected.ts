import { scaledValue } from "../../api/int-or-string.ts";
import type { Pod, PodDisruptionBudget } from "../../api/wire.ts";
import { isPodReady } from "../shared/pods.ts";

export type BudgetStatus = NonNullable<PodDisruptionBudget["status"]>;

/** How long an eviction that was let through counts as a disruption while its pod still stands. */
export const EVICTION_TIMEOUT_MS = 120_000;

/** How many pods there should be, and how many of them healthy. Pure. `scale`: what the pods' controllers want altogether. */
export function expectations(budget: PodDisruptionBudget, podCount: number, scale: number): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) return { expected: scale, desired: Math.max(0, scale - (scaledValue(maxUnavailable, scale, true) ?? 0)) };
  if (typeof minAvailable === "number") return { expected: podCount, desired: minAvailable };
  if (minAvailable !== undefined) return { expected: scale, desired: scaledValue(minAvailable, scale, true) ?? 0 };
  return { expected: 0, desired: 0 };
}

/** Whether `expectations` needs the controllers' scale, which takes looking them up. */
export function needsScale(budget: PodDisruptionBudget): boolean {
  return budget.spec?.maxUnavailable !== undefined || typeof budget.spec?.minAvailable === "string";
}

/** Evictions that were let through and whose pods are still there, and when the next one of them runs out. Pure. */
export function pendingDisruptions(budget: PodDisruptionBudget, pods: readonly Pod[], now_ms: number): { disrupted: Record<string, string>; expired: Pod[]; next_ms: number | undefined } {
  const disrupted: Record<string, string> = {};
  const expired: Pod[] = [];
  let next_ms: number | undefined;
  const times = budget.status?.disruptedPods ?? {};
  for (const pod of pods) {
    const { name = "", deletionTimestamp } = pod.metadata;
    const time = times[name];
    if (time === undefined || deletionTimestamp !== undefined) continue;
    const left_ms = Date.parse(time) + EVICTION_TIMEOUT_MS - now_ms;
    if (left_ms <= 0) {
      expired.push(pod);
      continue;
    }
    disrupted[name] = time;
    next_ms = Math.min(next_ms ?? left_ms, left_ms);
  }
  return { disrupted, expired, next_ms };
}

/** Ready, not being deleted, and not about to be. Pure. */
export function countHealthy(pods: readonly Pod[], disrupted: Readonly<Record<string, string>>): number {
  return pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && disrupted[pod.metadata.name ?? ""] === undefined && isPodReady(pod)).length;
}
