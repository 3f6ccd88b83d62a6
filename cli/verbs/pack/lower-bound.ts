import type { SchedulerCore } from "../../../scheduler/core.ts";
import type { PodInfo } from "../../../scheduler/snapshot/pod-info.ts";

export interface LowerBound {
  readonly nodes: number;
  /** What it comes from. */
  readonly because: string;
}

/**
 * No packing can do with fewer nodes than this: the sum of any one resource over the most that a node has of it, or the pods that ask for more
 * than half of it, of which no two share a node. `room`: the most of each resource that one node of any kind has for the pods.
 */
export function lowerBound(pods: readonly PodInfo[], room: Readonly<Record<string, number>>): LowerBound {
  let best: LowerBound = { nodes: pods.length === 0 ? 0 : 1, because: "at least one" };
  const raise = (nodes: number, because: string) => {
    if (nodes > best.nodes) best = { nodes, because };
  };
  for (const [resource, most] of Object.entries(room)) {
    if (most <= 0) continue;
    let sum = 0;
    let large = 0;
    for (const { shape } of pods) {
      const amount = amountOf(shape, resource);
      sum += amount;
      if (amount > most / 2) large++;
    }
    raise(Math.ceil(sum / most - 1e-9), `the ${resource === "pods" ? "number of pods" : resource} of all pods`);
    raise(large, `${large} pods that take more than half of a node's ${resource} each`);
  }
  return best;
}

function amountOf({ requests, device }: PodInfo["shape"], resource: string): number {
  const whole = requests.amounts[resource];
  if (whole !== undefined) return whole;
  return device !== undefined && device.resource === undefined && resource.endsWith("/gpu") ? (device.count * device.milli) / 1000 : 0;
}

/** The most that any of the nodes has of each resource for pods that could be elsewhere. */
export function roomOf({ snapshot }: SchedulerCore, names: ReadonlySet<string>): Record<string, number> {
  const room: Record<string, number> = {};
  for (const state of snapshot.nodes) {
    if (!names.has(state.name) || state.node === undefined) continue;
    for (const [column, resource] of snapshot.columns.names.entries()) {
      let free = snapshot.allocatable[column]![state.index]!;
      for (const { pod } of state.placements.values()) if (pod.shape.pinned !== undefined) free -= pod.shape.requests.amounts[resource] ?? 0;
      room[resource] = Math.max(room[resource] ?? 0, free);
    }
  }
  return room;
}
