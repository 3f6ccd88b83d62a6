import { costSize, TRAVERSAL } from "./function.ts";
import type { Meter } from "./meter.ts";
import { ArrayList, CelDuration, CelList, CelMap, CelOpaque, CelOptional, CelTimestamp, CelTypeValue, CelUint, type CelValue } from "./values.ts";

/** Values nested deeper than that are compared no further; objects that come as JSON are less deep. */
const MAX_DEPTH = 2000;

/** CEL's `==`: numbers by their value whatever their type, values of different types are unequal. */
export function celEquals(a: CelValue, b: CelValue, depth = 0): boolean {
  if (a === b) return !(typeof a === "number" && Number.isNaN(a));
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined || y !== undefined) return x !== undefined && y !== undefined && compareNumbers(x, y) === 0;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || depth > MAX_DEPTH) return false;
  return equalObjects(a, b, depth);
}

function equalObjects(a: object, b: object, depth: number): boolean {
  if (a instanceof CelList) return b instanceof CelList && (a.equalsUnordered(b) ?? equalLists(a, b, depth));
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b, depth);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.time_ns === b.time_ns;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.duration_ns === b.duration_ns;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name;
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional) || a.value === undefined || b.value === undefined) return b instanceof CelOptional && a.value === b.value;
    return celEquals(a.value, b.value, depth + 1);
  }
  return a instanceof CelOpaque && b instanceof CelOpaque && a.typeName === b.typeName && a.equals(b);
}

function equalLists(a: CelList, b: CelList, depth: number): boolean {
  if (a.size !== b.size) return false;
  for (let i = 0; i < a.size; i++) if (!celEquals(a.at(i), b.at(i), depth + 1)) return false;
  return true;
}

function equalMaps(a: CelMap, b: CelMap, depth: number): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const [own, other] = [a.get(key), b.get(key)];
    if (own === undefined || other === undefined || !celEquals(own, other, depth + 1)) return false;
  }
  return true;
}

/** The number that a value is; undefined for all else. */
export function numeric(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return value instanceof CelUint ? value.value : undefined;
}

/** -1, 0, 1; NaN when one is not a number. JavaScript compares bigint and number exactly. */
export function compareNumbers(a: bigint | number, b: bigint | number): number {
  return a < b ? -1 : a > b ? 1 : Number.isNaN(Number(a)) || Number.isNaN(Number(b)) ? Number.NaN : 0;
}

/** `==`, which looks as deep as the values go: what lies below the first level is charged before it is compared. @throws CostError */
export function meteredEquals(a: CelValue, b: CelValue, meter: Meter): boolean {
  if (a instanceof CelList || a instanceof CelMap) chargeDepth(a, meter, 0);
  return celEquals(a, b);
}

/** Levels below that are not looked at when charging: objects that come as JSON are not as deep. */
const MAX_CHARGED_DEPTH = 1000;

function chargeDepth(value: CelValue, meter: Meter, depth: number): void {
  if (depth > MAX_CHARGED_DEPTH) return;
  if (value instanceof CelList) {
    for (const item of value) {
      if (typeof item !== "object" || item === null) continue;
      meter.spend((1 + costSize(item)) * TRAVERSAL);
      chargeDepth(item, meter, depth + 1);
    }
  } else if (value instanceof CelMap) {
    for (const key of value.keys()) {
      const item = value.get(key) ?? null;
      if (typeof item !== "object" || item === null) continue;
      meter.spend((1 + costSize(item)) * TRAVERSAL);
      chargeDepth(item, meter, depth + 1);
    }
  }
}

/** Longer lists are not copied: doubling a list a hundred times must cost no memory. */
const MAX_COPIED = 64;

/** One list behind the other. */
export function concatenate(a: CelList, b: CelList): CelList {
  const merged = a.merged(b);
  if (merged !== undefined) return merged;
  if (b.size === 1 && a instanceof ArrayList) return a.append(b.at(0));
  return a.size + b.size <= MAX_COPIED ? new ArrayList([...a, ...b]) : new JoinedList(a, b);
}

class JoinedList extends CelList {
  readonly #first: CelList;
  readonly #second: CelList;
  readonly size: number;

  constructor(first: CelList, second: CelList) {
    super();
    this.#first = first;
    this.#second = second;
    this.size = first.size + second.size;
  }

  at(index: number): CelValue {
    return index < this.#first.size ? this.#first.at(index) : this.#second.at(index - this.#first.size);
  }
}
