import { duplicate, invalid, notSupported, required, tooLong } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { Errors } from "./common.ts";
import { validateLabelName } from "./labels.ts";
import { byteLength } from "./names.ts";

/** metav1.Condition. */
export interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

const statuses = ["True", "False", "Unknown"];
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_TEXT =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";
const MAX_REASON_BYTES = 1024;
const MAX_MESSAGE_BYTES = 32 * 1024;

/** Conditions of the newer form, in which every field but the message is required. */
export function validateConditions(conditions: readonly Condition[] | undefined, path: FieldPath, errors: Errors): void {
  const types = new Set<string>();
  conditions?.forEach((condition, i) => {
    const at = path.index(i);
    const type = condition.type ?? "";
    if (types.has(type)) errors.push(duplicate(at.child("type"), type));
    types.add(type);
    validateCondition(condition, at, errors);
  });
}

function validateCondition(condition: Condition, path: FieldPath, errors: Errors): void {
  validateLabelName(condition.type, path.child("type"), errors);
  const { status = "", observedGeneration = 0, reason = "", message = "" } = condition;
  if (!statuses.includes(status)) errors.push(notSupported(path.child("status"), status, statuses));
  if (observedGeneration < 0) errors.push(invalid(path.child("observedGeneration"), observedGeneration, "must be greater than or equal to zero"));
  if (!condition.lastTransitionTime) errors.push(required(path.child("lastTransitionTime"), "must be set"));
  if (reason === "") errors.push(required(path.child("reason"), "must be set"));
  else {
    if (!REASON.test(reason)) errors.push(invalid(path.child("reason"), reason, REASON_TEXT));
    if (byteLength(reason) > MAX_REASON_BYTES) errors.push(tooLong(path.child("reason"), MAX_REASON_BYTES));
  }
  if (byteLength(message) > MAX_MESSAGE_BYTES) errors.push(tooLong(path.child("message"), MAX_MESSAGE_BYTES));
}
