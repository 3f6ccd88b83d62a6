import { isMap } from "../patch/json-value.ts";
import type { Structural } from "./structural.ts";

/** Fields of an object with metadata that need not be in its schema. */
const resourceFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/**
 * Removes the fields that the schema does not declare, and nulls of fields that are not nullable (a default may replace them). `isRoot`: apiVersion, kind and metadata of
 * the object itself stay. Returns the paths of the unknown fields, sorted. Walks recursively: values are at most MAX_KEPT_DEPTH deep.
 */
export function pruneValue(value: unknown, schema: Structural, isRoot: boolean): string[] {
  const unknown: string[] = [];
  prune(value, schema, isRoot || schema.isResource, "", unknown);
  return unknown.sort();
}

function prune(value: unknown, schema: Structural | undefined, isResource: boolean, path: string, unknown: string[]): void {
  if (Array.isArray(value)) pruneList(value, schema, path, unknown);
  else if (isMap(value)) pruneMap(value, schema, isResource, path, unknown);
}

function pruneList(list: readonly unknown[], schema: Structural | undefined, path: string, unknown: string[]): void {
  // Below x-kubernetes-preserve-unknown-fields nothing is pruned unless the schema speaks of it again.
  const items = schema?.items;
  if (items === undefined && schema?.preservesUnknown) return;
  list.forEach((item, i) => {
    prune(item, items, items?.isResource === true, `${path}[${i}]`, unknown);
  });
}

function pruneMap(map: Record<string, unknown>, schema: Structural | undefined, isResource: boolean, path: string, unknown: string[]): void {
  for (const key of Object.keys(map)) {
    if (isResource && resourceFields.has(key)) continue;
    const child = schema?.properties.get(key) ?? schema?.values;
    if (child === undefined) {
      if (schema?.preservesUnknown || schema?.allowsOthers) continue;
      unknown.push(path === "" ? key : `${path}.${key}`);
      delete map[key];
    } else if (map[key] === null && !child.nullable) {
      delete map[key];
    } else prune(map[key], child, child.isResource, path === "" ? key : `${path}.${key}`, unknown);
  }
}
