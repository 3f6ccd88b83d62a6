import type { ClusterState } from "../relations/cluster-state.ts";
import type { Topology } from "../relations/topology.ts";
import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";

/** The best score of one rule before its weight. */
export const MAX_SCORE = 100;

/** Values one node for one pod shape, whatever the other nodes are: 0 to MAX_SCORE, fractions count. Pure. */
export interface NodeScore {
  /** Kubernetes' plugin name. */
  readonly name: string;
  readonly defaultWeight: number;
  /** What scores depend on besides the snapshot: when it is another object, all nodes are scored again. */
  epoch?(): unknown;
  /** Undefined when the rule says nothing about such pods. */
  compile(shape: PodShape, snapshot: ClusterSnapshot): ((node: number) => number) | undefined;
}

/** Values nodes relative to the other feasible ones. Prepared once for each decision. */
export interface ClusterScore {
  readonly name: string;
  readonly defaultWeight: number;
  /** Undefined when the rule makes no difference between nodes for this pod now. */
  prepare(pod: PodInfo, cluster: ClusterState): PreparedScore | undefined;
}

export interface PreparedScore {
  /** Nodes of equal domains in these have equal values, and how many they are changes nothing; absent: it looks at more than domains. */
  readonly topologies?: readonly Topology[];
  raw(node: number): number;
  /** Raw values of the feasible nodes → 0 to MAX_SCORE, in place. `nodes[i]` is the node of `values[i]`. */
  normalise(values: Float64Array, nodes: Int32Array): void;
}

/** Highest raw value becomes MAX_SCORE, or 0 when `reverse`; all zero stay zero (MAX_SCORE when reversed). As kube-scheduler's default, without rounding. */
export function normaliseByMax(values: Float64Array, reverse: boolean): void {
  let max = 0;
  for (const value of values) if (value > max) max = value;
  for (let i = 0; i < values.length; i++) {
    const scaled = max === 0 ? 0 : (MAX_SCORE * values[i]!) / max;
    values[i] = reverse ? MAX_SCORE - scaled : scaled;
  }
}
