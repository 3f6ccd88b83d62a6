import { PODS } from "../snapshot/resource-columns.ts";
import type { NodeFilter } from "./filter.ts";

/** Requests of the pods on a node, this one included, stay within what the node offers, in every resource the pod asks for. */
export const nodeResourcesFit: NodeFilter = {
  name: "NodeResourcesFit",
  static: false,
  preemptable: true,
  compile(shape, snapshot) {
    const columns = shape.resourceNames.map((name) => snapshot.columns.columnOf(name));
    const amounts = shape.resourceAmounts;
    const { allocatable, requested } = snapshot;
    if (columns.includes(-1)) return () => false;
    return (node) => {
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i]!;
        if (requested[column]![node]! + amounts[i]! > allocatable[column]![node]!) return false;
      }
      return true;
    };
  },
  reasons(shape, snapshot, node) {
    const reasons: string[] = [];
    for (let i = 0; i < shape.resourceNames.length; i++) {
      const name = shape.resourceNames[i]!;
      const column = snapshot.columns.columnOf(name);
      if (column >= 0 && snapshot.requested[column]![node]! + shape.resourceAmounts[i]! <= snapshot.allocatable[column]![node]!) continue;
      reasons.push(column === PODS ? "Too many pods" : `Insufficient ${name}`);
    }
    return reasons;
  },
};
