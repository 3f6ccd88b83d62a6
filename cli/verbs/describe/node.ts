import type { Node } from "../../../api/wire.ts";
import { fields, type Section, table } from "./section.ts";

/** A node: whether it is well, what it has, and what keeps pods away. */
export function describeNode(node: Node): Section[] {
  const { metadata, spec, status } = node;
  return [
    fields({
      Name: metadata.name,
      Labels: metadata.labels ?? {},
      Annotations: metadata.annotations ?? {},
      "Created At": metadata.creationTimestamp,
      Taints: (spec?.taints ?? []).map((one) => `${one.key}${one.value ? `=${one.value}` : ""}:${one.effect}`),
      Unschedulable: spec?.unschedulable ?? false,
      PodCIDR: spec?.podCIDR,
    }),
    ["Conditions:", ...table([["Type", "Status", "LastHeartbeatTime", "Reason", "Message"], ...(status?.conditions ?? []).map((one) => [one.type, one.status, one.lastHeartbeatTime ?? "", one.reason ?? "", one.message ?? ""])], 2)],
    fields({ Addresses: Object.fromEntries((status?.addresses ?? []).map((one) => [one.type, one.address])), Capacity: status?.capacity ?? {}, Allocatable: status?.allocatable ?? {}, "System Info": status?.nodeInfo }),
  ];
}
