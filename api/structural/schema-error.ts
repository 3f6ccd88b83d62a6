import { encodeFree } from "../codec/json-encode.ts";
import { type FieldError, invalid, notSupportedInOrder, RawValue, required, tooLong, tooMany, typeInvalid } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";

/** One finding of a schema, as go-openapi words it; `toFieldErrors` makes it a cause. */
export type SchemaError =
  | { readonly code: "required" | "other"; readonly name: string; readonly text: string }
  | { readonly code: "type" | "value"; readonly name: string; readonly text: string; readonly value: unknown }
  | { readonly code: "enum"; readonly name: string; readonly text: string; readonly value: unknown; readonly allowed: readonly unknown[] }
  | { readonly code: "tooLong"; readonly name: string; readonly text: string; readonly limit: number }
  | { readonly code: "tooMany"; readonly name: string; readonly text: string; readonly count: number; readonly limit: number };

/** What Kubernetes prints for a path that there is none of. */
export const NO_PATH = "<nil>";

/** A path's text; `<nil>` for the object itself. */
export function pathText(path: FieldPath | undefined): string {
  return path === undefined ? NO_PATH : path.toString();
}

/** The field below a path that may be none. */
export function childOf(path: FieldPath | undefined, name: string): FieldPath {
  return path === undefined ? fieldPath(name) : path.child(name);
}

/** A value as it stands in an error: objects, lists and big integers as Go's JSON. */
export function shownValue(value: unknown): unknown {
  return typeof value === "bigint" || (typeof value === "object" && value !== null && !(value instanceof RawValue)) ? new RawValue(encodeFree(value)) : value;
}

/** The causes of a 422: names of the findings are below `path`. */
export function toFieldErrors(path: FieldPath | undefined, errors: readonly SchemaError[]): FieldError[] {
  return errors.map((error) => toFieldError(path, error));
}

function toFieldError(path: FieldPath | undefined, error: SchemaError): FieldError {
  const name = error.name.startsWith(".") ? error.name.slice(1) : error.name;
  const at = name === "" ? pathText(path) : childOf(path, name);
  switch (error.code) {
    case "required":
      return required(at);
    case "enum":
      return notSupportedInOrder(
        at,
        shownValue(error.value),
        error.allowed.map((value) => (typeof value === "string" ? value : encodeFree(value))),
      );
    case "tooLong":
      return tooLong(at, error.limit);
    case "tooMany":
      return tooMany(at, error.count, error.limit);
    case "type":
      return typeInvalid(at, shownValue(error.value), error.text);
    case "value":
      return invalid(at, shownValue(error.value), error.text);
    default:
      // Findings without a place: several alternatives, ranges of formats.
      return invalid(pathText(path), "", error.text);
  }
}
