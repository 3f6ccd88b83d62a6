import type { Node, Pod } from "../../api/wire.ts";
import { isPodTerminal } from "../shared/pods.ts";

const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

/** Why a pod is to be removed. */
export type PodVerdict = { readonly type: "orphaned" | "unscheduled" | "out-of-service" | "terminated" };

/** The node is said to be out of service for good, and it is not ready. */
export function outOfService(node: Node): boolean {
  const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
  return ready?.status !== "True" && (node.spec?.taints ?? []).some((taint) => taint.key === OUT_OF_SERVICE);
}

/** Whether a pod has to go by itself; an orphan only after its node has been gone for a while. Pure. */
export function verdictOf(pod: Pod, node: Node | undefined): PodVerdict | undefined {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  if (!pod.spec?.nodeName) return terminating ? { type: "unscheduled" } : undefined;
  if (node === undefined) return { type: "orphaned" };
  return terminating && outOfService(node) ? { type: "out-of-service" } : undefined;
}

/** The oldest finished pods beyond `threshold`, those that were evicted first. Pure. */
export function oldestBeyond(pods: readonly Pod[], threshold: number): Pod[] {
  const finished = pods.filter((pod) => isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  if (finished.length <= threshold) return [];
  const evicted = (pod: Pod) => Number(pod.status?.reason === "Evicted");
  const order = (a: Pod, b: Pod) => evicted(b) - evicted(a) || compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name);
  return finished.sort(order).slice(0, finished.length - threshold);
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
