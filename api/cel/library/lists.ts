import { CelError } from "../cel-error.ts";
import { meteredEquals } from "../equality.ts";
import { checkedInt, checkedUint, type Cost, Library, traversal } from "../function.ts";
import type { Meter } from "../meter.ts";
import { ArrayList, type CelDuration, type CelList, CelUint, type CelValue } from "../values.ts";
import { compareValues, duration } from "./operators.ts";

/** Each item is looked at. */
export const PER_ITEM: Cost = { units: ([size = 0]) => size };
/** Items are compared with each other: texts are walked too. */
const COMPARES: Cost = { units: ([size = 0]) => size, estimated: ([size = 0], _values, [item]) => size * (1 + (item === undefined ? 0 : traversal(item))) };
const PAIRS: Cost = { units: ([a = 0, b = 0]) => 1 + a * b };
const BOTH_WAYS: Cost = { units: ([a = 0, b = 0]) => 1 + 2 * a * b };

function isSorted(list: CelList): boolean {
  for (let i = 1; i < list.size; i++) if (compareValues(list.at(i - 1), list.at(i)) > 0) return false;
  return true;
}

function extreme(list: CelList, sign: number, name: string): CelValue {
  if (list.size === 0) throw new CelError(`${name} called on empty list`);
  let best = list.at(0);
  for (const item of list) if (compareValues(item, best) * sign > 0) best = item;
  return best;
}

function find(list: CelList, value: CelValue, meter: Meter): bigint {
  for (let i = 0; i < list.size; i++) if (meteredEquals(list.at(i), value, meter)) return BigInt(i);
  return -1n;
}

function findLast(list: CelList, value: CelValue, meter: Meter): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (meteredEquals(list.at(i), value, meter)) return BigInt(i);
  return -1n;
}

function containsAll(list: CelList, items: CelList, meter: Meter): boolean {
  for (const item of items) if (find(list, item, meter) < 0n) return false;
  return true;
}

function intersects(a: CelList, b: CelList, meter: Meter): boolean {
  for (const item of a) if (find(b, item, meter) >= 0n) return true;
  return false;
}

/** Kubernetes' functions of lists, and the sets library. */
export function lists(): Library {
  const library = new Library();
  for (const type of ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]) {
    library
      .define(`list_${type}_is_sorted_bool`, `list(${type})::isSorted() -> bool`, ([list]) => isSorted(list as CelList), COMPARES)
      .define(`list_${type}_min_${type}`, `list(${type})::min() -> ${type}`, ([list]) => extreme(list as CelList, -1, "min"), COMPARES)
      .define(`list_${type}_max_${type}`, `list(${type})::max() -> ${type}`, ([list]) => extreme(list as CelList, 1, "max"), COMPARES);
  }
  return library
    .define("list_int_sum_int", "list(int)::sum() -> int", ([list]) => sumOf(list as CelList, 0n, (sum, item) => checkedInt((sum as bigint) + (item as bigint))), PER_ITEM)
    .define("list_uint_sum_uint", "list(uint)::sum() -> uint", ([list]) => sumOf(list as CelList, new CelUint(0n), (sum, item) => checkedUint((sum as CelUint).value + (item as CelUint).value)), PER_ITEM)
    .define("list_double_sum_double", "list(double)::sum() -> double", ([list]) => sumOf(list as CelList, 0, (sum, item) => (sum as number) + (item as number)), PER_ITEM)
    .define("list_duration_sum_duration", "list(duration)::sum() -> duration", ([list]) => sumOf(list as CelList, duration(0n), (sum, item) => duration((sum as CelDuration).duration_ns + (item as CelDuration).duration_ns)), PER_ITEM)
    .define("list_a_index_of_int", "list(A)::indexOf(A) -> int", ([list, value], meter) => find(list as CelList, value as CelValue, meter), COMPARES)
    .define("list_a_last_index_of_int", "list(A)::lastIndexOf(A) -> int", ([list, value], meter) => findLast(list as CelList, value as CelValue, meter), COMPARES)
    .define("list_sets_contains_list", "sets.contains(list(A), list(A)) -> bool", ([a, b], meter) => containsAll(a as CelList, b as CelList, meter), PAIRS)
    .define("list_sets_equivalent_list", "sets.equivalent(list(A), list(A)) -> bool", ([a, b], meter) => containsAll(a as CelList, b as CelList, meter) && containsAll(b as CelList, a as CelList, meter), BOTH_WAYS)
    .define("list_sets_intersects_list", "sets.intersects(list(A), list(A)) -> bool", ([a, b], meter) => intersects(a as CelList, b as CelList, meter), PAIRS);
}

function sumOf(list: CelList, zero: CelValue, add: (sum: CelValue, item: CelValue) => CelValue): CelValue {
  let sum = zero;
  for (const item of list) sum = add(sum, item);
  return sum;
}

/** The values of the optionals that have one. */
export function unwrapped(list: CelList, open: (item: CelValue) => CelValue | undefined): ArrayList {
  const values: CelValue[] = [];
  for (const item of list) {
    const value = open(item);
    if (value !== undefined) values.push(value);
  }
  return new ArrayList(values);
}
