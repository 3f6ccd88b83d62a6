import type { Pod, Toleration } from "../../api/wire.ts";
import type { AdmissionPlugin } from "./admission.ts";

const SECONDS = 300;
const KEYS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** Pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  admit(request) {
    const { kind, object, operation, subresource } = request;
    if (kind.entry.kind !== "Pod" || object === undefined || subresource !== "" || (operation !== "CREATE" && operation !== "UPDATE")) return;
    const { spec } = object as Pod;
    if (spec === undefined) return;
    const tolerations = spec.tolerations ?? [];
    const missing = KEYS.filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)));
    if (missing.length === 0) return;
    spec.tolerations = [...tolerations, ...missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: SECONDS }))];
  },
};

function tolerates(toleration: Toleration, key: string): boolean {
  return (toleration.key === key || !toleration.key) && (toleration.effect === "NoExecute" || !toleration.effect);
}
