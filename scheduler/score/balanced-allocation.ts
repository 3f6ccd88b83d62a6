import { CPU, MEMORY } from "../snapshot/resource-columns.ts";
import { MAX_SCORE, type NodeScore } from "./score.ts";

/** The closer the shares of CPU and memory in use would be, the better: half their difference is taken off. Says nothing about pods that request neither. */
export const balancedAllocation: NodeScore = {
  name: "NodeResourcesBalancedAllocation",
  defaultWeight: 0,
  compile(shape, snapshot) {
    const { cpu = 0, memory = 0 } = shape.requests.amounts;
    if (cpu === 0 && memory === 0) return undefined;
    return (node) => {
      const cpuShare = share(snapshot.requested[CPU]![node]! + cpu, snapshot.allocatable[CPU]![node]!);
      const memoryShare = share(snapshot.requested[MEMORY]![node]! + memory, snapshot.allocatable[MEMORY]![node]!);
      return MAX_SCORE * (1 - Math.abs(cpuShare - memoryShare) / 2);
    };
  },
};

function share(used: number, offered: number): number {
  return offered > 0 ? Math.min(1, used / offered) : 1;
}
