import { untolerated } from "../../api/selector/tolerations.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { DefaultSpread } from "./default-spread.ts";
import type { DomainSums } from "./node-counts.ts";
import type { SpreadConstraint } from "./pod-relations.ts";
import { NO_DOMAIN } from "./topology.ts";

/**
 * Pods that a spread constraint counts, per domain, on the nodes that take part: those that have the keys of all `constraints` and, where the
 * policies say Honor, that the pod's node affinity matches and whose taints it tolerates.
 */
export function spreadDomains(pod: PodInfo, constraint: SpreadConstraint, keys: readonly string[], { snapshot, relations }: ClusterState): DomainSums {
  const { shape } = pod;
  const predicate = constraint.honorAffinity ? shape.nodePredicate : undefined;
  const others = keys.filter((key) => key !== constraint.topologyKey).map((key) => relations.topology(key));
  const eligibility = `${keys.join()}/${predicate === undefined ? "" : shape.id}/${constraint.honorTaints ? JSON.stringify(shape.tolerations) : ""}`;
  const eligible = (node: number) => {
    const state = snapshot.nodes[node]!;
    if (others.some((topology) => topology.domainOf(node) === NO_DOMAIN)) return false;
    if (predicate !== undefined && !predicate(state)) return false;
    return !constraint.honorTaints || untolerated(state.hardTaints, shape.tolerations) === undefined;
  };
  const open = others.length === 0 && predicate === undefined && !constraint.honorTaints;
  return relations.podsPerDomain([constraint.selector], constraint.topologyKey, open ? "" : eligibility, open ? undefined : eligible);
}

/** The pod's own constraints, or those that stand for a pod without any. */
export function spreadOf(pod: PodInfo, cluster: ClusterState, defaults: DefaultSpread | undefined): readonly SpreadConstraint[] {
  const own = pod.relations?.spread ?? [];
  return own.length > 0 || defaults === undefined ? own : cluster.workloads.constraintsOf(pod, defaults);
}
