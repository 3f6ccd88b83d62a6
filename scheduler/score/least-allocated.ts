import { CPU, MEMORY } from "../snapshot/resource-columns.ts";
import { MAX_SCORE, type NodeScore } from "./score.ts";

/** Spreading: the more of CPU and memory would be left with the pod, the better; both weigh the same. */
export const leastAllocated: NodeScore = {
  name: "LeastAllocated",
  defaultWeight: 0,
  compile(shape, snapshot) {
    const { scoredCpu_milli: cpu, scoredMemory_bytes: memory } = shape.requests;
    return (node) => {
      const cpuLeft = left(snapshot.scoredCpu[node]! + cpu, snapshot.allocatable[CPU]![node]!);
      const memoryLeft = left(snapshot.scoredMemory[node]! + memory, snapshot.allocatable[MEMORY]![node]!);
      return (MAX_SCORE * (cpuLeft + memoryLeft)) / 2;
    };
  },
};

function left(used: number, offered: number): number {
  return offered > 0 ? Math.max(0, 1 - used / offered) : 0;
}
