import type { PodInfo } from "../snapshot/pod-info.ts";
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
  trial(shape, snapshot, node) {
    const names = shape.resourceNames;
    const columns = names.map((name) => snapshot.columns.columnOf(name));
    const free = Float64Array.from(columns, (column) => (column < 0 ? -1 : snapshot.allocatable[column]![node]! - snapshot.requested[column]![node]!));
    const give = ({ shape: other }: PodInfo, sign: 1 | -1) => {
      for (let i = 0; i < names.length; i++) free[i]! += sign * (other.requests.amounts[names[i]!] ?? 0);
    };
    return {
      remove: ({ pod }) => give(pod, 1),
      restore: ({ pod }) => give(pod, -1),
      add: (pod) => give(pod, -1),
      passes: () => !columns.includes(-1) && shape.resourceAmounts.every((amount, i) => amount <= free[i]!),
      reasons: () => names.filter((_, i) => columns[i]! < 0 || shape.resourceAmounts[i]! > free[i]!).map(reasonOf),
    };
  },
  reasons(shape, snapshot, node) {
    const reasons: string[] = [];
    for (let i = 0; i < shape.resourceNames.length; i++) {
      const name = shape.resourceNames[i]!;
      const column = snapshot.columns.columnOf(name);
      if (column >= 0 && snapshot.requested[column]![node]! + shape.resourceAmounts[i]! <= snapshot.allocatable[column]![node]!) continue;
      reasons.push(reasonOf(name));
    }
    return reasons;
  },
};

function reasonOf(name: string): string {
  return name === "pods" ? "Too many pods" : `Insufficient ${name}`;
}
