import type { Node } from "../../api/wire.ts";
import { type AdmissionPlugin, NOTHING_ELSE } from "./admission.ts";

const NOT_READY = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** A new node takes no pods until the node lifecycle controller has seen it ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  stamp: () => NOTHING_ELSE,
  admit(request) {
    const { kind, operation, subresource, object } = request;
    if (kind.entry.kind !== "Node" || kind.entry.group !== "" || operation !== "CREATE" || subresource !== "" || object === undefined) return;
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some((taint) => taint.key === NOT_READY.key && taint.effect === NOT_READY.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...NOT_READY }] };
  },
};
