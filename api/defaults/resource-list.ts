import { Quantity } from "../quantity.ts";

/** Amounts below a thousandth are rounded up to one: the API has never kept them. */
export function roundResources(list: { [name: string]: string } | undefined): void {
  for (const name in list) {
    const text = list[name] ?? "";
    if (!isFiner(text)) continue;
    const quantity = Quantity.parse(text);
    list[name] = Quantity.fromMilli(quantity.milliValue(), quantity.format).toString();
  }
}

/** Canonical text of an amount that is no whole number of thousandths. */
function isFiner(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last === 110 || last === 117 || text.includes("e-");
}

/** Requests that are not given are the limits. */
export function requestsFromLimits(resources: { limits?: { [name: string]: string }; requests?: { [name: string]: string } } | undefined): void {
  const limits = resources?.limits;
  if (!limits) return;
  resources.requests ??= {};
  for (const name in limits) resources.requests[name] ??= limits[name] ?? "0";
}
