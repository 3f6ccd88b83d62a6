import type { Failure, NodeReport } from "../decide/examine.ts";
import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** How far a failure of each rule is from being none: taking a cordon off is little, labels and volumes are facts. */
const DISTANCES: Readonly<Record<string, number>> = { NodeUnschedulable: 1.5, TaintToleration: 2, NodePorts: 2, InterPodAffinity: 2, PodTopologySpread: 2, Devices: 1.5, NodeAffinity: 3, NodeName: 5 };
const OTHERWISE = 4;

/** How far a node that does not take the pod is from doing so: the sum over its failures. Only for putting nodes in order. */
export function distance(pod: PodInfo, { node, failures }: NodeReport, snapshot: ClusterSnapshot): number {
  return failures.reduce((sum, failure) => sum + (failure.filter === "NodeResourcesFit" ? shortage(pod, node, snapshot) : distanceOf(failure)), 0);
}

function distanceOf({ filter }: Failure): number {
  return DISTANCES[filter] ?? OTHERWISE;
}

/** One for each resource that is short, more the more of it is missing; what the whole node could not hold counts far more. */
export function shortage({ shape }: PodInfo, node: number, { columns, allocatable, requested }: ClusterSnapshot): number {
  let sum = 0;
  for (let i = 0; i < shape.resourceNames.length; i++) {
    const column = columns.columnOf(shape.resourceNames[i]!);
    const needed = shape.resourceAmounts[i]!;
    if (column < 0) {
      sum += OTHERWISE;
      continue;
    }
    const offered = allocatable[column]![node]!;
    const missing = needed - (offered - requested[column]![node]!);
    if (missing > 0) sum += needed > offered ? 2 + (needed - offered) / needed : missing / needed;
  }
  return sum;
}
