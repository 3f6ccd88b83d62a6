import { untolerated } from "../../api/selector/tolerations.ts";
import type { Taint } from "../../api/wire.ts";
import type { NodeFilter } from "./filter.ts";

const UNSCHEDULABLE: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** spec.unschedulable keeps pods away, except those that tolerate the taint of that name (DaemonSet pods do). */
export const nodeUnschedulable: NodeFilter = {
  name: "NodeUnschedulable",
  static: true,
  preemptable: false,
  compile(shape, snapshot) {
    if (untolerated([UNSCHEDULABLE], shape.tolerations) === undefined) return undefined;
    return (node) => !snapshot.nodes[node]!.unschedulable;
  },
  reasons: () => ["node(s) were unschedulable"],
};
