import { Quantity, QuantityError } from "../../quantity.ts";
import { CelError } from "../cel-error.ts";
import { Library, TRAVERSES } from "../function.ts";
import { CelOpaque, type CelValue } from "../values.ts";

class CelQuantity extends CelOpaque {
  readonly typeName = "kubernetes.Quantity";
  readonly quantity: Quantity;
  readonly short: ShortAmount | undefined;
  constructor(quantity: Quantity, short: ShortAmount | undefined) {
    super();
    this.quantity = quantity;
    this.short = short;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelQuantity && this.quantity.compare(other.quantity) === 0;
  }
}

/**
 * How Kubernetes holds most quantities: an int64 times a power of ten. It takes only those for integers that are held so, with a power that is not
 * negative: `2000m` is none, nor is `1.0`.
 */
interface ShortAmount {
  readonly value: bigint;
  readonly scale: number;
}

const fitsInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;
const decimalScales: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryShifts: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const MAX_DECIMAL_DIGITS = 18;
const MIN_SCALE = -9;

/** undefined: too long, or a fraction of a binary unit. */
function shortAmount(text: string): ShortAmount | undefined {
  const [, sign = "", whole = "", fraction = "", suffix = ""] = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?(.*)$/.exec(text) ?? [];
  const digits = (whole === "" ? "0" : whole) + fraction;
  const value = (sign === "-" ? -1n : 1n) * BigInt(digits);
  const shift = binaryShifts[suffix];
  if (shift !== undefined) {
    const shifted = value << BigInt(shift);
    return fraction === "" && 14 - digits.length - Math.trunc(shift * 0.3) >= 0 && fitsInt64(shifted) ? { value: shifted, scale: 0 } : undefined;
  }
  const scale = (Object.hasOwn(decimalScales, suffix) ? (decimalScales[suffix] ?? 0) : Number(suffix.slice(1))) - fraction.length;
  return digits.length <= MAX_DECIMAL_DIGITS && scale >= MIN_SCALE && fitsInt64(value) ? { value, scale } : undefined;
}

function sum(a: ShortAmount | undefined, b: ShortAmount | undefined): ShortAmount | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a.value === 0n) return b;
  if (b.value === 0n) return a;
  const scale = Math.min(a.scale, b.scale);
  const value = a.value * 10n ** BigInt(a.scale - scale) + b.value * 10n ** BigInt(b.scale - scale);
  return fitsInt64(value) ? { value, scale } : undefined;
}

const negative = (amount: ShortAmount | undefined): ShortAmount | undefined => amount && { value: -amount.value, scale: amount.scale };
const whole = (value: CelValue | undefined): CelQuantity => new CelQuantity(Quantity.fromNumber(value as bigint), { value: value as bigint, scale: 0 });

function added(a: CelValue | undefined, b: CelQuantity): CelQuantity {
  return new CelQuantity(of(a).add(b.quantity), sum((a as CelQuantity).short, b.short));
}

function subtracted(a: CelValue | undefined, b: CelQuantity): CelQuantity {
  return new CelQuantity(of(a).sub(b.quantity), sum((a as CelQuantity).short, negative(b.short)));
}

function parse(text: string): CelQuantity {
  try {
    return new CelQuantity(Quantity.parse(text), shortAmount(text));
  } catch (error) {
    if (error instanceof QuantityError) throw new CelError(error.message);
    throw error;
  }
}

function isQuantity(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

const of = (value: CelValue | undefined) => (value as CelQuantity).quantity;

function asInteger(quantity: CelValue | undefined): bigint | undefined {
  const { short } = quantity as CelQuantity;
  if (short === undefined || short.scale < 0 || short.scale > MAX_DECIMAL_DIGITS) return undefined;
  const value = short.value * 10n ** BigInt(short.scale);
  return fitsInt64(value) ? value : undefined;
}

function mustBeInteger(quantity: CelValue | undefined): bigint {
  const value = asInteger(quantity);
  if (value === undefined) throw new CelError("cannot convert value to integer");
  return value;
}

/** Kubernetes' `quantity`. */
export function quantities(): Library {
  return new Library()
    .define("string_to_quantity", "quantity(string) -> kubernetes.Quantity", ([text]) => parse(text as string), TRAVERSES)
    .define("is_quantity_string", "isQuantity(string) -> bool", ([text]) => isQuantity(text as string), TRAVERSES)
    .define("quantity_is_integer", "kubernetes.Quantity::isInteger() -> bool", ([a]) => asInteger(a) !== undefined)
    .define("quantity_as_integer", "kubernetes.Quantity::asInteger() -> int", ([a]) => mustBeInteger(a))
    .define("quantity_as_float", "kubernetes.Quantity::asApproximateFloat() -> double", ([a]) => of(a).approximate())
    .define("quantity_is_greater_than", "kubernetes.Quantity::isGreaterThan(kubernetes.Quantity) -> bool", ([a, b]) => of(a).compare(of(b)) > 0)
    .define("quantity_is_less_than", "kubernetes.Quantity::isLessThan(kubernetes.Quantity) -> bool", ([a, b]) => of(a).compare(of(b)) < 0)
    .define("quantity_compare_to", "kubernetes.Quantity::compareTo(kubernetes.Quantity) -> int", ([a, b]) => BigInt(of(a).compare(of(b))))
    .define("quantity_add", "kubernetes.Quantity::add(kubernetes.Quantity) -> kubernetes.Quantity", ([a, b]) => added(a, b as CelQuantity))
    .define("quantity_add_int", "kubernetes.Quantity::add(int) -> kubernetes.Quantity", ([a, b]) => added(a, whole(b)))
    .define("quantity_sub", "kubernetes.Quantity::sub(kubernetes.Quantity) -> kubernetes.Quantity", ([a, b]) => subtracted(a, b as CelQuantity))
    .define("quantity_sub_int", "kubernetes.Quantity::sub(int) -> kubernetes.Quantity", ([a, b]) => subtracted(a, whole(b)));
}
