import { setOwn } from "../codec/zero.ts";
import { hasMember, isMap, type JsonMap } from "../patch/json-value.ts";
import { itemElementOrNone } from "./list-item.ts";
import { type ListType, type MapType, type MergeType, typeFor } from "./merge-type.ts";
import type { PathElement } from "./path-element.ts";

/**
 * The live value with a configuration laid over it: what the configuration says wins, lists keep the configuration's
 * order where both have items and the live order elsewhere. `undefined` is an absent value.
 */
export function mergeValues(type: MergeType, live: unknown, config: unknown): unknown {
  const own = typeFor(type, config === undefined ? live : config);
  if (own.type === "scalar" || own.relation === "atomic") return config === undefined ? live : config;
  if (own.type === "list") return mergeLists(own, live, config);
  return mergeMaps(own, live, config);
}

function mergeMaps(type: MapType, live: unknown, config: unknown): unknown {
  const left = isMap(live) ? live : undefined;
  const right = isMap(config) ? config : undefined;
  if (isBare(left) && isBare(right)) return config === undefined ? live : config;
  const merged: JsonMap = {};
  for (const name of new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])) {
    const field = type.field(name) ?? type.values();
    const value = mergeValues(field ?? { type: "untyped", relation: "atomic" }, memberIn(left, name), memberIn(right, name));
    if (value !== undefined) setOwn(merged, name, value);
  }
  return Object.keys(merged).length === 0 ? undefined : merged;
}

function memberIn(map: JsonMap | undefined, name: string): unknown {
  return map !== undefined && hasMember(map, name) ? map[name] : undefined;
}

function isBare(map: JsonMap | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0;
}

function mergeLists(type: ListType, live: unknown, config: unknown): unknown {
  const left = Array.isArray(live) ? live : [];
  const right = Array.isArray(config) ? config : [];
  if (left.length === 0 && right.length === 0) return config === undefined ? live : config;
  const merged = new ListMerger(type, left, right).merge();
  return merged.length === 0 ? undefined : merged;
}

/** Walks both lists at once; items of both are merged, at the place that the configuration gives them. */
class ListMerger {
  readonly #type: ListType;
  readonly #live: readonly unknown[];
  readonly #liveElements: readonly (PathElement | undefined)[];
  readonly #liveItems = new Map<PathElement, unknown>();
  readonly #config = new Map<PathElement, unknown>();
  readonly #out: unknown[] = [];

  constructor(type: ListType, live: readonly unknown[], config: readonly unknown[]) {
    this.#type = type;
    this.#live = live;
    this.#liveElements = live.map((item) => itemElementOrNone(type, item));
    const seen = new Set<PathElement>();
    this.#liveElements.forEach((element, i) => {
      if (element === undefined) return;
      // What stands twice has no one item to merge with.
      if (seen.has(element)) this.#liveItems.set(element, undefined);
      else this.#liveItems.set(element, live[i]);
      seen.add(element);
    });
    for (const item of config) {
      const element = itemElementOrNone(type, item);
      if (element !== undefined) this.#config.set(element, item);
    }
  }

  merge(): unknown[] {
    const config = [...this.#config.keys()];
    const shared = config.filter((element) => this.#liveItems.has(element));
    const merged = new Set<PathElement>();
    let next = shared.shift();
    let [l, r] = [0, 0];
    while (l < this.#live.length || r < config.length) {
      const element = this.#liveElements[l];
      const wanted = config[r];
      if (l < this.#live.length && wanted !== undefined && element !== undefined) {
        if (element === wanted) {
          this.#put(this.#liveItems.get(element), this.#config.get(element));
          merged.add(element);
          l++;
          r++;
          next = shared.shift();
          continue;
        }
        // Of both, but another one of both comes first.
        if (this.#config.has(element) && next !== undefined && next !== element) {
          l++;
          continue;
        }
      }
      if (l < this.#live.length) {
        if (element === undefined || !this.#config.has(element)) {
          this.#put(this.#live[l], undefined);
          l++;
          continue;
        }
        if (merged.has(element)) l++;
      }
      if (wanted !== undefined) {
        this.#put(this.#liveItems.get(wanted), this.#config.get(wanted));
        merged.add(wanted);
        r++;
        if (next === wanted) next = shared.shift();
      }
    }
    return this.#out;
  }

  #put(live: unknown, config: unknown): void {
    const value = mergeValues(this.#type.items(), live, config);
    if (value !== undefined) this.#out.push(value);
  }
}
