import type { Pod, Toleration } from "../../api/wire.ts";
import { type AdmissionPlugin, NOTHING_ELSE } from "./admission.ts";

const SECONDS = 300;
/** The same for all pods. */
const TOLERATIONS: readonly Toleration[] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map((key) => Object.freeze({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: SECONDS }));

/** Pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  stamp: () => NOTHING_ELSE,
  admit(request) {
    const { kind, object, operation, subresource } = request;
    if (kind.entry.kind !== "Pod" || object === undefined || subresource !== "" || (operation !== "CREATE" && operation !== "UPDATE")) return;
    const { spec } = object as Pod;
    if (spec === undefined) return;
    const given = spec.tolerations ?? [];
    for (const added of TOLERATIONS) if (!isTolerated(given, added.key ?? "")) spec.tolerations = [...(spec.tolerations ?? []), added];
  },
};

function isTolerated(tolerations: readonly Toleration[], key: string): boolean {
  for (const toleration of tolerations) if (tolerates(toleration, key)) return true;
  return false;
}

function tolerates(toleration: Toleration, key: string): boolean {
  return (toleration.key === key || !toleration.key) && (toleration.effect === "NoExecute" || !toleration.effect);
}
