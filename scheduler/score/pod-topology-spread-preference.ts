import type { ClusterState } from "../relations/cluster-state.ts";
import type { DefaultSpread } from "../relations/default-spread.ts";
import type { DomainSums } from "../relations/node-counts.ts";
import type { SpreadConstraint } from "../relations/pod-relations.ts";
import { spreadDomains, spreadOf } from "../relations/spread-domains.ts";
import { NO_DOMAIN, type Topology } from "../relations/topology.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { type ClusterScore, MAX_SCORE } from "./score.ts";

/**
 * Constraints with whenUnsatisfiable ScheduleAnyway: the fewer matching pods in the node's domains the better. A domain among many counts more
 * per pod (times log(domains + 2)), so that constraints over few and over many domains weigh alike; maxSkew - 1 softens a constraint.
 */
export function podTopologySpreadPreference(defaults: DefaultSpread | undefined): ClusterScore {
  return {
    name: "PodTopologySpread",
    defaultWeight: 2,
    prepare(pod, cluster) {
      const constraints = spreadOf(pod, cluster, defaults).filter((constraint) => !constraint.required);
      if (constraints.length === 0) return undefined;
      const lenient = defaults?.lenient === true && (pod.relations?.spread.length ?? 0) === 0;
      const parts = partsOf(pod, constraints, cluster, lenient);
      const needed = lenient ? [] : parts.map(({ sums }) => sums.topology);
      return {
        topologies: parts.map(({ sums }) => sums.topology),
        raw: () => 0,
        normalise: (values, nodes) => spreadScores(parts, needed, values, nodes),
      };
    },
  };
}

interface Part {
  readonly sums: DomainSums;
  readonly maxSkew: number;
}

function partsOf(pod: PodInfo, constraints: readonly SpreadConstraint[], cluster: ClusterState, lenient: boolean): Part[] {
  const keys = lenient ? [] : [...new Set(constraints.map((constraint) => constraint.topologyKey))].sort();
  return constraints.map((constraint) => ({
    sums: spreadDomains(pod, constraint, keys, cluster),
    maxSkew: constraint.maxSkew,
  }));
}

const IGNORED = -1;

/** `needed`: a node that lacks one of these keys scores 0. */
function spreadScores(parts: readonly Part[], needed: readonly Topology[], values: Float64Array, nodes: Int32Array): void {
  const weights = parts.map(({ sums }) => Math.log(distinctDomains(sums.topology, needed, nodes) + 2));
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (needed.some((topology) => topology.domainOf(node) === NO_DOMAIN)) {
      values[i] = IGNORED;
      continue;
    }
    let sum = 0;
    for (let part = 0; part < parts.length; part++) {
      const { sums, maxSkew } = parts[part]!;
      if (sums.topology.domainOf(node) !== NO_DOMAIN) sum += sums.at(node) * weights[part]! + (maxSkew - 1);
    }
    values[i] = sum;
    if (sum < min) min = sum;
    if (sum > max) max = sum;
  }
  for (let i = 0; i < nodes.length; i++) {
    if (values[i] === IGNORED) values[i] = 0;
    else values[i] = max === 0 ? MAX_SCORE : (MAX_SCORE * (max + min - values[i]!)) / max;
  }
}

function distinctDomains(topology: Topology, needed: readonly Topology[], nodes: Int32Array): number {
  const seen = new Uint8Array(topology.size);
  let count = 0;
  for (const node of nodes) {
    const domain = topology.domainOf(node);
    if (domain === NO_DOMAIN || seen[domain] === 1 || needed.some((other) => other.domainOf(node) === NO_DOMAIN)) continue;
    seen[domain] = 1;
    count++;
  }
  return count;
}
