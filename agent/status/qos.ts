import { quantityMilli } from "../../api/quantity.ts";
import type { Pod } from "../../api/wire.ts";
import { specOf } from "../pod/spec.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const COMPUTE = ["cpu", "memory"] as const;

/** The pod's quality-of-service class: Guaranteed when every container has equal CPU and memory requests and limits, BestEffort when none has any. */
export function qosClassOf(pod: Pod): QosClass {
  const spec = specOf(pod);
  const asked = spec.resources === undefined ? [...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources) : [spec.resources];
  let any = false;
  let guaranteed = true;
  for (const resources of asked) {
    for (const name of COMPUTE) {
      const limit = amount(resources?.limits?.[name]);
      const request = amount(resources?.requests?.[name]) || limit;
      if (limit > 0 || request > 0) any = true;
      if (limit === 0 || limit !== request) guaranteed = false;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

function amount(quantity: string | undefined): number {
  return quantity === undefined ? 0 : quantityMilli(quantity);
}
