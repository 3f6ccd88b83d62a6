import type { ClusterState } from "../relations/cluster-state.ts";
import type { Topology } from "../relations/topology.ts";
import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";

/**
 * A rule about one pod shape and one node, looking at nothing else. Pure: the same snapshot gives the same answer.
 * Compiled once for each shape; the result is called for each node that changed.
 */
export interface NodeFilter {
  /** Kubernetes' plugin name. */
  readonly name: string;
  /** Looks only at what `staticVersion` covers (labels, taints, existence), not at the pods on the node. */
  readonly static: boolean;
  /** Whether removing pods from the node could make it pass. */
  readonly preemptable: boolean;
  /** Tells whether the node at an index passes; undefined when the rule says nothing about such pods. */
  compile(shape: PodShape, snapshot: ClusterSnapshot): ((node: number) => boolean) | undefined;
  /** Tries the rule on one node with pods taken away and added, the snapshot left as it is; undefined when the rule says nothing about such pods. */
  trial?(shape: PodShape, snapshot: ClusterSnapshot, node: number): NodeTrial | undefined;
  /** Why the node fails, in kube-scheduler's words; called only for a node that fails. */
  reasons(shape: PodShape, snapshot: ClusterSnapshot, node: number): readonly string[];
}

/** One node as it would be without some of its pods and with some others. */
export interface NodeTrial {
  /** Takes away a pod that is on the node. */
  remove(placement: Placement): void;
  /** Puts back what `remove` took. */
  restore(placement: Placement): void;
  /** Adds a pod that is not on the node (one that is to come there). */
  add(pod: PodInfo): void;
  passes(): boolean;
  /** Why it does not pass, in kube-scheduler's words. */
  reasons(): readonly string[];
}

/** What a rule over several nodes answers for one of them; 0 passes, anything else is passed to `reason`. */
export type Verdict = number;

/** A rule that looks at more than the one node (other pods' places, volumes). Prepared once for each decision. */
export interface ClusterFilter {
  readonly name: string;
  readonly preemptable: boolean;
  /** Undefined when the rule says nothing about this pod now. */
  prepare(pod: PodInfo, cluster: ClusterState): PreparedFilter | undefined;
}

export interface PreparedFilter {
  /** Nodes of equal domains in these get equal verdicts; absent: it looks at more than domains. */
  readonly topologies?: readonly Topology[];
  /** The pod cannot go anywhere now, whatever the node, and why: it stands for all other reasons. */
  readonly rejects?: string;
  verdict(node: number): Verdict;
  /** In kube-scheduler's words. */
  reason(verdict: Verdict): string;
  /** Removing pods cannot make a node with this verdict pass. */
  unresolvable?(verdict: Verdict): boolean;
}
