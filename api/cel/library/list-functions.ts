import { CelError } from "../cel-error.ts";
import { meteredEquals } from "../equality.ts";
import { type Cost, Library, smallInt } from "../function.ts";
import { SORT_BY_KEYS } from "../macros.ts";
import type { Meter } from "../meter.ts";
import { ArrayList, CelList, type CelValue } from "../values.ts";
import { compareValues } from "./operators.ts";

/** A call, and a list that is made. */
const MADE = 11;
const UNKNOWN = 2 ** 64;
/** `lists.range` makes no longer ones, whatever is paid. */
const MAX_RANGE = 1_000_000;

const PER_ITEM: Cost = { units: ([size = 0]) => MADE + size, resultSize: ([size = 0]) => size };
/** Each with each, twice; texts are walked too. */
const SELF_COMPARED: Cost = { units: ([size = 0]) => MADE + 2 * size * size, resultSize: ([size = 0]) => size * size };
const TEXTS_COMPARED: Cost = { units: ([size = 0]) => MADE + Math.ceil(2.1 * size * size), resultSize: ([size = 0]) => size * size };
const SLICED: Cost = {
  units: () => MADE,
  estimated: (sizes, values) => MADE + sliceSize(sizes, values),
  resultSize: (sizes, values) => sliceSize(sizes, values),
};
const RANGED: Cost = { units: () => MADE, estimated: (_sizes, [count = UNKNOWN]) => MADE + count, resultSize: (_sizes, [count = UNKNOWN]) => count };
const FLATTENED: Cost = { units: ([size = 0]) => MADE + size, estimated: ([size = 0], [, depth = UNKNOWN]) => MADE + size * depth, resultSize: ([size = 0]) => size };

function sliceSize([size = 0]: readonly number[], [, start = 0, end = size]: readonly (number | undefined)[]): number {
  return Math.max(0, end - start);
}

function slice(list: CelList, from: bigint, to: bigint, meter: Meter): ArrayList {
  const what = `cannot slice(${from}, ${to})`;
  if (from < 0n || to < 0n) throw new CelError(`${what}, negative indexes not supported`);
  if (from > to) throw new CelError(`${what}, start index must be less than or equal to end index`);
  if (to > BigInt(list.size)) throw new CelError(`${what}, list is length ${list.size}`);
  meter.spend(Number(to - from));
  return new ArrayList(Array.from({ length: Number(to - from) }, (_, i) => list.at(Number(from) + i)));
}

function flatten(list: CelList, depth: number, meter: Meter, into: CelValue[] = []): CelValue[] {
  if (depth < 0) throw new CelError("level must be non-negative");
  for (const item of list) {
    if (!(item instanceof CelList) || depth === 0) {
      into.push(item);
      continue;
    }
    meter.spend(item.size);
    flatten(item, depth - 1, meter, into);
  }
  return into;
}

function range(count: bigint, meter: Meter): ArrayList {
  const length = Math.max(0, smallInt(count, "range"));
  if (length > MAX_RANGE) throw new CelError(`range is longer than ${MAX_RANGE}: ${count}`);
  meter.spend(length);
  return new ArrayList(Array.from({ length }, (_, i) => BigInt(i)));
}

function distinct(list: CelList, meter: Meter): ArrayList {
  const found: CelValue[] = [];
  for (const item of list) if (!found.some((other) => meteredEquals(item, other, meter))) found.push(item);
  return new ArrayList(found);
}

/** The items in the order of their keys; equal ones stay as they were. */
function sortByKeys(list: CelList, keys: CelList): ArrayList {
  const order = Array.from({ length: list.size }, (_, i) => ({ item: list.at(i), key: keys.at(i) }));
  return new ArrayList(order.sort((a, b) => compareValues(a.key, b.key)).map(({ item }) => item));
}

const onKeys = (cost: Cost): Cost => ({ units: ([, keys = 0]) => cost.units([keys]), resultSize: ([, keys = 0]) => keys * keys });
const KEYS_COMPARED = onKeys(SELF_COMPARED);
const TEXT_KEYS_COMPARED = onKeys(TEXTS_COMPARED);

/** cel-go's extension of lists, since Kubernetes 1.34. */
export function listFunctions(): Library {
  const library = new Library();
  for (const type of ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]) {
    library.define(`list_${type}_sortByAssociatedKeys`, `list(A)::${SORT_BY_KEYS}(list(${type})) -> list(A)`, ([list, keys]) => sortByKeys(list as CelList, keys as CelList), type === "string" || type === "bytes" ? TEXT_KEYS_COMPARED : KEYS_COMPARED);
    library.define(`list_${type}_sort`, `list(${type})::sort() -> list(${type})`, ([list]) => new ArrayList([...(list as CelList)].sort(compareValues)), type === "string" || type === "bytes" ? TEXTS_COMPARED : SELF_COMPARED);
  }
  return library
    .define("list_slice", "list(A)::slice(int, int) -> list(A)", ([list, from, to], meter) => slice(list as CelList, from as bigint, to as bigint, meter), SLICED)
    .define("list_reverse", "list(A)::reverse() -> list(A)", ([list]) => new ArrayList([...(list as CelList)].reverse()), PER_ITEM)
    .define("list_distinct", "list(A)::distinct() -> list(A)", ([list], meter) => distinct(list as CelList, meter), SELF_COMPARED)
    .define("list_flatten", "list(list(A))::flatten() -> list(A)", ([list], meter) => new ArrayList(flatten(list as CelList, 1, meter)), PER_ITEM)
    .define("list_flatten_int", "list(dyn)::flatten(int) -> list(dyn)", ([list, depth], meter) => new ArrayList(flatten(list as CelList, smallInt(depth as bigint, "level"), meter)), FLATTENED)
    .define("lists_range", "lists.range(int) -> list(int)", ([count], meter) => range(count as bigint, meter), RANGED);
}
