import type { PodInfo } from "../snapshot/pod-info.ts";
import type { ClusterFilter } from "./filter.ts";

/** Fields whose meaning this scheduler does not know yet: a pod that has one waits, and is told so, rather than run without what it asks for. */
export const unsupportedFields: ClusterFilter = {
  name: "UnsupportedFields",
  preemptable: false,
  prepare(pod) {
    const field = unsupportedFieldOf(pod);
    if (field === undefined) return undefined;
    return { rejects: `the pod has spec.${field}, which this scheduler does not support`, verdict: () => 1, reason: () => `spec.${field} is not supported`, unresolvable: () => true };
  },
};

function unsupportedFieldOf({ pod }: PodInfo): string | undefined {
  const spec: { readonly resourceClaims?: readonly unknown[]; readonly schedulingGroup?: unknown } = pod.spec!;
  if ((spec.resourceClaims?.length ?? 0) > 0) return "resourceClaims";
  return (spec.schedulingGroup ?? undefined) === undefined ? undefined : "schedulingGroup";
}
