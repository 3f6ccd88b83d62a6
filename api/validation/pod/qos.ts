import { compareQuantities, quantityMilli } from "../../quantity.ts";
import type { Pod, ResourceRequirements } from "../../wire.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const compute = ["cpu", "memory"] as const;

/** How safe the pod is when its node runs short: by what its containers ask of CPU and memory (or the pod as a whole). */
export function qosClass(pod: Pod): QosClass {
  const spec = pod.spec ?? { containers: [] };
  const whole = spec.resources;
  const sums: Sums = { any: false, unlimited: false, requested: { cpu: undefined, memory: undefined }, limited: { cpu: undefined, memory: undefined } };
  if (whole) add(sums, whole);
  else {
    for (const { resources } of spec.containers ?? []) add(sums, resources);
    for (const { resources } of spec.initContainers ?? []) add(sums, resources);
  }
  if (!sums.any) return "BestEffort";
  return !sums.unlimited && sums.requested.cpu === sums.limited.cpu && sums.requested.memory === sums.limited.memory ? "Guaranteed" : "Burstable";
}

/** Thousandths of what is asked for together; undefined where nobody asks. */
type Amounts = Record<(typeof compute)[number], number | undefined>;

interface Sums {
  any: boolean;
  /** Somebody has no limit. */
  unlimited: boolean;
  readonly requested: Amounts;
  readonly limited: Amounts;
}

function add(sums: Sums, resources: ResourceRequirements | undefined): void {
  for (const name of compute) {
    addOne(sums, sums.requested, name, resources?.requests?.[name]);
    if (!addOne(sums, sums.limited, name, resources?.limits?.[name])) sums.unlimited = true;
  }
}

/** Whether there was something to add. */
function addOne(sums: Sums, amounts: Amounts, name: (typeof compute)[number], text: string | undefined): boolean {
  if (text === undefined || compareQuantities(text, "0") <= 0) return false;
  sums.any = true;
  amounts[name] = (amounts[name] ?? 0) + quantityMilli(text);
  return true;
}
