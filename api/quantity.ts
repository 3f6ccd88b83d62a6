import { keepsItsText, parseQuantity, QuantityError, type QuantityFormat } from "./quantity-parse.ts";
import { pow10 } from "./big-decimal.ts";

export { QuantityError, type QuantityFormat };

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** Exponent of ten → suffix. */
const decimalSuffixes: ReadonlyMap<number, string> = new Map([
  [-9, "n"],
  [-6, "u"],
  [-3, "m"],
  [0, ""],
  [3, "k"],
  [6, "M"],
  [9, "G"],
  [12, "T"],
  [15, "P"],
  [18, "E"],
]);
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** An exact amount, after apimachinery's resource.Quantity: an integer times a power of ten, not finer than 10^-9. Immutable. */
export class Quantity {
  /** How it was written: decides the suffixes of the canonical text. */
  readonly format: QuantityFormat;
  readonly #unscaled: bigint;
  readonly #scale: number;

  private constructor(unscaled: bigint, scale: number, format: QuantityFormat) {
    this.#unscaled = unscaled;
    this.#scale = scale;
    this.format = format;
  }

  /** @throws QuantityError with Kubernetes' wording */
  static parse(text: string): Quantity {
    const { unscaled, scale, format } = parseQuantity(text);
    return new Quantity(unscaled, scale, format);
  }

  /** A whole number. */
  static fromNumber(value: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity {
    return new Quantity(BigInt(value), 0, format);
  }

  /** A whole number of thousandths. */
  static fromMilli(milli: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity {
    return new Quantity(BigInt(milli), -3, format);
  }

  /** Units, rounded away from zero; saturates at the bounds of int64. */
  value(): bigint {
    return this.#scaled(0);
  }

  /** Thousandths, rounded away from zero; saturates at the bounds of int64. */
  milliValue(): bigint {
    return this.#scaled(-3);
  }

  /** value() as a number: exact below 2^53. */
  valueNumber(): number {
    return Number(this.value());
  }

  /** milliValue() as a number: exact below 2^53. */
  milliNumber(): number {
    return Number(this.milliValue());
  }

  /** As a floating point number, for ratios. */
  approximate(): number {
    return Number(this.#unscaled) * 10 ** this.#scale;
  }

  add(other: Quantity): Quantity {
    const scale = Math.min(this.#scale, other.#scale);
    const sum = this.#at(scale) + other.#at(scale);
    return new Quantity(sum, scale, this.isZero() ? other.format : this.format);
  }

  sub(other: Quantity): Quantity {
    return this.add(other.neg());
  }

  neg(): Quantity {
    return new Quantity(-this.#unscaled, this.#scale, this.format);
  }

  compare(other: Quantity): -1 | 0 | 1 {
    const scale = Math.min(this.#scale, other.#scale);
    const a = this.#at(scale);
    const b = other.#at(scale);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  sign(): -1 | 0 | 1 {
    return this.#unscaled < 0n ? -1 : this.#unscaled > 0n ? 1 : 0;
  }

  isZero(): boolean {
    return this.#unscaled === 0n;
  }

  /** Canonical text: no fraction, the largest suffix that loses nothing (`100m`, `1536Mi`, `12e6`). */
  toString(): string {
    if (this.isZero()) return "0";
    if (this.format === "BinarySI") {
      const text = this.#binaryText();
      if (text !== undefined) return text;
    }
    let { unscaled, scale } = withoutTrailingZeros(this.#unscaled, this.#scale);
    while (scale % 3 !== 0) {
      unscaled *= 10n;
      scale--;
    }
    const suffix = this.format === "DecimalExponent" ? undefined : decimalSuffixes.get(scale);
    return `${unscaled}${suffix ?? (scale === 0 ? "" : `e${scale}`)}`;
  }

  /** undefined where binary suffixes do not fit: below 1024 and for fractions the decimal form is clearer. */
  #binaryText(): string | undefined {
    if (this.#scale < 0 && this.#unscaled % pow10(-this.#scale) !== 0n) return undefined;
    let whole = this.#scaled(0);
    if (whole > -1024n && whole < 1024n) return undefined;
    let power = 0;
    while (whole % 1024n === 0n && power < binarySuffixes.length - 1) {
      whole /= 1024n;
      power++;
    }
    return `${whole}${binarySuffixes[power]}`;
  }

  /** The integer at a scale that is not coarser than ours. */
  #at(scale: number): bigint {
    return this.#unscaled * pow10(this.#scale - scale);
  }

  #scaled(scale: number): bigint {
    const shift = this.#scale - scale;
    const result = shift >= 0 ? this.#unscaled * pow10(shift) : divideAwayFromZero(this.#unscaled, pow10(-shift));
    return result > MAX_INT64 ? MAX_INT64 : result < MIN_INT64 ? MIN_INT64 : result;
  }
}

function divideAwayFromZero(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  if (a % b === 0n) return quotient;
  return a < 0n ? quotient - 1n : quotient + 1n;
}

function withoutTrailingZeros(unscaled: bigint, scale: number): { unscaled: bigint; scale: number } {
  while (unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale++;
  }
  return { unscaled, scale };
}

/** A bounded memo: the same few hundred texts come again and again. */
class Memo<V> {
  readonly #values = new Map<string | number, V>();
  readonly #make: (text: string) => V;
  constructor(make: (text: string) => V) {
    this.#make = make;
  }
  get(text: string | number): V {
    const known = this.#values.get(text);
    if (known !== undefined) return known;
    const value = this.#make(String(text));
    if (typeof text === "string" && text.length > MEMO_TEXT_LENGTH) return value;
    if (this.#values.size >= MEMO_ENTRIES) this.#values.clear();
    this.#values.set(text, value);
    return value;
  }
}

const MEMO_ENTRIES = 4096;
const MEMO_TEXT_LENGTH = 32;
const parsed = new Memo((text) => Quantity.parse(text));
const canonical = new Memo((text) => {
  const quantity = Quantity.parse(text);
  return keepsItsText(text) ? text : quantity.toString();
});
const values = new Memo((text) => Quantity.parse(text).valueNumber());
const millis = new Memo((text) => Quantity.parse(text).milliNumber());

/** Text (or the number that JSON or YAML made of it) → the text that is stored: canonical, or as it was written where Kubernetes keeps that. Memoised. @throws QuantityError */
export function canonicalQuantity(text: string | number): string {
  return canonical.get(text);
}

/** Units, rounded up, as a number: bytes of memory, pods. Memoised: for hot paths. @throws QuantityError */
export function quantityValue(text: string | number): number {
  return values.get(text);
}

/** Thousandths, rounded up, as a number: CPU. Memoised: for hot paths. @throws QuantityError */
export function quantityMilli(text: string | number): number {
  return millis.get(text);
}

/** Whether there is more than whole units, to the thousandth. What does not fit int64 in thousandths has no fraction, as in Kubernetes. @throws QuantityError */
export function hasFraction(text: string | number): boolean {
  const milli = parsed.get(text).milliValue();
  return milli !== MAX_INT64 && milli !== MIN_INT64 && milli % 1000n !== 0n;
}

/** Order of two quantities by amount. Memoised. @throws QuantityError */
export function compareQuantities(a: string | number, b: string | number): -1 | 0 | 1 {
  return parsed.get(a).compare(parsed.get(b));
}
