import { Quantity } from "../../quantity.ts";
import type { Container, PodSpec, ResourceRequirements } from "../../wire.ts";

export type Amounts = Map<string, Quantity>;
type List = ResourceRequirements["limits"];

function quantities(list: List): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, Quantity.parse(text)]));
}

function add(total: Amounts, list: Amounts): void {
  for (const [name, amount] of list) total.set(name, total.get(name)?.add(amount) ?? amount);
}

function raise(total: Amounts, list: Amounts): void {
  for (const [name, amount] of list) {
    const known = total.get(name);
    if (known === undefined || amount.compare(known) > 0) total.set(name, amount);
  }
}

/**
 * What the containers need together (KEP-753): the main ones and the sidecars beside them, or, where that is more, one init
 * container beside the sidecars that were started before it.
 */
export function aggregateContainers(spec: PodSpec, of: (container: Container) => List): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers ?? []) add(total, quantities(of(container)));
  const sidecars: Amounts = new Map();
  const init: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = quantities(of(container));
    if (container.restartPolicy === "Always") {
      add(total, own);
      add(sidecars, own);
      raise(init, sidecars);
    } else {
      const beside = new Map(sidecars);
      add(beside, own);
      raise(init, beside);
    }
  }
  raise(total, init);
  return total;
}
