import { compareQuantities, quantityMilli } from "../../quantity.ts";
import type { Pod, ResourceRequirements } from "../../wire.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const compute = ["cpu", "memory"] as const;

/** How safe the pod is when its node runs short: by what its containers ask of CPU and memory (or the pod as a whole). */
export function qosClass(pod: Pod): QosClass {
  const spec = pod.spec ?? { containers: [] };
  const whole = spec.resources;
  const lists: readonly (ResourceRequirements | undefined)[] = whole ? [whole] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.resources);
  let any = false;
  let guaranteed = true;
  const sums: Record<"requests" | "limits", Partial<Record<"cpu" | "memory", number>>> = { requests: {}, limits: {} };
  for (const resources of lists) {
    for (const name of compute) {
      for (const side of ["requests", "limits"] as const) {
        const text = resources?.[side]?.[name];
        if (text === undefined || compareQuantities(text, "0") <= 0) {
          if (side === "limits") guaranteed = false;
          continue;
        }
        any = true;
        sums[side][name] = (sums[side][name] ?? 0) + quantityMilli(text);
      }
    }
  }
  if (!any) return "BestEffort";
  return guaranteed && compute.every((name) => sums.requests[name] === sums.limits[name]) ? "Guaranteed" : "Burstable";
}
