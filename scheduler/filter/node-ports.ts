import type { NodeFilter } from "./filter.ts";

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
  reasons: () => ["node(s) didn't have free ports for the requested pod ports"],
};
