import { CelError } from "../cel-error.ts";
import { compareNumbers, concatenate, meteredEquals, numeric } from "../equality.ts";
import { checkedInt, checkedUint, type Cost, Library, type Run, traversal } from "../function.ts";
import type { Meter } from "../meter.ts";
import { BuiltMap, CelDuration, type CelList, type CelMap, CelTimestamp, type CelUint, type CelValue } from "../values.ts";
import { compareUtf8 } from "../../codec/json-text.ts";

const int = (value: CelValue | undefined) => value as bigint;
const uint = (value: CelValue | undefined) => (value as CelUint).value;
const double = (value: CelValue | undefined) => value as number;

const SHORTER: Cost = { units: ([a = 0, b = 0]) => traversal(Math.min(a, b)) };
const BOTH: Cost = { units: ([a = 0, b = 0]) => traversal(a + b), resultSize: ([a = 0, b = 0]) => a + b };
const JOINED: Cost = { units: () => 1, resultSize: ([a = 0, b = 0]) => a + b };

function contains(list: CelList, value: CelValue, meter: Meter): boolean {
  for (const item of list) if (meteredEquals(item, value, meter)) return true;
  return false;
}

function arithmetic(library: Library): void {
  const ints: Readonly<Record<string, readonly [string, (a: bigint, b: bigint) => bigint]>> = {
    "_+_": ["add", (a, b) => a + b],
    "_-_": ["subtract", (a, b) => a - b],
    "_*_": ["multiply", (a, b) => a * b],
    "_/_": ["divide", (a, b) => divide(a, b, "division by zero")],
    "_%_": ["modulo", (a, b) => a - b * divide(a, b, "modulus by zero")],
  };
  for (const [name, [id, compute]] of Object.entries(ints)) {
    library.define(`${id}_int64`, `${name}(int, int) -> int`, ([a, b]) => checkedInt(compute(int(a), int(b))));
    library.define(`${id}_uint64`, `${name}(uint, uint) -> uint`, ([a, b]) => checkedUint(compute(uint(a), uint(b))));
  }
  library
    .define("add_double", "_+_(double, double) -> double", ([a, b]) => double(a) + double(b))
    .define("subtract_double", "_-_(double, double) -> double", ([a, b]) => double(a) - double(b))
    .define("multiply_double", "_*_(double, double) -> double", ([a, b]) => double(a) * double(b))
    .define("divide_double", "_/_(double, double) -> double", ([a, b]) => double(a) / double(b))
    .define("negate_int64", "-_(int) -> int", ([a]) => checkedInt(-int(a)))
    .define("negate_double", "-_(double) -> double", ([a]) => -double(a))
    .define("add_string", "_+_(string, string) -> string", ([a, b]) => `${a}${b}`, BOTH)
    .define("add_bytes", "_+_(bytes, bytes) -> bytes", ([a, b]) => Buffer.concat([a as Uint8Array, b as Uint8Array]), BOTH)
    .define("add_list", "_+_(list(A), list(A)) -> list(A)", ([a, b]) => concatenate(a as CelList, b as CelList), JOINED)
    .define("add_timestamp_duration", "_+_(timestamp, duration) -> timestamp", ([a, b]) => timestamp((a as CelTimestamp).time_ns + (b as CelDuration).duration_ns))
    .define("add_duration_timestamp", "_+_(duration, timestamp) -> timestamp", ([a, b]) => timestamp((b as CelTimestamp).time_ns + (a as CelDuration).duration_ns))
    .define("add_duration_duration", "_+_(duration, duration) -> duration", ([a, b]) => duration((a as CelDuration).duration_ns + (b as CelDuration).duration_ns))
    .define("subtract_timestamp_timestamp", "_-_(timestamp, timestamp) -> duration", ([a, b]) => duration((a as CelTimestamp).time_ns - (b as CelTimestamp).time_ns))
    .define("subtract_timestamp_duration", "_-_(timestamp, duration) -> timestamp", ([a, b]) => timestamp((a as CelTimestamp).time_ns - (b as CelDuration).duration_ns))
    .define("subtract_duration_duration", "_-_(duration, duration) -> duration", ([a, b]) => duration((a as CelDuration).duration_ns - (b as CelDuration).duration_ns));
}

function divide(a: bigint, b: bigint, complaint: string): bigint {
  if (b === 0n) throw new CelError(complaint);
  return a / b;
}

const MIN_TIME_NS = -62_135_596_800n * 1_000_000_000n;
const MAX_TIME_NS = 253_402_300_799n * 1_000_000_000n + 999_999_999n;

/** @throws CelError `timestamp overflow` outside the years 1 to 9999 */
export function timestamp(time_ns: bigint): CelTimestamp {
  if (time_ns < MIN_TIME_NS || time_ns > MAX_TIME_NS) throw new CelError("timestamp overflow");
  return new CelTimestamp(time_ns);
}

/** @throws CelError `duration overflow` beyond int64 nanoseconds */
export function duration(duration_ns: bigint): CelDuration {
  if (BigInt.asIntN(64, duration_ns) !== duration_ns) throw new CelError("duration overflow");
  return new CelDuration(duration_ns);
}

/** The order of two values of one type, of any two numbers; NaN: none is before the other. */
export function compareValues(a: CelValue, b: CelValue): number {
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) return compareNumbers(x, y);
  if (typeof a === "string" && typeof b === "string") return Math.sign(compareUtf8(a, b));
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return compareNumbers(a.time_ns, b.time_ns);
  if (a instanceof CelDuration && b instanceof CelDuration) return compareNumbers(a.duration_ns, b.duration_ns);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  throw new CelError("no such overload");
}

const names: Readonly<Record<string, string>> = { bool: "bool", int: "int64", uint: "uint64", double: "double", string: "string", bytes: "bytes", timestamp: "timestamp", duration: "duration" };

function comparison(library: Library): void {
  const orders: Readonly<Record<string, readonly [string, (order: number) => boolean]>> = {
    "_<_": ["less", (order) => order < 0],
    "_<=_": ["less_equals", (order) => order <= 0],
    "_>_": ["greater", (order) => order > 0],
    "_>=_": ["greater_equals", (order) => order >= 0],
  };
  for (const [name, [id, holds]] of Object.entries(orders)) {
    const run: Run = ([a, b]) => holds(compareValues(a as CelValue, b as CelValue));
    for (const type of Object.keys(names)) {
      library.define(`${id}_${names[type]}`, `${name}(${type}, ${type}) -> bool`, run, type === "string" || type === "bytes" ? SHORTER : undefined);
    }
    for (const a of ["int", "uint", "double"]) {
      for (const b of ["int", "uint", "double"]) if (a !== b) library.define(`${id}_${names[a]}_${names[b]}`, `${name}(${a}, ${b}) -> bool`, run);
    }
  }
  library
    .define("equals", "_==_(A, A) -> bool", ([a, b], meter) => meteredEquals(a as CelValue, b as CelValue, meter), SHORTER)
    .define("not_equals", "_!=_(A, A) -> bool", ([a, b], meter) => !meteredEquals(a as CelValue, b as CelValue, meter), SHORTER)
    .define("in_list", "@in(A, list(A)) -> bool", ([a, list], meter) => contains(list as CelList, a as CelValue, meter), { units: ([, list = 0]) => list })
    .define("in_map", "@in(A, map(A, B)) -> bool", ([key, map]) => (map as CelMap).get(key as CelValue) !== undefined);
}

/** Operators. `&&`, `||`, `?:`, indexing and selection are the evaluator's own; here are their signatures. */
export function operators(): Library {
  const library = new Library();
  const own: Run = () => {
    throw new CelError("no such overload");
  };
  library
    .define("logical_and", "_&&_(bool, bool) -> bool", own)
    .define("logical_or", "_||_(bool, bool) -> bool", own)
    .define("conditional", "_?_:_(bool, A, A) -> A", own)
    .define("logical_not", "!_(bool) -> bool", ([a]) => a === false)
    .define("not_strictly_false", "@not_strictly_false(bool) -> bool", own)
    .define("index_list", "_[_](list(A), int) -> A", own)
    .define("index_map", "_[_](map(A, B), A) -> B", own)
    .define("new_map", "cel.@newMap() -> map(A, B)", () => new BuiltMap(), { units: () => 1, estimated: () => 30 })
    .define("map_insert", "cel.@mapInsert(map(A, B), A, B) -> map(A, B)", ([map, key, value]) => (map as BuiltMap).insert(key as CelValue, value as CelValue))
    .define("map_insert_map", "cel.@mapInsert(map(A, B), map(A, B)) -> map(A, B)", ([map, entries]) => insertAll(map as BuiltMap, entries as CelMap));
  arithmetic(library);
  comparison(library);
  return library;
}

function insertAll(map: BuiltMap, entries: CelMap): BuiltMap {
  for (const key of entries.keys()) map.insert(key, entries.get(key) as CelValue);
  return map;
}
