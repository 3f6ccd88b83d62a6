import type { FieldPath } from "./field-path.ts";
import { goQuote } from "./go-text.ts";

/** One cause of a 422, after apimachinery's field.Error. `field` is the path: `spec.containers[0].name`. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly badValue?: unknown;
  readonly detail: string;
}

/** metav1.CauseType, the `reason` of a Status cause. */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "InternalError"
  | "FieldValueTypeInvalid";

const typeText: Readonly<Record<FieldErrorType, string>> = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  InternalError: "Internal error",
  FieldValueTypeInvalid: "Invalid value",
};

/** A bad value whose text is already as it shall be printed (Go's JSON of an internal type, `[2,1]`, …). */
export class RawValue {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** As a bad value: none is printed, only the type and the detail. */
export const OMIT_VALUE = new RawValue("");

type Path = FieldPath | string;

function make(type: FieldErrorType, path: Path, badValue: unknown, detail: string): FieldError {
  return { type, field: path.toString(), badValue, detail };
}

/** `Required value`, with `: detail` when there is one. */
export function required(path: Path, detail = ""): FieldError {
  return make("FieldValueRequired", path, "", detail);
}

/** `Invalid value: VALUE: detail`. null and undefined print as null, objects and lists as JSON. */
export function invalid(path: Path, badValue: unknown, detail: string): FieldError {
  return make("FieldValueInvalid", path, badValue, detail);
}

/** `Unsupported value: VALUE: supported values: "a", "b"`: the values sorted. */
export function notSupported(path: Path, badValue: unknown, supported: readonly string[]): FieldError {
  const sorted = [...supported].sort().map(goQuote);
  return make("FieldValueNotSupported", path, badValue, sorted.length === 0 ? "" : `supported values: ${sorted.join(", ")}`);
}

/** `Unsupported value: VALUE: supported values: …` with the values in the given order, for the few rules that do not sort. */
export function notSupportedInOrder(path: Path, badValue: unknown, supported: readonly string[]): FieldError {
  return make("FieldValueNotSupported", path, badValue, `supported values: ${supported.map(goQuote).join(", ")}`);
}

/** `Duplicate value: VALUE`. */
export function duplicate(path: Path, badValue: unknown): FieldError {
  return make("FieldValueDuplicate", path, badValue, "");
}

/** `Forbidden: detail`. */
export function forbidden(path: Path, detail: string): FieldError {
  return make("FieldValueForbidden", path, "", detail);
}

/** `Too long: may not be more than N bytes`. */
export function tooLong(path: Path, maximum_bytes: number): FieldError {
  return make("FieldValueTooLong", path, OMIT_VALUE, maximum_bytes < 0 ? "value is too long" : `may not be more than ${maximum_bytes} ${maximum_bytes === 1 ? "byte" : "bytes"}`);
}

/** `Too many: ACTUAL: must have at most N items`. */
export function tooMany(path: Path, actual: number, maximum: number): FieldError {
  const detail = maximum < 0 ? "has too many items" : `must have at most ${maximum} ${maximum === 1 ? "item" : "items"}`;
  return make("FieldValueTooMany", path, actual < 0 ? OMIT_VALUE : actual, detail);
}

/** `Not found: VALUE`. */
export function notFound(path: Path, badValue: unknown): FieldError {
  return make("FieldValueNotFound", path, badValue, "");
}

/** `Invalid value: VALUE: detail` with the cause FieldValueTypeInvalid. */
export function typeInvalid(path: Path, badValue: unknown, detail: string): FieldError {
  return make("FieldValueTypeInvalid", path, badValue, detail);
}

/** `Internal error: detail`. */
export function internal(path: Path, detail: string): FieldError {
  return make("InternalError", path, null, detail);
}

const withoutValue: ReadonlySet<FieldErrorType> = new Set(["FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong", "InternalError"]);

function valueText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return goQuote(value);
  if (value instanceof RawValue) return value.text;
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** The message of the cause: everything but the path. */
export function fieldErrorBody(error: FieldError): string {
  const omit = withoutValue.has(error.type) || error.badValue === OMIT_VALUE;
  const head = omit ? typeText[error.type] : `${typeText[error.type]}: ${valueText(error.badValue)}`;
  return error.detail === "" ? head : `${head}: ${error.detail}`;
}

/** `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** Several errors as one text: bare for one, `[a, b]` for several; the same text only once. */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))];
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}
