import type { ClusterState } from "../relations/cluster-state.ts";
import type { DomainSums } from "../relations/node-counts.ts";
import { selects, type Term } from "../relations/pod-relations.ts";
import { NO_DOMAIN } from "../relations/topology.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { ClusterFilter } from "./filter.ts";

const AFFINITY = 1;
const ANTI_AFFINITY = 2;
const EXISTING_ANTI_AFFINITY = 3;

/** Required affinity and anti-affinity to placed pods, and the required anti-affinity of placed pods to this one. */
export const interPodAffinity: ClusterFilter = {
  name: "InterPodAffinity",
  preemptable: true,
  prepare(pod, cluster) {
    const wanted = wantedDomains(pod, cluster);
    const shunned = (pod.relations?.requiredAntiAffinity ?? []).map((term) => cluster.relations.podsPerDomain([term.selector], term.topologyKey));
    const shunning: DomainSums[] = [];
    for (const holders of cluster.relations.holdersSelecting(pod.labelSet)) if (holders.kind === "requiredAntiAffinity") shunning.push(holders.sums);
    if (wanted === undefined && shunned.length === 0 && shunning.length === 0) return undefined;
    return {
      topologies: [...(pod.relations?.requiredAffinity ?? []).map((term) => cluster.relations.topology(term.topologyKey)), ...[...shunned, ...shunning].map((sums) => sums.topology)],
      verdict(node) {
        if (wanted !== undefined && !wanted(node)) return AFFINITY;
        for (const sums of shunned) if (sums.at(node) > 0) return ANTI_AFFINITY;
        for (const sums of shunning) if (sums.at(node) > 0) return EXISTING_ANTI_AFFINITY;
        return 0;
      },
      reason: reasonOf,
      unresolvable: (verdict) => verdict === AFFINITY,
    };
  },
};

function reasonOf(verdict: number): string {
  if (verdict === AFFINITY) return "node(s) didn't match pod affinity rules";
  if (verdict === ANTI_AFFINITY) return "node(s) didn't match pod anti-affinity rules";
  return "node(s) didn't satisfy existing pods anti-affinity rules";
}

/**
 * Every term's domain holds a pod that all terms select. The first pod of a group that wants its own kind has no such pod anywhere: it may go to
 * any node with the topology keys when it would be selected itself.
 */
function wantedDomains(pod: PodInfo, { relations }: ClusterState): ((node: number) => boolean) | undefined {
  const terms = pod.relations?.requiredAffinity ?? [];
  if (terms.length === 0) return undefined;
  const selectors = [...new Map(terms.map((term) => [term.selector.text, term.selector])).values()];
  const domains = terms.map((term) => relations.podsPerDomain(selectors, term.topologyKey));
  const first = domains.every((sums) => sums.total === 0) && terms.every((term: Term) => selects(term.selector, pod.namespace, pod.labelSet.labels, relations.namespaces));
  return (node) => {
    for (const sums of domains) {
      if (sums.topology.domainOf(node) === NO_DOMAIN) return false;
      if (!first && sums.at(node) === 0) return false;
    }
    return true;
  };
}
