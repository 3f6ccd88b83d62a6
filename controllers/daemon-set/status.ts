import type { DaemonSet } from "../../api/wire.ts";
import { semanticEqual } from "../shared/equal.ts";
import { isPodReady } from "../shared/pods.ts";
import type { NodeState } from "./plan.ts";
import { byAge, hasRevision, isAvailable } from "./pods.ts";

export type DaemonSetStatus = NonNullable<DaemonSet["status"]>;

/** Counts of nodes. Pure. */
export function daemonStatus(set: DaemonSet, states: readonly NodeState[], hash: string, collisionCount: number | undefined, now_ms: number): DaemonSetStatus {
  const wanted = states.filter(({ fit }) => fit.shouldRun);
  const first = wanted.map(({ pods }) => [...pods].sort(byAge)[0]).filter((pod) => pod !== undefined);
  const available = first.filter((pod) => isPodReady(pod) && isAvailable(set, pod, now_ms)).length;
  const { conditions } = set.status ?? {};
  return {
    currentNumberScheduled: first.length,
    numberMisscheduled: states.filter(({ fit, pods }) => !fit.shouldRun && pods.length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: first.filter(isPodReady).length,
    observedGeneration: set.metadata.generation ?? 0,
    updatedNumberScheduled: wanted.filter(({ pods }) => pods.some((pod) => hasRevision(pod, hash))).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions ? { conditions } : {}),
  };
}

export function sameDaemonStatus(a: DaemonSetStatus | undefined, b: DaemonSetStatus): boolean {
  const counts = (status: Partial<DaemonSetStatus> = {}) => [
    status.currentNumberScheduled ?? 0,
    status.numberMisscheduled ?? 0,
    status.desiredNumberScheduled ?? 0,
    status.numberReady ?? 0,
    status.observedGeneration ?? 0,
    status.updatedNumberScheduled ?? 0,
    status.numberAvailable ?? 0,
    status.numberUnavailable ?? 0,
    status.collisionCount,
  ];
  return semanticEqual(counts(a), counts(b));
}
