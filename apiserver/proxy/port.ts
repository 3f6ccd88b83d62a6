/** A whole number in decimal; undefined for any other text. */
export function parseNumber(text: string): number | undefined {
  return /^[+-]?\d{1,18}$/.test(text) ? Number(text) : undefined;
}
