import type { DeploymentCondition } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";

/** Reasons of the condition Progressing. */
export const PAUSED = "DeploymentPaused";
export const RESUMED = "DeploymentResumed";
export const NEW_SET_CREATED = "NewReplicaSetCreated";
export const NEW_SET_FOUND = "FoundNewReplicaSet";
export const SET_CREATE_ERROR = "ReplicaSetCreateError";
export const SET_UPDATED = "ReplicaSetUpdated";
export const COMPLETE = "NewReplicaSetAvailable";
export const TIMED_OUT = "ProgressDeadlineExceeded";

export type Conditions = readonly DeploymentCondition[];

export function findCondition(conditions: Conditions | undefined, type: string): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function condition(type: string, status: "True" | "False" | "Unknown", reason: string, message: string, now_ms: number): DeploymentCondition {
  const now = rfc3339(now_ms);
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now };
}

export function withoutCondition(conditions: Conditions, type: string): DeploymentCondition[] {
  return conditions.filter((other) => other.type !== type);
}

/** Sets a condition: one of the same status and reason stays as it was; the same status keeps its transition time. */
export function withCondition(conditions: Conditions, wanted: DeploymentCondition): DeploymentCondition[] {
  const current = findCondition(conditions, wanted.type);
  if (current !== undefined && current.status === wanted.status && current.reason === wanted.reason) return [...conditions];
  const kept = current !== undefined && current.status === wanted.status && current.lastTransitionTime ? { ...wanted, lastTransitionTime: current.lastTransitionTime } : wanted;
  return [...withoutCondition(conditions, wanted.type), kept];
}
