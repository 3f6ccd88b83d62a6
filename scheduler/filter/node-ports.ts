import { portsConflict } from "../../api/placement/host-ports.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { NodeFilter } from "./filter.ts";

const REASONS = ["node(s) didn't have free ports for the requested pod ports"];

/** No two pods of a node share a host port on the same address. */
export const nodePorts: NodeFilter = {
  name: "NodePorts",
  static: false,
  preemptable: true,
  compile(shape, snapshot) {
    const wanted = shape.hostPorts;
    if (wanted.length === 0) return undefined;
    return (node) => {
      const used = snapshot.nodes[node]!.ports;
      return used === undefined || !wanted.some((port) => used.conflicts(port));
    };
  },
  trial(shape, snapshot, node) {
    const wanted = shape.hostPorts;
    if (wanted.length === 0) return undefined;
    const clashes = (other: PodInfo) => other.shape.hostPorts.some((used) => wanted.some((port) => portsConflict(port, used)));
    let conflicts = 0;
    for (const { pod } of snapshot.nodes[node]!.placements.values()) if (clashes(pod)) conflicts++;
    const count = (pod: PodInfo, by: 1 | -1) => {
      if (clashes(pod)) conflicts += by;
    };
    return { remove: ({ pod }) => count(pod, -1), restore: ({ pod }) => count(pod, 1), add: (pod) => count(pod, 1), passes: () => conflicts === 0, reasons: () => REASONS };
  },
  reasons: () => REASONS,
};
