import type { ClusterState } from "../relations/cluster-state.ts";
import type { DefaultSpread } from "../relations/default-spread.ts";
import type { DomainSums } from "../relations/node-counts.ts";
import { type SpreadConstraint, selects } from "../relations/pod-relations.ts";
import { spreadDomains, spreadOf } from "../relations/spread-domains.ts";
import { NO_DOMAIN } from "../relations/topology.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { ClusterFilter, PreparedFilter } from "./filter.ts";

const NO_LABEL = 1;
const TOO_SKEWED = 2;

/** Constraints with whenUnsatisfiable DoNotSchedule: with the pod, a domain holds at most maxSkew more matching pods than the emptiest one. */
export function podTopologySpread(defaults: DefaultSpread | undefined): ClusterFilter {
  return { name: "PodTopologySpread", preemptable: true, prepare: (pod, cluster) => prepare(pod, cluster, defaults) };
}

function prepare(pod: PodInfo, cluster: ClusterState, defaults: DefaultSpread | undefined): PreparedFilter | undefined {
  const constraints = spreadOf(pod, cluster, defaults).filter((constraint) => constraint.required);
  if (constraints.length === 0) return undefined;
  const keys = [...new Set(constraints.map((constraint) => constraint.topologyKey))].sort();
  const limits = constraints.map((constraint) => limitOf(pod, constraint, keys, cluster));
  return {
    topologies: limits.map(({ sums }) => sums.topology),
    verdict(node) {
      for (const { sums, most } of limits) {
        if (sums.topology.domainOf(node) === NO_DOMAIN) return NO_LABEL;
        if (sums.at(node) > most) return TOO_SKEWED;
      }
      return 0;
    },
    reason: (verdict) =>
      verdict === NO_LABEL ? "node(s) didn't match pod topology spread constraints (missing required label)" : "node(s) didn't match pod topology spread constraints",
    unresolvable: (verdict) => verdict === NO_LABEL,
  };
}

/** The most matching pods that a domain may hold already. */
function limitOf(pod: PodInfo, constraint: SpreadConstraint, keys: readonly string[], cluster: ClusterState): { sums: DomainSums; most: number } {
  const sums = spreadDomains(pod, constraint, keys, cluster);
  const self = selects(constraint.selector, pod.namespace, pod.labelSet.labels, cluster.relations.namespaces) ? 1 : 0;
  let domains = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (let domain = 0; domain < sums.topology.size; domain++) {
    if ((sums.nodes[domain] ?? 0) === 0) continue;
    domains++;
    if (sums.values[domain]! < fewest) fewest = sums.values[domain]!;
  }
  if (domains < constraint.minDomains) fewest = 0;
  return { sums, most: constraint.maxSkew + fewest - self };
}
