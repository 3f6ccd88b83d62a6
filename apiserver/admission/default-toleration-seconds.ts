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
    for (const key of KEYS) {
      if (tolerations.some((toleration) => tolerates(toleration, key))) continue;
      spec.tolerations = [...(spec.tolerations ?? []), { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: SECONDS }];
    }
  },
};

function tolerates(toleration: Toleration, key: string): boolean {
  return (toleration.key === key || !toleration.key) && (toleration.effect === "NoExecute" || !toleration.effect);
}
