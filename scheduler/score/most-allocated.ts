import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";
import { CPU, MEMORY } from "../snapshot/resource-columns.ts";
import { MAX_SCORE, type NodeScore } from "./score.ts";

/** How much of the score the dominant resource has; the rest is the mean over the resources. */
const DOMINANT_PART = 0.5;

/**
 * Bin packing: the fuller the node would be with the pod, the better, above all in its dominant resource (the one with the largest share in use).
 * Looks at CPU, memory and the extended resources that the pod asks for.
 */
export const mostAllocated: NodeScore = {
  name: "MostAllocated",
  defaultWeight: 1,
  compile(shape, snapshot) {
    const extended = extendedColumns(shape, snapshot);
    const { scoredCpu_milli: cpu, scoredMemory_bytes: memory } = shape.requests;
    return (node) => {
      const cpuShare = share(snapshot.scoredCpu[node]! + cpu, snapshot.allocatable[CPU]![node]!);
      const memoryShare = share(snapshot.scoredMemory[node]! + memory, snapshot.allocatable[MEMORY]![node]!);
      let most = Math.max(cpuShare, memoryShare);
      let sum = cpuShare + memoryShare;
      for (const { column, amount } of extended) {
        const used = share(snapshot.requested[column]![node]! + amount, snapshot.allocatable[column]![node]!);
        most = Math.max(most, used);
        sum += used;
      }
      return MAX_SCORE * (DOMINANT_PART * most + ((1 - DOMINANT_PART) * sum) / (2 + extended.length));
    };
  },
};

function share(used: number, offered: number): number {
  return offered > 0 ? Math.min(1, used / offered) : 0;
}

/** Columns beyond CPU, memory, storage and the pod count that the shape asks for. */
function extendedColumns(shape: PodShape, snapshot: ClusterSnapshot): { column: number; amount: number }[] {
  return shape.resourceNames
    .map((name, i) => ({ column: snapshot.columns.columnOf(name), amount: shape.resourceAmounts[i]! }))
    .filter(({ column }) => column > 3);
}
