import { equalJson, isMap } from "../patch/json-value.ts";
import type { Structural } from "./structural.ts";

/** More items than that are not paired one by one: an update of a larger list is judged as a whole. */
const MAX_PAIRED_ITEMS = 100_000;

/**
 * A value of an update beside what it was before: how ratcheting (KEP-4008) and `oldSelf` find the former value. Fields and entries are paired by
 * name, items of lists of type map by their keys; items of other lists have no former value.
 */
export class Correlation {
  readonly #schema: Structural | undefined;
  readonly #value: unknown;
  readonly #old: unknown;
  #items: ReadonlyMap<string, unknown> | undefined;
  #equal: boolean | undefined;

  constructor(schema: Structural | undefined, value: unknown, old: unknown) {
    this.#schema = schema;
    this.#value = value;
    this.#old = old;
  }

  get old(): unknown {
    return this.#old;
  }

  /** The value has not changed. */
  get unchanged(): boolean {
    this.#equal ??= equalJson(this.#value, this.#old);
    return this.#equal;
  }

  field(name: string): Correlation | undefined {
    const schema = this.#schema;
    if (schema === undefined || !isMap(this.#value) || !isMap(this.#old)) return undefined;
    if (schema.props["x-kubernetes-map-type"] === "atomic") return undefined;
    if (!Object.hasOwn(this.#value, name) || !Object.hasOwn(this.#old, name)) return undefined;
    const child = schema.properties.get(name) ?? schema.values;
    return child === undefined ? undefined : new Correlation(child, this.#value[name], this.#old[name]);
  }

  item(index: number): Correlation | undefined {
    const schema = this.#schema;
    if (schema?.listType !== "map" || !Array.isArray(this.#value) || !Array.isArray(this.#old)) return undefined;
    const key = itemKey(this.#value[index], schema);
    this.#items ??= byKey(this.#old, schema);
    const old = key === undefined ? undefined : this.#items.get(key);
    return old === undefined ? undefined : new Correlation(schema.items, this.#value[index], old);
  }
}

function byKey(list: readonly unknown[], schema: Structural): ReadonlyMap<string, unknown> {
  const items = new Map<string, unknown>();
  if (list.length > MAX_PAIRED_ITEMS) return items;
  for (const item of list) {
    const key = itemKey(item, schema);
    if (key !== undefined) items.set(key, item);
  }
  return items;
}

/** What names an item of a list of type map, as text: its keys' values, defaults included. undefined: it is no object. */
export function itemKey(item: unknown, schema: Structural): string | undefined {
  if (!isMap(item)) return undefined;
  let text = "";
  for (const name of schema.listMapKeys) {
    const own = Object.hasOwn(item, name) ? item[name] : schema.items?.properties.get(name)?.props.default;
    text += `${typeof own}:${JSON.stringify(typeof own === "bigint" ? String(own) : (own ?? null))},`;
  }
  return text;
}
