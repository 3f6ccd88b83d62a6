import type { Pod } from "../../api/wire.ts";
import { compareForDeletion, type RankedPod } from "./rank.ts";

/** Most pods that one reconcile creates or deletes. */
export const BURST = 500;

export type ReplicaPlan = { readonly type: "none" } | { readonly type: "create"; readonly count: number } | { readonly type: "delete"; readonly pods: readonly Pod[] };

/**
 * What brings `active` pods to `replicas`. `related`: all active pods of replica sets of the same owner, which tell how crowded each node is.
 */
export function planReplicas(replicas: number, active: readonly Pod[], related: readonly Pod[], now_ms: number): ReplicaPlan {
  const surplus = active.length - replicas;
  if (surplus === 0) return { type: "none" };
  if (surplus < 0) return { type: "create", count: Math.min(-surplus, BURST) };
  if (replicas === 0) return { type: "delete", pods: active.slice(0, BURST) };
  const crowds = Map.groupBy(related, (pod) => pod.spec?.nodeName ?? "");
  const ranked: RankedPod[] = active.map((pod) => ({ pod, crowd: crowds.get(pod.spec?.nodeName ?? "")?.length ?? 0 }));
  ranked.sort((a, b) => compareForDeletion(a, b, now_ms));
  return { type: "delete", pods: ranked.slice(0, Math.min(surplus, BURST)).map((entry) => entry.pod) };
}
