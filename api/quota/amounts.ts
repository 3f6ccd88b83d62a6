import { Quantity } from "../quantity.ts";

/** Amounts by the names that quotas have for them: `requests.cpu`, `count/secrets`. */
export type Amounts = ReadonlyMap<string, Quantity>;

type List = Readonly<Record<string, string>> | undefined;

export const ZERO = Quantity.fromNumber(0);

export function amountsOf(list: List): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, Quantity.parse(text)]));
}

export function listOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]) => [name, amount.toString()]));
}

export function plus(a: Amounts, b: Amounts): Map<string, Quantity> {
  const sum = new Map(a);
  for (const [name, amount] of b) sum.set(name, sum.get(name)?.add(amount) ?? amount);
  return sum;
}

/** What `after` has more than `before`, of each name that grows. */
export function growth(after: Amounts, before: Amounts): Map<string, Quantity> {
  const grown = new Map<string, Quantity>();
  for (const [name, amount] of after) {
    const more = amount.sub(before.get(name) ?? ZERO);
    if (more.sign() > 0) grown.set(name, more);
  }
  return grown;
}

/** Only these names. */
export function masked(amounts: Amounts, names: Iterable<string>): Map<string, Quantity> {
  const kept = new Map<string, Quantity>();
  for (const name of names) {
    const amount = amounts.get(name);
    if (amount !== undefined) kept.set(name, amount);
  }
  return kept;
}

/** `a=1,b=2` */
export function amountsText(amounts: Amounts): string {
  return [...amounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]) => `${name}=${amount}`).join(",");
}
