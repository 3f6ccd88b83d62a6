import type { IntOrString } from "../int-or-string.ts";
import { invalid } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { type Errors, invalidEach, NEGATIVE_TEXT } from "./common.ts";
import { percent } from "./names.ts";

/** A count that is not negative, or a percentage. An absent value is 0. */
export function validateIntOrPercent(value: IntOrString | undefined, path: FieldPath, errors: Errors): void {
  if (typeof value === "string") invalidEach(percent(value), value, path, errors);
  else if (value !== undefined && value < 0) errors.push(invalid(path, value, NEGATIVE_TEXT));
}

/** A percentage is at most the whole. */
export function validateAtMostAll(value: IntOrString | undefined, path: FieldPath, errors: Errors): void {
  if (typeof value === "string" && percent(value).length === 0 && Number(value.slice(0, -1)) > 100) errors.push(invalid(path, value, "must not be greater than 100%"));
}

/** The count or the percentage as a number; 0 for what is neither. */
export function countOrPercent(value: IntOrString | undefined): number {
  if (typeof value !== "string") return value ?? 0;
  const digits = percent(value).length === 0 ? value.slice(0, -1) : value;
  return /^[+-]?[0-9]+$/.test(digits) ? Number(digits) : 0;
}
