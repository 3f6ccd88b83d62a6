import type { LabelMatcher } from "../../api/selector/labels.ts";
import type { Pod, ReplicaSet } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { semanticEqual } from "../shared/equal.ts";
import { isPodAvailable, isPodReady } from "../shared/pods.ts";

export type ReplicaSetStatus = NonNullable<ReplicaSet["status"]>;
type ReplicaSetCondition = NonNullable<ReplicaSetStatus["conditions"]>[number];

export interface StatusInput {
  readonly replicaSet: ReplicaSet;
  readonly active: readonly Pod[];
  /** undefined: the kind does not count them. */
  readonly terminating: number | undefined;
  /** Matches the labels of the template: what counts as fully labelled. */
  readonly template: LabelMatcher;
  /** What went wrong with creating or deleting pods. */
  readonly failure?: { readonly reason: "FailedCreate" | "FailedDelete"; readonly message: string } | undefined;
  readonly now_ms: number;
}

/** The status as it should be. Pure. */
export function replicaSetStatus(input: StatusInput): ReplicaSetStatus {
  const { replicaSet, active, now_ms } = input;
  const minReady_s = replicaSet.spec?.minReadySeconds ?? 0;
  const conditions = replicaSetConditions(replicaSet.status?.conditions ?? [], input.failure, now_ms);
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => input.template.matches(pod.metadata.labels)).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReady_s, now_ms)).length,
    ...(input.terminating === undefined ? {} : { terminatingReplicas: input.terminating }),
    observedGeneration: replicaSet.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** ReplicaFailure appears with the first failure and goes with the first success; while it is there it is left as it is. */
function replicaSetConditions(old: readonly ReplicaSetCondition[], failure: StatusInput["failure"], now_ms: number): ReplicaSetCondition[] {
  const others = old.filter((condition) => condition.type !== "ReplicaFailure");
  if (failure === undefined) return others;
  const present = old.find((condition) => condition.type === "ReplicaFailure");
  if (present !== undefined) return [...old];
  return [...others, { type: "ReplicaFailure", status: "True", lastTransitionTime: rfc3339(now_ms), ...failure }];
}

export function statusChanged(replicaSet: ReplicaSet, status: ReplicaSetStatus): boolean {
  const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0, terminatingReplicas, observedGeneration = 0 } = replicaSet.status ?? {};
  return (
    replicas !== status.replicas ||
    fullyLabeledReplicas !== status.fullyLabeledReplicas ||
    readyReplicas !== status.readyReplicas ||
    availableReplicas !== status.availableReplicas ||
    terminatingReplicas !== status.terminatingReplicas ||
    observedGeneration !== status.observedGeneration ||
    !semanticEqual(replicaSet.status?.conditions, status.conditions)
  );
}
