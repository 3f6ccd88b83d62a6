import { type FieldError, invalid, notSupported, notSupportedInOrder, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { Messages } from "./names.ts";

/** Rules append what they find here, in the order in which they look. */
export type Errors = FieldError[];

export const NEGATIVE_TEXT = "must be greater than or equal to 0";
export const NOT_POSITIVE_TEXT = "must be greater than zero";
export const NOT_INTEGER_TEXT = "must be an integer";
export const IMMUTABLE_TEXT = "field is immutable";

/** One `Invalid value` for each message. */
export function invalidEach(messages: Messages, value: unknown, path: FieldPath, errors: Errors): void {
  if (messages.length > 0) for (const message of messages) errors.push(invalid(path, value, message));
}

/** The same with the path made only when it is needed. */
export function invalidEachAt(messages: Messages, value: unknown, parent: FieldPath, field: string, errors: Errors): void {
  if (messages.length > 0) invalidEach(messages, value, parent.child(field), errors);
}

/** `value` (0 when absent) is not negative. */
export function nonNegative(value: number | undefined, parent: FieldPath, field: string, errors: Errors): void {
  if (value !== undefined && value < 0) errors.push(invalid(parent.child(field), value, NEGATIVE_TEXT));
}

/** `value` is one of the supported ones; an absent or empty value is `Required value`. The answer sorts the values. */
export function requiredEnum(value: string | undefined, supported: readonly string[], parent: FieldPath, field: string, errors: Errors): void {
  if (!value) errors.push(required(parent.child(field)));
  else if (!supported.includes(value)) errors.push(notSupported(parent.child(field), value, supported));
}

/** The same for the rules that list the values in their own order. */
export function requiredEnumInOrder(value: string | undefined, supported: readonly string[], parent: FieldPath, field: string, errors: Errors): void {
  if (!value) errors.push(required(parent.child(field)));
  else if (!supported.includes(value)) errors.push(notSupportedInOrder(parent.child(field), value, supported));
}

/** `value`, where there is one, is one of the supported ones (sorted in the answer). */
export function optionalEnum(value: string | undefined, supported: readonly string[], parent: FieldPath, field: string, errors: Errors): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(parent.child(field), value, supported));
}

/** `value`, where there is one, keeps what it is. */
export function immutable(same: boolean, value: unknown, path: FieldPath, errors: Errors): void {
  if (!same) errors.push(invalid(path, value ?? null, IMMUTABLE_TEXT));
}

/** Not absolute and without a `..` element. */
export function localDescendingPath(value: string, path: FieldPath, errors: Errors): void {
  if (value.startsWith("/")) errors.push(invalid(path, value, "must be a relative path"));
  pathWithoutBacksteps(value, path, errors);
}

/** Without a `..` element. */
export function pathWithoutBacksteps(value: string, path: FieldPath, errors: Errors): void {
  if (hasBackstep(value)) errors.push(invalid(path, value, "must not contain '..'"));
}

export function hasBackstep(value: string): boolean {
  return value.includes("..") && value.split("/").includes("..");
}

/** A local path whose first name does not start with `..`, which volumes keep for themselves. */
export function localNonReservedPath(value: string, path: FieldPath, errors: Errors): void {
  localDescendingPath(value, path, errors);
  if (value.startsWith("..") && !value.startsWith("../")) errors.push(invalid(path, value, "must not start with '..'"));
}
