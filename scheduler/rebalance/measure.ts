import type { SchedulerCore } from "../core.ts";
import { CPU, MEMORY } from "../snapshot/resource-columns.ts";

const WHOLE = 1000;

/** How well the cluster is packed. */
export interface Measure {
  /** Nodes with pods that could be elsewhere. */
  readonly nodesInUse: number;
  readonly nodes: number;
  /** Share of the CPU and memory of the nodes in use that is requested, 0 to 1. */
  readonly cpu: number;
  readonly memory: number;
  /** Devices that nobody uses at all, and all there are; thousandths free on devices that are shared. */
  readonly wholeDevicesFree: number;
  readonly devices: number;
  readonly sharedFree_milli: number;
}

export function measure({ snapshot }: SchedulerCore): Measure {
  const used = { cpu: 0, memory: 0 };
  const offered = { cpu: 0, memory: 0 };
  let nodes = 0;
  let nodesInUse = 0;
  let wholeDevicesFree = 0;
  let devices = 0;
  let sharedFree_milli = 0;
  for (const node of snapshot.nodes) {
    if (node.node === undefined) continue;
    nodes++;
    for (const free of node.devices?.free ?? []) {
      devices++;
      if (free === WHOLE) wholeDevicesFree++;
      else if (free > 0) sharedFree_milli += free;
    }
    if (node.movable === 0) continue;
    nodesInUse++;
    used.cpu += snapshot.requested[CPU]![node.index]!;
    used.memory += snapshot.requested[MEMORY]![node.index]!;
    offered.cpu += snapshot.allocatable[CPU]![node.index]!;
    offered.memory += snapshot.allocatable[MEMORY]![node.index]!;
  }
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return { nodesInUse, nodes, cpu: share(used.cpu, offered.cpu), memory: share(used.memory, offered.memory), wholeDevicesFree, devices, sharedFree_milli };
}
