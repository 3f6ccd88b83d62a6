import type { Node, Taint } from "../../api/wire.ts";
import { nodeCondition } from "./health.ts";

export const NOT_READY = "node.kubernetes.io/not-ready";
export const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** Condition → status → taint that keeps new pods away. */
const BY_CONDITION: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
};
const OURS = new Set([UNSCHEDULABLE, ...Object.values(BY_CONDITION).flatMap((byStatus) => Object.values(byStatus))]);

/** Keys of NoSchedule taints that the node's conditions and spec.unschedulable call for (KEP-382, TaintNodesByCondition). */
function noScheduleKeys(node: Node): Set<string> {
  const keys = new Set<string>();
  for (const [type, byStatus] of Object.entries(BY_CONDITION)) {
    const key = byStatus[nodeCondition(node, type)?.status ?? ""];
    if (key !== undefined) keys.add(key);
  }
  if (node.spec?.unschedulable) keys.add(UNSCHEDULABLE);
  return keys;
}

/** The NoExecute taint that a node calls for that is not ready; undefined while it is. */
export function noExecuteKey(node: Node): string | undefined {
  return BY_CONDITION["Ready"]?.[nodeCondition(node, "Ready")?.status ?? ""];
}

/**
 * The node's taints as they should be, or undefined when they are so. `evict`: whether a node that is not ready gets (or keeps) its NoExecute
 * taint; a taint that is there keeps the time it was added. Pure.
 */
export function wantedTaints(node: Node, evict: "add" | "keep" | "remove", now: string): Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const noSchedule = noScheduleKeys(node);
  const noExecute = evict === "remove" ? undefined : noExecuteKey(node);
  const kept = current.filter((taint) => {
    if (taint.effect === "NoSchedule" && OURS.has(taint.key)) return noSchedule.has(taint.key);
    if (taint.effect === "NoExecute" && (taint.key === NOT_READY || taint.key === UNREACHABLE)) return taint.key === noExecute;
    return true;
  });
  const has = (key: string, effect: string) => kept.some((taint) => taint.key === key && taint.effect === effect);
  const added: Taint[] = [...noSchedule].filter((key) => !has(key, "NoSchedule")).map((key) => ({ key, effect: "NoSchedule", timeAdded: now }));
  if (evict === "add" && noExecute !== undefined && !has(noExecute, "NoExecute")) added.push({ key: noExecute, effect: "NoExecute", timeAdded: now });
  return added.length === 0 && kept.length === current.length ? undefined : [...kept, ...added];
}

/** The node has a NoExecute taint of ours, or needs none. */
export function isEvictionSettled(node: Node): boolean {
  const key = noExecuteKey(node);
  return key === undefined || (node.spec?.taints ?? []).some((taint) => taint.key === key && taint.effect === "NoExecute");
}
