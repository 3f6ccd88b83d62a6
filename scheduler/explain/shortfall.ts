import type { Node, Pod } from "../../api/wire.ts";
import type { Failure } from "../decide/examine.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { NodeState, Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { accessShortfalls } from "./access-shortfalls.ts";
import { neighbourShortfalls } from "./neighbour-shortfalls.ts";
import { resourceShortfalls } from "./resource-shortfalls.ts";
import { volumeShortfalls } from "./volume-shortfalls.ts";

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

type Describe = (situation: Situation, failure: Failure) => readonly Shortfall[];

const DESCRIBERS: Readonly<Record<string, Describe>> = {
  NodeResourcesFit: resourceShortfalls,
  Devices: resourceShortfalls,
  NodeUnschedulable: accessShortfalls,
  NodeName: accessShortfalls,
  TaintToleration: accessShortfalls,
  NodeAffinity: accessShortfalls,
  NodePorts: neighbourShortfalls,
  InterPodAffinity: neighbourShortfalls,
  PodTopologySpread: neighbourShortfalls,
  VolumeRestrictions: volumeShortfalls,
  NodeVolumeLimits: volumeShortfalls,
  VolumeBinding: volumeShortfalls,
  VolumeZone: volumeShortfalls,
};

/** What is missing for each failure of a node; a rule that nobody describes says its reason. */
export function shortfallsOf(situation: Situation, failures: readonly Failure[]): readonly Shortfall[] {
  const byDevices = new Set(failures.filter(({ filter }) => filter === "Devices").flatMap(({ reasons }) => reasons));
  return failures.flatMap((failure) => {
    // Whole devices fail under two rules; the one that knows the devices says more.
    const reasons = failure.filter === "NodeResourcesFit" ? failure.reasons.filter((reason) => !byDevices.has(reason)) : failure.reasons;
    if (reasons.length === 0) return [];
    const described = DESCRIBERS[failure.filter]?.(situation, { ...failure, reasons }) ?? [];
    return described.length > 0 ? described : reasons.map((reason) => ({ filter: failure.filter, reason, text: reason, fixes: [] }));
  });
}
