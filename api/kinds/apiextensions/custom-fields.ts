import type { ApiObject } from "../../wire.ts";
import type { FieldGetter } from "../kind.ts";
import { NestedTypeError, valueAt } from "./custom-scale.ts";

/** Selectable fields of a version: `spec.color` for the path `.spec.color`. */
export function selectableFieldGetters(fields: readonly { readonly jsonPath?: string }[] | undefined): Readonly<Record<string, FieldGetter>> {
  const getters: Record<string, FieldGetter> = {};
  for (const { jsonPath = "" } of fields ?? []) getters[jsonPath.replace(/^\./, "")] = (object) => fieldText(object, jsonPath);
  return getters;
}

/** Go's text of a string, boolean or integer; "" where there is none. */
function fieldText(object: ApiObject, path: string): string {
  try {
    const value = valueAt(object, path);
    return value === undefined || value === null || typeof value === "object" ? "" : String(value);
  } catch (error) {
    if (error instanceof NestedTypeError) return "";
    throw error;
  }
}
