import type { NodeFilter } from "./filter.ts";

/** spec.nodeSelector and the required node affinity. */
export const nodeAffinity: NodeFilter = {
  name: "NodeAffinity",
  static: true,
  preemptable: false,
  compile(shape, snapshot) {
    const predicate = shape.nodePredicate;
    if (predicate === undefined) return undefined;
    return (node) => predicate(snapshot.nodes[node]!);
  },
  reasons: () => ["node(s) didn't match Pod's node affinity/selector"],
};
