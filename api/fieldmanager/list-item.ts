import { isMap, memberOf } from "../patch/json-value.ts";
import { goQuote } from "../status/go-text.ts";
import type { ListType } from "./merge-type.ts";
import { keyElement, type PathElement, valueElement } from "./path-element.ts";

/** Why an item has no place in its list; message is structured-merge-diff's wording. */
export class ListItemError extends Error {}

/** How an item of a `map` or `set` list is named. @throws ListItemError */
export function itemElement(type: ListType, item: unknown): PathElement {
  if (type.relation === "set") return setElement(item);
  if (item === null) throw new ListItemError("associative list with keys may not have a null element");
  if (!isMap(item)) throw new ListItemError("associative list with keys may not have non-map elements");
  const keys: Record<string, unknown> = {};
  const items = type.items();
  for (const key of type.keys) {
    const value = memberOf(item, key) ?? (items.type === "map" ? items.keyDefault(key) : undefined);
    if (value !== undefined) keys[key] = value;
  }
  if (type.keys.length > 0 && Object.keys(keys).length === 0) {
    throw new ListItemError(`associative list with keys has an element that omits all key fields [${type.keys.map(goQuote).join(" ")}] (and doesn't have default values for any key fields)`);
  }
  return keyElement(keys);
}

function setElement(item: unknown): PathElement {
  if (item === null) throw new ListItemError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new ListItemError("not supported: associative list with lists as elements");
  if (typeof item === "object") throw new ListItemError("associative list without keys has an element that's a map type");
  return valueElement(item);
}

/** The element, undefined for an item that has no place. */
export function itemElementOrNone(type: ListType, item: unknown): PathElement | undefined {
  try {
    return itemElement(type, item);
  } catch (error) {
    if (error instanceof ListItemError) return undefined;
    throw error;
  }
}
