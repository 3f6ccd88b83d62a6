import { tolerates } from "../../api/selector/tolerations.ts";
import type { Node, Pod, Taint } from "../../api/wire.ts";
import { podCondition } from "../shared/pods.ts";

/** What the NoExecute taints of its node mean for a pod. */
export type EvictionDecision = { readonly type: "stays" } | { readonly type: "evict"; readonly at_ms: number };

/**
 * When a pod has to leave its node: at once for a taint that it does not tolerate, else when the shortest tolerationSeconds are over, for each taint
 * those of the first toleration that fits. They count
 * from the time the taint was added, or from the pod's own placement when that was later, so a restart of the controller changes nothing. Pure.
 */
export function decideEviction(node: Node, pod: Pod, now_ms: number): EvictionDecision {
  const taints = (node.spec?.taints ?? []).filter((taint) => taint.effect === "NoExecute");
  let at_ms = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const toleration = pod.spec?.tolerations?.find((candidate) => tolerates(candidate, taint));
    if (toleration === undefined) return { type: "evict", at_ms: now_ms };
    const { tolerationSeconds: tolerated_s = Number.POSITIVE_INFINITY } = toleration;
    at_ms = Math.min(at_ms, start_ms(taint, pod, now_ms) + Math.max(0, tolerated_s) * 1000);
  }
  return Number.isFinite(at_ms) ? { type: "evict", at_ms } : { type: "stays" };
}

function start_ms(taint: Taint, pod: Pod, now_ms: number): number {
  const added_ms = taint.timeAdded === undefined ? now_ms : Date.parse(taint.timeAdded);
  const scheduled = podCondition(pod, "PodScheduled");
  const placed_ms = Date.parse((scheduled?.status === "True" ? scheduled.lastTransitionTime : undefined) ?? pod.metadata.creationTimestamp ?? "") || 0;
  return Math.max(added_ms, placed_ms);
}
