import { encodeFree } from "../codec/json-encode.ts";
import { isMap, type JsonMap, memberOf } from "../patch/json-value.ts";
import { duplicate, type FieldError } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { itemKey } from "./correlation.ts";
import { childOf, pathText, shownValue } from "./schema-error.ts";
import type { Structural } from "./structural.ts";

/** Items that stand twice in lists of type set, keys that stand twice in lists of type map; each value once. */
export function validateListTypes(value: unknown, schema: Structural | undefined, path?: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  walk(value, schema, path, errors);
  return errors;
}

function walk(value: unknown, schema: Structural | undefined, path: FieldPath | undefined, errors: FieldError[]): void {
  if (!schema?.hasListTypes) return;
  if (Array.isArray(value)) {
    if (schema.listType !== "atomic") checkList(value, schema, path, errors);
    value.forEach((item, i) => {
      walk(item, schema.items, path?.index(i), errors);
    });
  } else if (isMap(value)) {
    for (const key of Object.keys(value).sort()) {
      const child = schema.properties.get(key);
      if (child !== undefined) walk(value[key], child, childOf(path, key), errors);
      else walk(value[key], schema.values, path?.key(key) ?? childOf(path, key), errors);
    }
  }
}

function checkList(list: readonly unknown[], schema: Structural, path: FieldPath | undefined, errors: FieldError[]): void {
  const counts = new Map<string, number>();
  list.forEach((item, i) => {
    const key = schema.listType === "map" ? itemKey(item, schema) : encodeFree(item);
    if (key === undefined) return;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count !== 2) return;
    const shown = schema.listType === "map" ? keysOf(item as JsonMap, schema) : item;
    errors.push(duplicate(path?.index(i) ?? pathText(path), shownValue(shown)));
  });
}

function keysOf(item: JsonMap, schema: Structural): JsonMap {
  return Object.fromEntries(schema.listMapKeys.flatMap((key) => (Object.hasOwn(item, key) ? [[key, memberOf(item, key)]] : [])));
}
