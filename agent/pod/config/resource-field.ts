import { Quantity } from "../../../api/quantity.ts";
import type { Container, Pod } from "../../../api/wire.ts";
import { allContainers } from "../spec.ts";

/** `cpu`, `memory`, `ephemeral-storage` of the node, for containers without a limit. */
export type NodeAllocatable = Readonly<Record<string, string>>;

export interface ResourceSelector {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string;
}

/**
 * The value of a resourceFieldRef: the amount in units of the divisor, rounded up. A limit that is not set is the node's.
 * @throws Error when the container or the resource is unknown
 */
export function resourceValue(pod: Pod, self: Container | undefined, selector: ResourceSelector, allocatable: NodeAllocatable): string {
  const container = selector.containerName ? allContainers(pod).find((entry) => entry.container.name === selector.containerName)?.container : self;
  if (container === undefined) throw new Error(`container ${selector.containerName ?? ""} not found`);
  const match = /^(limits|requests)\.(.+)$/.exec(selector.resource);
  if (match === null) throw new Error(`unsupported container resource : ${selector.resource}`);
  const [, side, name = ""] = match;
  const { limits, requests } = container.resources ?? {};
  const amount = side === "limits" ? (limits?.[name] ?? allocatable[name]) : (requests?.[name] ?? limits?.[name]);
  return divided(amount ?? "0", selector.divisor, name === "cpu");
}

function divided(amount: string, divisor: string | undefined, isCpu: boolean): string {
  const unit = divisor === undefined || Quantity.parse(divisor).isZero() ? "1" : divisor;
  const numerator = Quantity.parse(amount);
  const denominator = Quantity.parse(unit);
  // CPU and small divisors count in thousandths; a saturated milliValue of many bytes would be wrong.
  const [a, b] = isCpu ? [numerator.milliValue(), denominator.milliValue()] : [numerator.value(), denominator.value()];
  return ((a + b - 1n) / b).toString();
}
