import { untolerated } from "../../api/selector/tolerations.ts";
import type { NodeFilter } from "./filter.ts";

/** Every NoSchedule and NoExecute taint must be tolerated. The message names no taint: their values may be confidential. */
export const taintToleration: NodeFilter = {
  name: "TaintToleration",
  static: true,
  preemptable: false,
  compile(shape, snapshot) {
    return (node) => {
      const taints = snapshot.nodes[node]!.hardTaints;
      return taints.length === 0 || untolerated(taints, shape.tolerations) === undefined;
    };
  },
  reasons: () => ["node(s) had untolerated taint(s)"],
};
