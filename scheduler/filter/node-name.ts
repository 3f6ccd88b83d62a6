import type { NodeFilter } from "./filter.ts";

/** spec.nodeName names the only node. Pending pods of a live cluster have none; what-if runs read it from files. */
export const nodeName: NodeFilter = {
  name: "NodeName",
  static: true,
  preemptable: false,
  compile(shape, snapshot) {
    if (shape.nodeName === "") return undefined;
    return (node) => snapshot.nodes[node]!.name === shape.nodeName;
  },
  reasons: () => ["node(s) didn't match the requested node name"],
};
