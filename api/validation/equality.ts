import { compareQuantities } from "../quantity.ts";
import { definition } from "../schema/schema.ts";
import type { SchemaType } from "../schema/types.ts";

/**
 * The two values of that definition mean the same: an empty list or map is an absent one, a zero value is an absent one where
 * the field is no pointer, and quantities and times are compared by what they say. After apimachinery's equality.Semantic.
 */
export function semanticEqual(name: string, a: unknown, b: unknown): boolean {
  return a === b || equalObjects(name, a, b);
}

function equalObjects(name: string, a: unknown, b: unknown): boolean {
  const left = (a ?? {}) as Record<string, unknown>;
  const right = (b ?? {}) as Record<string, unknown>;
  for (const field of definition(name).fields) {
    const x = left[field.name];
    const y = right[field.name];
    if (x === y) continue;
    if (field.pointer && ((x ?? null) === null) !== ((y ?? null) === null)) return false;
    if (!equal(field.type, x, y)) return false;
  }
  return true;
}

function equal(type: SchemaType, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  switch (type.type) {
    case "object":
      return equalObjects(type.definition, a, b);
    case "list":
      return equalLists(type.items, (a ?? []) as unknown[], (b ?? []) as unknown[]);
    case "map":
      return equalMaps(type.values, (a ?? {}) as Record<string, unknown>, (b ?? {}) as Record<string, unknown>);
    case "quantity":
      return compareQuantities((a ?? "0") as string, (b ?? "0") as string) === 0;
    case "string":
    case "bytes":
      return (a ?? "") === (b ?? "");
    case "integer":
    case "double":
    case "intOrString":
      return (a ?? 0) === (b ?? 0);
    case "boolean":
      return (a ?? false) === (b ?? false);
    case "time":
    case "microTime":
      return (a ?? null) === (b ?? null);
    default:
      return equalJson(a, b);
  }
}

function equalLists(items: SchemaType, a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => equal(items, item, b[i]));
}

function equalMaps(values: SchemaType, a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(values, a[key], b[key]));
}

/** JSON values, key by key; the order of keys does not matter. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key], right[key]));
}
