import type { ApiObject } from "../../api/wire.ts";

/** What every cluster has from its first moment. */
export const bootstrapNamespaces: readonly ApiObject[] = ["default", "kube-system", "kube-public", "kube-node-lease"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));

/** Priorities of system pods, as in Kubernetes. */
export const bootstrapPriorityClasses: readonly ApiObject[] = [
  priorityClass("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."),
  priorityClass("system-cluster-critical", 2_000_000_000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."),
];

function priorityClass(name: string, value: number, description: string): ApiObject {
  return { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name }, value, description };
}
