import { duplicate, invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";
import { validateLabelName } from "../labels.ts";
import { validateItems } from "./lists.ts";

const MAX_CONDITIONS = 4;

/** Conditions that a device must have, and those that say that it never will: none twice, both or neither. */
export function validateBindingConditions(device: { bindingConditions?: string[]; bindingFailureConditions?: string[] }, path: FieldPath, errors: Errors): void {
  const [wanted, failed] = [device.bindingConditions ?? [], device.bindingFailureConditions ?? []];
  const [wantedPath, failedPath] = [path.child("bindingConditions"), path.child("bindingFailureConditions")];
  validateItems(wanted, MAX_CONDITIONS, validateLabelName, wantedPath, errors);
  validateItems(failed, MAX_CONDITIONS, validateLabelName, failedPath, errors);
  wanted.forEach((condition, i) => {
    if (wanted.indexOf(condition) < i) errors.push(duplicate(wantedPath.index(i), condition));
  });
  failed.forEach((condition, i) => {
    if (failed.indexOf(condition) < i) errors.push(duplicate(failedPath.index(i), condition));
    if (wanted.includes(condition)) errors.push(invalid(failedPath.index(i), condition, "bindingFailureConditions must not overlap with bindingConditions"));
  });
  if (wanted.length === 0 && failed.length > 0) errors.push(invalid(wantedPath, device.bindingConditions, "bindingConditions are required to use bindingFailureConditions"));
  if (failed.length === 0 && wanted.length > 0) errors.push(invalid(failedPath, device.bindingFailureConditions, "bindingFailureConditions are required to use bindingConditions"));
}
