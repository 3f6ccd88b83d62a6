export type IntOrString = number | string;

/** Largest percentage text that is read; what is longer is no percentage anybody means. */
const MAX_PERCENT_DIGITS = 9;

/** The percentage of `"25%"` (a sign is allowed), undefined for anything else. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value !== "string" || !value.endsWith("%")) return undefined;
  const digits = value.slice(0, -1);
  if (digits.length > MAX_PERCENT_DIGITS + 1 || !/^[+-]?[0-9]+$/.test(digits)) return undefined;
  return Number(digits);
}

/** The number itself, or the percentage of `total` rounded up or down; undefined when the text is no percentage. */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number | undefined {
  if (typeof value === "number") return value;
  const percent = percentOf(value);
  if (percent === undefined) return undefined;
  const scaled = (percent * total) / 100;
  // -0 would print as "-0" in a message.
  return (roundUp ? Math.ceil(scaled) : Math.floor(scaled)) + 0;
}
