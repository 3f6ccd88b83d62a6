import { scaledValue } from "../../api/int-or-string.ts";
import type { Deployment, ReplicaSet } from "../../api/wire.ts";

/** "No limit" of progressDeadlineSeconds and revisionHistoryLimit. */
const NO_LIMIT = 2 ** 31 - 1;

export function replicasOf(deployment: Deployment): number {
  return deployment.spec?.replicas ?? 1;
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return (deployment.spec?.strategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

/** Surge and unavailability as numbers of pods: surge rounded up, unavailability down; never both 0. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge: surgeValue, maxUnavailable: unavailableValue } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const replicas = replicasOf(deployment);
  const surge = scaledValue(surgeValue ?? 0, replicas, true) ?? 0;
  const unavailable = scaledValue(unavailableValue ?? 0, replicas, false) ?? 0;
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

/** Pods that may be there beyond `replicas` during a rolling update. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** Pods that may be missing during a rolling update. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** Seconds a rollout may stand still, or undefined for no limit. */
export function progressDeadline_s(deployment: Deployment): number | undefined {
  const deadline_s = deployment.spec?.progressDeadlineSeconds;
  return deadline_s === undefined || deadline_s === NO_LIMIT ? undefined : deadline_s;
}

/** Old sets to keep, or undefined for no limit. */
export function revisionHistoryLimit(deployment: Deployment): number | undefined {
  const limit = deployment.spec?.revisionHistoryLimit;
  return limit === undefined || limit === NO_LIMIT ? undefined : limit;
}

export function sizeOf(set: ReplicaSet): number {
  return set.spec?.replicas ?? 1;
}

export function totalSize(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + sizeOf(set), 0);
}

/** Pods that a set may have now: one that was just scaled down still has those that are to go. */
export function occupied(set: ReplicaSet): number {
  return Math.max(sizeOf(set), set.status?.replicas ?? 0);
}

/** The set's status tells of its newest spec. */
export function isObserved(set: ReplicaSet): boolean {
  return (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0);
}

export function totalActual(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0);
}

/** Available pods that will stay: a status that is older than the last scaling down still counts those that are going. */
export function lastingAvailable(set: ReplicaSet): number {
  return Math.min(sizeOf(set), set.status?.availableReplicas ?? 0);
}

export function totalAvailable(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
}

export function isActive(set: ReplicaSet): boolean {
  return sizeOf(set) > 0;
}
