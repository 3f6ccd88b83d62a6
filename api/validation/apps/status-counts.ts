import { invalid } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import { type Errors, nonNegative } from "../common.ts";

export const STATUS = fieldPath("status");

type Counts = { readonly [field: string]: unknown };

/** None of these counts is negative. */
export function nonNegativeCounts(status: Counts, fields: readonly string[], errors: Errors): void {
  for (const field of fields) nonNegative(status[field] as number | undefined, STATUS, field, errors);
}

/** None of these counts is greater than that of `limit`, which the message calls `name`. */
export function atMost(status: Counts, fields: readonly string[], limit: string, name: string, errors: Errors): void {
  const maximum = Number(status[limit] ?? 0);
  for (const field of fields) {
    const value = Number(status[field] ?? 0);
    if (value > maximum) errors.push(invalid(STATUS.child(field), value, `cannot be greater than ${name}`));
  }
}

/** Collisions of names are only ever more. */
export function collisionsGrow(status: { collisionCount?: number } | undefined, old: { collisionCount?: number } | undefined, errors: Errors): void {
  const before = old?.collisionCount;
  const now = status?.collisionCount;
  if (before !== undefined && (now === undefined || now < before)) errors.push(invalid(STATUS.child("collisionCount"), now ?? 0, "cannot be decremented"));
}
