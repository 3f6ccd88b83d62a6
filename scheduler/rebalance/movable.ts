import type { Pod } from "../../api/wire.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { Placement } from "../snapshot/node-state.ts";

/** Pods of at least this priority keep the cluster itself alive (system-cluster-critical). */
const SYSTEM_PRIORITY = 2_000_000_000;
const MIRROR = "kubernetes.io/config.mirror";
/** The autoscaler's annotation: `"false"` keeps a pod where it is. */
const SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict";

export interface MovableOptions {
  /** Pods above this priority stay. */
  readonly maxPriority?: number;
  /** Pods with emptyDir or hostPath volumes may be moved, which loses what is in them. */
  readonly localData?: boolean;
}

/** Why a placed pod must stay where it is; undefined: it may be moved. */
export function staysBecause({ pod, assumed, evicting }: Placement, cluster: ClusterState, options: MovableOptions): string | undefined {
  const { metadata } = pod.pod;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (pod.terminating || evicting) return "it is terminating";
  if (assumed) return "it is not bound yet";
  if (pod.shape.pinned !== undefined || owner?.kind === "DaemonSet") return "it belongs to its node (DaemonSet)";
  if (metadata.annotations?.[MIRROR] !== undefined || owner?.kind === "Node") return "it is a static pod of its node";
  if (owner === undefined) return "nothing would make it again: it has no controller";
  if (owner.kind === "Job") return "its Job would start its work anew";
  if (pod.priority >= SYSTEM_PRIORITY) return "it is critical for the cluster";
  if (options.maxPriority !== undefined && pod.priority > options.maxPriority) return `its priority ${pod.priority} is above ${options.maxPriority}`;
  if (metadata.annotations?.[SAFE_TO_EVICT] === "false") return `its annotation ${SAFE_TO_EVICT} is false`;
  if (!options.localData && hasLocalData(pod.pod)) return "it has local data (emptyDir or hostPath)";
  if (cluster.gangs.needs(pod)) return "its pod group would be too small without it";
  if (!cluster.budgets.ledger().take(pod)) return "its PodDisruptionBudget allows no eviction now";
  return undefined;
}

function hasLocalData({ spec }: Pod): boolean {
  return (spec?.volumes ?? []).some(({ emptyDir, hostPath }) => (emptyDir !== undefined && emptyDir.medium !== "Memory") || hostPath !== undefined);
}
