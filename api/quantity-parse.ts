import { pow10 } from "./big-decimal.ts";

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** message is Kubernetes' wording. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";

/** Kubernetes takes any exponent; beyond this the amount means nothing and the digits would fill the memory. */
const MAX_EXPONENT = 1000;
/** Finest scale: 10^-9. */
const NANO = -9;
const MAX_BINARY = 2n ** 63n - 1n;

const decimalExponents: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const binaryExponents: ReadonlyMap<string, bigint> = new Map([
  ["Ki", 10n],
  ["Mi", 20n],
  ["Gi", 30n],
  ["Ti", 40n],
  ["Pi", 50n],
  ["Ei", 60n],
]);

// As lenient as the real parser: sign, digits and suffix may each be missing.
const shape = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*(?:[-+]?[0-9]+|[-+])?)$/;

/** The amount of a quantity's text as unscaled * 10^scale. @throws QuantityError */
export function parseQuantity(text: string): { unscaled: bigint; scale: number; format: QuantityFormat } {
  const match = text === "" ? null : shape.exec(text);
  if (match === null) throw new QuantityError(FORMAT_WRONG);
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  if (whole.length + fraction.length > MAX_EXPONENT) throw new QuantityError("unable to parse numeric part of quantity");
  const digits = BigInt(`0${whole}${fraction}`);
  const { exponent, factor, format } = parseSuffix(suffix);
  const rounded = roundUpToNano(digits * factor, exponent - fraction.length);
  const { unscaled, scale } = format === "BinarySI" ? capped(rounded) : rounded;
  const belowOne = format === "BinarySI" && unscaled > 0n && scale < 0 && unscaled < pow10(-scale);
  return { unscaled: sign === "-" ? -unscaled : unscaled, scale, format: belowOne ? "DecimalSI" : format };
}

/** Digits that apimachinery takes into an int64 without looking further. */
const FAST_DIGITS = 18;
const FAST_BINARY_DIGITS = 14;

/**
 * Whether a quantity that parses keeps the text it was written with: apimachinery looks for what cannot be shortened, and lets signs,
 * leading zeros, the case and sign of an exponent and fractions of three digits pass (`+1`, `1E0`, `1.500`).
 */
export function keepsItsText(text: string): boolean {
  if (text === "0") return true;
  const [, , whole = "", fraction = "", suffix = ""] = shape.exec(text) ?? [];
  const digits = (whole.replace(/^0+/, "") || "0") + fraction;
  const { exponent, factor, format } = parseSuffix(suffix);
  if (format === "BinarySI") {
    const power = factor.toString(2).length - 1;
    return fraction === "" && digits.length + Math.trunc((power * 3) / 10) <= FAST_BINARY_DIGITS && BigInt(digits) % 8n !== 0n;
  }
  const scale = exponent - fraction.length;
  return digits.length <= FAST_DIGITS && scale >= NANO && scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}

function parseSuffix(suffix: string): { exponent: number; factor: bigint; format: QuantityFormat } {
  const decimal = decimalExponents.get(suffix);
  if (decimal !== undefined) return { exponent: decimal, factor: 1n, format: "DecimalSI" };
  const binary = binaryExponents.get(suffix);
  if (binary !== undefined) return { exponent: 0, factor: 1n << binary, format: "BinarySI" };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) throw new QuantityError(SUFFIX_WRONG);
  const exponent = Number(suffix.slice(1));
  if (Math.abs(exponent) > MAX_EXPONENT) throw new QuantityError(SUFFIX_WRONG);
  return { exponent, factor: 1n, format: "DecimalExponent" };
}

/** What is finer than 10^-9 is rounded up: who asks for something gets something. */
function roundUpToNano(unscaled: bigint, scale: number): { unscaled: bigint; scale: number } {
  if (scale >= NANO) return { unscaled, scale };
  const divisor = pow10(NANO - scale);
  return { unscaled: (unscaled + divisor - 1n) / divisor, scale: NANO };
}

function capped(amount: { unscaled: bigint; scale: number }): { unscaled: bigint; scale: number } {
  const maximum = MAX_BINARY * pow10(Math.max(0, -amount.scale));
  return amount.unscaled > maximum ? { unscaled: MAX_BINARY, scale: 0 } : amount;
}
