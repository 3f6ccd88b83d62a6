import type { Lease, Node } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";

export type NodeCondition = NonNullable<NonNullable<Node["status"]>["conditions"]>[number];

/** Conditions that a silent node loses its say in. */
const REPORTED = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

/** What a node last said, and when we heard it by our own clock: clocks of nodes are never compared with ours. */
export interface Heartbeat {
  /** Changes whenever the node renews its Lease or posts its status. */
  readonly sign: string;
  readonly heard_ms: number;
}

/** The heartbeat after looking at node and Lease; a node that has never posted a status counts from its creation. Pure. */
export function observe(node: Node, lease: Lease | undefined, before: Heartbeat | undefined, now_ms: number): Heartbeat {
  const ready = nodeCondition(node, "Ready");
  const statusSign = ready?.reason === "NodeStatusUnknown" || ready?.reason === "NodeStatusNeverUpdated" ? "" : `${ready?.status}/${ready?.lastHeartbeatTime}`;
  const sign = `${lease?.spec?.renewTime ?? ""} ${statusSign}`;
  if (before === undefined) {
    const created_ms = Date.parse(node.metadata.creationTimestamp ?? "") || now_ms;
    return { sign, heard_ms: ready === undefined ? created_ms : now_ms };
  }
  return before.sign === sign || (statusSign === "" && !advanced(before.sign, sign)) ? before : { sign, heard_ms: now_ms };
}

/** The Lease part differs: our own writing of Unknown changes only the status part and is not a sign of life. */
function advanced(before: string, now: string): boolean {
  return before.split(" ")[0] !== now.split(" ")[0];
}

/** Conditions of a node that has been silent for too long; undefined when they say so already. Pure. */
export function silentConditions(node: Node, now_ms: number): NodeCondition[] | undefined {
  const now = rfc3339(now_ms);
  let changed = false;
  const conditions = [...(node.status?.conditions ?? [])];
  for (const type of REPORTED) {
    const index = conditions.findIndex((condition) => condition.type === type);
    const current = conditions[index];
    if (current?.status === "Unknown") continue;
    changed = true;
    if (current === undefined) {
      const { creationTimestamp = now } = node.metadata;
      conditions.push({ type, status: "Unknown", reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status.", lastHeartbeatTime: creationTimestamp, lastTransitionTime: now });
    } else {
      conditions[index] = { ...current, status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.", lastTransitionTime: now };
    }
  }
  return changed ? conditions : undefined;
}
