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

/** Where the items of a list of maps stand by the values of their merge key: built once, so that long lists cost no square of their length. */
export class KeyIndex {
  /** By value the places of the items that have it, and which of them comes first now. */
  readonly #places = new Map<unknown, { readonly at: number[]; first: number }>();
  readonly #mergeKey: string;
  #broken = -1;

  constructor(list: readonly unknown[], mergeKey: string) {
    this.#mergeKey = mergeKey;
    for (const [i, item] of list.entries()) this.add(item, i);
  }

  add(item: unknown, at: number): void {
    if (!isMap(item)) {
      if (this.#broken < 0) this.#broken = at;
      return;
    }
    if (!Object.hasOwn(item, this.#mergeKey)) return;
    const places = this.#places.get(item[this.#mergeKey]);
    if (places === undefined) this.#places.set(item[this.#mergeKey], { at: [at], first: 0 });
    else places.at.push(at);
  }

  /** The first item with this value has it no longer. */
  dropFirst(value: unknown): void {
    const places = this.#places.get(value);
    if (places !== undefined) places.first++;
  }

  /** The first item with this value, -1 when there is none. @throws StatusError when the search meets an item that is no map */
  of(value: unknown): number {
    const places = this.#places.get(value);
    const found = places?.at[places.first] ?? -1;
    if (this.#broken >= 0 && (found < 0 || found > this.#broken)) throw merging(`value for key ${this.#broken} is not a map`);
    return found;
  }
}

/** Splits a list into the items that stand in `by` and the others. */
export function partition(list: readonly unknown[], by: readonly unknown[], mergeKey: string): { inside: unknown[]; outside: unknown[] } {
  const inside: unknown[] = [];
  const outside: unknown[] = [];
  const scalars = new Set(mergeKey === "" ? by : []);
  const index = new KeyIndex(mergeKey === "" ? [] : by, mergeKey);
  for (const item of list) {
    const found = mergeKey === "" ? scalars.has(item) : index.of(keyOf(item, mergeKey)) >= 0;
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
  const places = new Places(order, mergeKey);
  const rank = new Map(list.map((item) => [item, places.of(item)]));
  return [...list].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}

/** Where items stand in a list: maps by their merge key, others by themselves. */
class Places {
  readonly #byItem = new Map<unknown, number>();
  readonly #byKey = new Map<unknown, number>();
  readonly #mergeKey: string;

  constructor(list: readonly unknown[], mergeKey: string) {
    this.#mergeKey = mergeKey;
    list.forEach((item, i) => {
      if (!this.#byItem.has(item)) this.#byItem.set(item, i);
      if (mergeKey !== "" && isMap(item) && !this.#byKey.has(item[mergeKey])) this.#byKey.set(item[mergeKey], i);
    });
  }

  /** -1 for an item that does not stand in it. */
  of(item: unknown): number {
    return (this.#mergeKey === "" || !isMap(item) ? this.#byItem.get(item) : this.#byKey.get(item[this.#mergeKey])) ?? -1;
  }
}

/**
 * Both halves of a list in one: the patch's items in the patch's order, the server's own in theirs, interleaved so that
 * the live order is kept where it can be.
 */
export function interleave(patched: readonly unknown[], serverOnly: readonly unknown[], patchOrder: readonly unknown[], serverOrder: readonly unknown[], mergeKey: string, kind: "map" | "scalar"): unknown[] {
  const right = sortBy(patched, patchOrder, mergeKey, kind);
  const left = sortBy(serverOnly, serverOrder, mergeKey, kind);
  const live = new Places(serverOrder, mergeKey);
  const all: unknown[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i >= left.length) all.push(right[j++]);
    else if (j >= right.length) all.push(left[i++]);
    else {
      const [l, r] = [live.of(left[i]), live.of(right[j])];
      all.push(l >= 0 && r >= 0 && l < r ? left[i++] : right[j++]);
    }
  }
  return all;
}

/** Whether two items have the same merge key (or are the same scalar). @throws StatusError */
export function sameKey(a: unknown, b: unknown, mergeKey: string): boolean {
  return mergeKey === "" ? equalJson(a, b) : keyOf(a, mergeKey) === keyOf(b, mergeKey);
}

