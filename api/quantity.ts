/** How a quantity was written: decides the suffixes of its canonical form. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** An exact amount, after apimachinery's resource.Quantity. Immutable. */
export declare class Quantity {
  readonly format: QuantityFormat;
  /** @throws QuantityError */
  static parse(text: string): Quantity;
  static fromNumber(value: number | bigint, format?: QuantityFormat): Quantity;
  static fromMilli(milli: number | bigint, format?: QuantityFormat): Quantity;
  /** Rounded up to whole units; saturates at int64. */
  value(): bigint;
  /** Rounded up to thousandths; saturates at int64. */
  milliValue(): bigint;
  /** value() and milliValue() as numbers; exact below 2^53. */
  valueNumber(): number;
  milliNumber(): number;
  add(other: Quantity): Quantity;
  sub(other: Quantity): Quantity;
  neg(): Quantity;
  compare(other: Quantity): -1 | 0 | 1;
  sign(): -1 | 0 | 1;
  isZero(): boolean;
  /** Canonical text: `100m`, `1Gi`, `1500m`. */
  toString(): string;
}

/** message is Kubernetes' wording. */
export declare class QuantityError extends Error {}

/** Text (or the number YAML made of it) → canonical text. @throws QuantityError */
export declare function canonicalQuantity(text: string | number): string;

/** Whole units, rounded up, as a number: memory bytes, pods. Memoised: for hot paths. @throws QuantityError */
export declare function quantityValue(text: string | number): number;

/** Thousandths, rounded up, as a number: CPU. Memoised. @throws QuantityError */
export declare function quantityMilli(text: string | number): number;

/** -1, 0, 1. */
export declare function compareQuantities(a: string | number, b: string | number): -1 | 0 | 1;
