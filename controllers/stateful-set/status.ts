import type { Pod, StatefulSet } from "../../api/wire.ts";
import { semanticEqual } from "../shared/equal.ts";
import { isPodAvailable, isPodReady } from "../shared/pods.ts";
import { replicasOf, revisionOf } from "./identity.ts";

export type StatefulSetStatus = NonNullable<StatefulSet["status"]>;

/** Counts by revision; when all pods are of the newest and ready it becomes the current one. Pure. */
export function statefulStatus(set: StatefulSet, pods: readonly Pod[], revisions: { current: string; update: string; collisionCount: number | undefined }, now_ms: number): StatefulSetStatus {
  const { current, update, collisionCount } = revisions;
  const minReady_s = set.spec?.minReadySeconds ?? 0;
  const running = pods.filter((pod) => pod.status?.phase === "Running" && isPodReady(pod));
  const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const updated = alive.filter((pod) => revisionOf(pod) === update).length;
  const { conditions } = set.status ?? {};
  const replicas = replicasOf(set);
  const rolling = (set.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
  const complete = rolling && updated === replicas && running.length === replicas && pods.length === replicas;
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: running.length,
    availableReplicas: running.filter((pod) => isPodAvailable(pod, minReady_s, now_ms)).length,
    currentReplicas: complete ? updated : alive.filter((pod) => revisionOf(pod) === current).length,
    updatedReplicas: updated,
    currentRevision: complete ? update : current,
    updateRevision: update,
    collisionCount: collisionCount ?? 0,
    ...(conditions ? { conditions } : {}),
  };
}

export function sameStatefulStatus(a: StatefulSetStatus | undefined, b: StatefulSetStatus): boolean {
  const fields = (status: Partial<StatefulSetStatus> = {}) => [
    status.observedGeneration ?? 0,
    status.replicas ?? 0,
    status.readyReplicas ?? 0,
    status.availableReplicas ?? 0,
    status.currentReplicas ?? 0,
    status.updatedReplicas ?? 0,
    status.currentRevision ?? "",
    status.updateRevision ?? "",
    status.collisionCount ?? 0,
  ];
  return semanticEqual(fields(a), fields(b));
}
