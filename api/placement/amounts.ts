import { quantityMilli, quantityValue } from "../quantity.ts";

/** Amounts by resource name: `cpu` in milli, the rest in whole units (bytes, pods, devices). */
export type Amounts = Readonly<Record<string, number>>;

/** An amount of `name` as a number in its unit, rounded up. Text that is no quantity, or a negative amount, counts as 0. */
export function amountOf(name: string, text: string | number | undefined): number {
  if (text === undefined || text === null) return 0;
  try {
    return Math.max(0, name === "cpu" ? quantityMilli(text) : quantityValue(text));
  } catch {
    return 0;
  }
}
