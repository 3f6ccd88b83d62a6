import { equalJson, isMap, memberOf } from "../json-value.ts";
import { goKindText, goValueText } from "../go-value.ts";
import { badArgument, listOfLists, merging, noMergeKey } from "./errors.ts";
import { DIRECTIVE } from "./directives.ts";

/** The one kind of all items: maps or scalars. @throws StatusError when they differ or are lists */
export function itemKind(...lists: readonly (readonly unknown[])[]): "map" | "scalar" {
  let kind: string | undefined;
  for (const item of lists.flat(1)) {
    const own = goKindText(item);
    if (kind === undefined && own === "slice") throw listOfLists();
    kind ??= own;
    if (own !== kind) throw merging(`list element types are not identical: ${goValueText(lists)}`);
  }
  if (kind === undefined) throw merging("no elements in any of the given slices");
  return kind === "map" ? "map" : "scalar";
}

/** The item of a list of maps whose merge key has this value, -1 when there is none. */
export function indexByKey(list: readonly unknown[], mergeKey: string, value: unknown): number {
  return list.findIndex((item, i) => {
    if (!isMap(item)) throw merging(`value for key ${i} is not a map`);
    return Object.hasOwn(item, mergeKey) && item[mergeKey] === value;
  });
}

/** Splits a list into the items that stand in `by` and the others. */
export function partition(list: readonly unknown[], by: readonly unknown[], mergeKey: string): { inside: unknown[]; outside: unknown[] } {
  const inside: unknown[] = [];
  const outside: unknown[] = [];
  for (const item of list) {
    const found = mergeKey === "" ? by.includes(item) : indexByKey(by, mergeKey, keyOf(item, mergeKey)) >= 0;
    (found ? inside : outside).push(item);
  }
  return { inside, outside };
}

function keyOf(item: unknown, mergeKey: string): unknown {
  if (!isMap(item)) throw badArgument("map", item);
  const value = memberOf(item, mergeKey);
  if (value === undefined) throw noMergeKey(item, mergeKey);
  return value;
}

/** Items with `$patch: delete`, and the others. */
export function splitDeletions(list: readonly unknown[]): { kept: unknown[]; deleted: unknown[] } {
  const kept: unknown[] = [];
  const deleted: unknown[] = [];
  for (const item of list) {
    if (!isMap(item)) throw badArgument("map", item);
    (memberOf(item, DIRECTIVE) === "delete" ? deleted : kept).push(item);
  }
  return { kept, deleted };
}

/** The list in the order in which its items stand in `order`, deletions last. */
export function sortBy(list: readonly unknown[], order: readonly unknown[], mergeKey: string, kind: "map" | "scalar"): unknown[] {
  if (kind === "scalar") return stableSort(list, order, mergeKey);
  for (const item of [...list, ...order]) keyOf(item, mergeKey);
  const { kept, deleted } = splitDeletions(list);
  return [...stableSort(kept, order, mergeKey), ...deleted];
}

function stableSort(list: readonly unknown[], order: readonly unknown[], mergeKey: string): unknown[] {
  const rank = new Map(list.map((item) => [item, place(order, item, mergeKey)]));
  return [...list].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}

/** Where an item stands in a list, -1 when it does not. */
function place(list: readonly unknown[], item: unknown, mergeKey: string): number {
  if (mergeKey === "" || !isMap(item)) return list.indexOf(item);
  const value = item[mergeKey];
  return list.findIndex((other) => isMap(other) && other[mergeKey] === value);
}

/**
 * Both halves of a list in one: the patch's items in the patch's order, the server's own in theirs, interleaved so that
 * the live order is kept where it can be.
 */
export function interleave(patched: readonly unknown[], serverOnly: readonly unknown[], patchOrder: readonly unknown[], serverOrder: readonly unknown[], mergeKey: string, kind: "map" | "scalar"): unknown[] {
  const right = sortBy(patched, patchOrder, mergeKey, kind);
  const left = sortBy(serverOnly, serverOrder, mergeKey, kind);
  const all: unknown[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i >= left.length) all.push(right[j++]);
    else if (j >= right.length) all.push(left[i++]);
    else {
      const [l, r] = [place(serverOrder, left[i], mergeKey), place(serverOrder, right[j], mergeKey)];
      all.push(l >= 0 && r >= 0 && l < r ? left[i++] : right[j++]);
    }
  }
  return all;
}

/** Whether two items have the same merge key (or are the same scalar). @throws StatusError */
export function sameKey(a: unknown, b: unknown, mergeKey: string): boolean {
  return mergeKey === "" ? equalJson(a, b) : keyOf(a, mergeKey) === keyOf(b, mergeKey);
}

