import type { Node, Pod } from "../../api/wire.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { NodeState, Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** A pod, a node that does not take it, and all that rules look at. */
export interface Situation {
  readonly pod: PodInfo;
  readonly node: NodeState;
  readonly cluster: ClusterState;
}

/** One thing that could be changed so that a shortfall is none any more. */
export interface Fix {
  /** In the imperative: `uncordon node-3`. */
  readonly text: string;
  /** Of suggestions of one kind the cheapest is given. */
  readonly kind: "request" | "move" | "uncordon" | "repair" | "tolerate" | "untaint" | "label" | "affinity" | "neighbours" | "spread";
  /** How large a change it is: an order for suggestions, nothing more. A tenth of a request counts 0.1, moving a pod about 0.3. */
  readonly cost: number;
  /** Changes the pod. */
  readonly pod?: (pod: Pod) => Pod;
  /** Changes the node. */
  readonly node?: (node: Node) => Node;
  /** Takes these pods off the node. */
  readonly away?: readonly Placement[];
}

/** What exactly is missing on a node for one rule. */
export interface Shortfall {
  readonly filter: string;
  /** kube-scheduler's words. */
  readonly reason: string;
  /** `needs 2 CPU, 1.4 free: 3 pods of lower priority hold 1.2`. */
  readonly text: string;
  /** What would mend it, none where nothing can. */
  readonly fixes: readonly Fix[];
}
