import type { Deployment, ReplicaSet } from "../../api/wire.ts";
import { COMPLETE, type Conditions, condition, findCondition, SET_UPDATED, TIMED_OUT, withCondition, withoutCondition } from "./conditions.ts";
import { maxUnavailable, progressDeadline_s, replicasOf, totalActual, totalAvailable, totalSize } from "./limits.ts";
import { type OwnedSets, withNewest } from "./replica-sets.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;

/** Counts and the condition Available, from what the sets report. Pure. */
export function countStatus(deployment: Deployment, sets: OwnedSets, now_ms: number): DeploymentStatus {
  const all = withNewest(sets);
  const available = totalAvailable(all);
  const total = totalActual(all);
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const availability = enough
    ? condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now_ms)
    : condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now_ms);
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total,
    updatedReplicas: totalActual(sets.newest === undefined ? [] : [sets.newest]),
    readyReplicas: sum(all, (set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalSize(all) - available),
    ...terminatingOf(all),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(conditions, availability),
  };
}

function sum(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((total, set) => total + (count(set) ?? 0), 0);
}

/** Known only when every set reports it. */
function terminatingOf(sets: readonly ReplicaSet[]): { terminatingReplicas?: number } {
  if (sets.some((set) => set.status?.terminatingReplicas === undefined)) return {};
  return { terminatingReplicas: sum(sets, (set) => set.status?.terminatingReplicas) };
}

/** All pods are of the newest template and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = replicasOf(deployment);
  const counts = [status.updatedReplicas, status.replicas, status.availableReplicas];
  const upToDate = counts.every((count = 0) => count === replicas);
  return upToDate && (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
}

function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const { updatedReplicas = 0, replicas = 0, readyReplicas = 0, availableReplicas = 0 } = deployment.status ?? {};
  return (
    (status.updatedReplicas ?? 0) > updatedReplicas ||
    (status.replicas ?? 0) - (status.updatedReplicas ?? 0) < replicas - updatedReplicas ||
    (status.readyReplicas ?? 0) > readyReplicas ||
    (status.availableReplicas ?? 0) > availableReplicas
  );
}

/** Milliseconds until a rollout that does not move counts as failed; undefined when there is nothing to wait for. */
export function timeToDeadline_ms(deployment: Deployment, conditions: Conditions | undefined, now_ms: number): number | undefined {
  const deadline_s = progressDeadline_s(deployment);
  const progress = findCondition(conditions, "Progressing");
  if (deadline_s === undefined || progress === undefined || progress.reason === COMPLETE || progress.reason === TIMED_OUT) return undefined;
  return Date.parse(progress.lastUpdateTime ?? "") + deadline_s * 1000 - now_ms;
}

function isTimedOut(deployment: Deployment, status: DeploymentStatus, now_ms: number): boolean {
  if (findCondition(status.conditions, "Progressing")?.reason === TIMED_OUT) return true;
  const left_ms = timeToDeadline_ms(deployment, status.conditions, now_ms);
  return left_ms !== undefined && left_ms < 0;
}

/** The status during and after a rollout: counts, and what Progressing and ReplicaFailure say. Pure. */
export function rolloutStatus(deployment: Deployment, sets: OwnedSets, now_ms: number): DeploymentStatus {
  const status = countStatus(deployment, sets, now_ms);
  const conditions = withFailure(withProgress(deployment, status, sets.newest, now_ms), sets);
  return { ...status, conditions };
}

function withProgress(deployment: Deployment, status: DeploymentStatus, newest: ReplicaSet | undefined, now_ms: number): Conditions {
  const conditions = status.conditions ?? [];
  if (progressDeadline_s(deployment) === undefined) return withoutCondition(conditions, "Progressing");
  const current = findCondition(deployment.status?.conditions, "Progressing");
  if (status.replicas === status.updatedReplicas && current?.reason === COMPLETE) return conditions;
  const subject = newest === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newest.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return withCondition(conditions, condition("Progressing", "True", COMPLETE, `${subject} has successfully progressed.`, now_ms));
  }
  if (isProgressing(deployment, status)) {
    const progress = condition("Progressing", "True", SET_UPDATED, `${subject} is progressing.`, now_ms);
    const since = current?.status === "True" ? current.lastTransitionTime : undefined;
    // Always written anew: its update time is what the deadline counts from.
    return [...withoutCondition(conditions, "Progressing"), since === undefined ? progress : { ...progress, lastTransitionTime: since }];
  }
  if (isTimedOut(deployment, status, now_ms)) {
    return withCondition(conditions, condition("Progressing", "False", TIMED_OUT, `${subject} has timed out progressing.`, now_ms));
  }
  return conditions;
}

/** The newest set's failure, or, where it has none, an old one's. */
function withFailure(conditions: Conditions, sets: OwnedSets): DeploymentStatus["conditions"] & object {
  const failureOf = (set: ReplicaSet) => set.status?.conditions?.find((candidate) => candidate.type === "ReplicaFailure");
  const failure = (sets.newest && failureOf(sets.newest)) ?? sets.old.map(failureOf).find((found) => found !== undefined);
  const others = withoutCondition(conditions, "ReplicaFailure");
  if (failure === undefined) return others;
  const present = findCondition(conditions, "ReplicaFailure");
  const { status, reason = "", message = "", lastTransitionTime } = failure;
  if (present?.status === status && present.reason === reason) return [...conditions];
  return [...others, { type: "ReplicaFailure", status, reason, message, ...(lastTransitionTime ? { lastTransitionTime, lastUpdateTime: lastTransitionTime } : {}) }];
}
