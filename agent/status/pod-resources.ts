import { Quantity } from "../../api/quantity.ts";
import type { Container, Pod, PodStatus } from "../../api/wire.ts";
import { isSidecar, specOf } from "../pod/spec.ts";

type Amounts = Map<string, Quantity>;

/** `status.resources` and `status.allocatedResources` of a pod that asks for any: what its containers add up to at their peak. */
export function podResourceStatus(pod: Pod): Pick<PodStatus, "resources" | "allocatedResources"> {
  const requests = podTotal(pod, (container) => ({ ...container.resources?.limits, ...container.resources?.requests }), specOf(pod).resources?.requests);
  const limits = podTotal(pod, (container) => container.resources?.limits ?? {}, specOf(pod).resources?.limits);
  if (requests === undefined && limits === undefined) return {};
  return {
    resources: { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) },
    ...(requests === undefined ? {} : { allocatedResources: requests }),
  };
}

/** Containers and sidecars run together; every other init container runs with the sidecars before it (KEP-753). */
function podTotal(pod: Pod, of: (container: Container) => Readonly<Record<string, string>>, podLevel: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of specOf(pod).initContainers ?? []) {
    const together: Amounts = new Map(sidecars);
    add(together, of(container));
    raise(peak, together);
    if (isSidecar(container)) add(sidecars, of(container));
  }
  const total: Amounts = new Map(sidecars);
  for (const container of specOf(pod).containers) add(total, of(container));
  raise(total, peak);
  for (const [name, text] of Object.entries(podLevel ?? {})) total.set(name, Quantity.parse(text));
  if (total.size === 0) return undefined;
  return Object.fromEntries([...total].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, quantity]) => [name, quantity.toString()]));
}

function add(sum: Amounts, amounts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(amounts)) {
    const quantity = Quantity.parse(text);
    sum.set(name, sum.get(name)?.add(quantity) ?? quantity);
  }
}

function raise(sum: Amounts, amounts: Amounts): void {
  for (const [name, quantity] of amounts) {
    const known = sum.get(name);
    if (known === undefined || known.compare(quantity) < 0) sum.set(name, quantity);
  }
}
