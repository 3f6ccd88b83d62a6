import { findJsonPath, type JsonPath, JsonPathError, parseJsonPath } from "../../structural/json-path.ts";
import type { ApiObject } from "../../wire.ts";
import type { FieldGetter } from "../kind.ts";

/** The first value that a path finds in an object; undefined where it finds none or cannot be read. The path is read when it is first needed. */
function jsonPathGetter(text: string): (object: ApiObject) => unknown {
  let path: JsonPath | undefined;
  return (object) => {
    try {
      path ??= parseJsonPath(text);
      return findJsonPath(path, object)[0];
    } catch (error) {
      if (error instanceof JsonPathError) return undefined;
      throw error;
    }
  };
}

/** Selectable fields of a version: `spec.color` for the path `.spec.color`. */
export function selectableFieldGetters(fields: readonly { readonly jsonPath?: string }[] | undefined): Readonly<Record<string, FieldGetter>> {
  const getters: Record<string, FieldGetter> = {};
  for (const { jsonPath = "" } of fields ?? []) {
    const getter = jsonPathGetter(jsonPath);
    getters[jsonPath.replace(/^\./, "")] = (object) => fieldText(getter(object));
  }
  return getters;
}

/** Go's text of a string, boolean or integer; "" where there is none. */
function fieldText(value: unknown): string {
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}
