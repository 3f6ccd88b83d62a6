import { compareQuantities, Quantity, quantityValue } from "../../quantity.ts";
import { forbidden, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { DeviceCapacity } from "../../wire.ts";
import { type Errors, NOT_POSITIVE_TEXT } from "../common.ts";
import { signOf } from "../resources.ts";
import { validateSet } from "./lists.ts";

type Policy = NonNullable<DeviceCapacity["requestPolicy"]>;
type Range = NonNullable<Policy["validRange"]>;

const MAX_VALUES = 10;

/** A capacity of a device; only one that several claims share has a policy of requests. */
export function validateCapacity(capacity: DeviceCapacity, shared: boolean, path: FieldPath, errors: Errors): void {
  const { requestPolicy: policy, value } = capacity;
  if (!policy) return;
  const at = path.child("requestPolicy");
  const hasValues = (policy.validValues?.length ?? 0) > 0;
  if (!shared) errors.push(forbidden(at, "allowMultipleAllocations must be true"));
  else if (hasValues && policy.validRange) errors.push(forbidden(at, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'));
  else if (hasValues) {
    if (policy.default === undefined) errors.push(required(at.child("default"), "required when validValues is defined"));
    else validateValues(policy.validValues ?? [], policy.default, value, at.child("validValues"), errors);
  } else if (policy.validRange) {
    if (policy.default === undefined) errors.push(required(at.child("default"), "required when validRange is defined"));
    else validateRange(policy.validRange, policy.default, value, at.child("validRange"), errors);
  }
}

function validateValues(values: readonly string[], preset: string, maximum: string, path: FieldPath, errors: Errors): void {
  values.forEach((value, i) => {
    if (i > 0 && compareQuantities(values[i - 1] ?? "0", value) > 0) errors.push(invalid(path.index(i), value, "values must be sorted in ascending order"));
  });
  const rule = (value: string, at: FieldPath) => {
    if (compareQuantities(value, maximum) > 0) errors.push(invalid(at, value, `option is larger than capacity value: ${maximum}`));
  };
  validateSet(values, MAX_VALUES, rule, (value) => String(quantityValue(value)), path, errors);
  if (values.length > MAX_VALUES || !values.some((value) => compareQuantities(value, preset) === 0)) errors.push(invalid(path, preset, "default value is not valid according to the requestPolicy"));
}

function validateRange(range: Range, preset: string, maximum: string, path: FieldPath, errors: Errors): void {
  const { min, max, step } = range;
  if (min === undefined) {
    errors.push(required(path.child("min"), "required when validRange is defined"));
    return;
  }
  if (compareQuantities(min, maximum) > 0) errors.push(invalid(path.child("min"), min, `min is larger than capacity value: ${maximum}`));
  if (compareQuantities(preset, min) < 0) errors.push(invalid(path.child("min"), preset, `default is less than min: ${min}`));
  if (max !== undefined) {
    if (compareQuantities(min, max) > 0) errors.push(invalid(path.child("max"), min, `min is larger than max: ${max}`));
    if (compareQuantities(max, maximum) > 0) errors.push(invalid(path.child("max"), max, `max is larger than capacity value: ${maximum}`));
    if (compareQuantities(preset, max) > 0) errors.push(invalid(path.child("max"), preset, `default is more than max: ${max}`));
  }
  if (step !== undefined) validateStep({ min, max, step }, preset, maximum, path.child("step"), errors);
}

function validateStep(range: { min: string; max: string | undefined; step: string }, preset: string, maximum: string, path: FieldPath, errors: Errors): void {
  const { min, max, step } = range;
  if (signOf(step) <= 0) {
    errors.push(invalid(path, step, NOT_POSITIVE_TEXT));
    return;
  }
  const added = Quantity.parse(min).add(Quantity.parse(step)).toString();
  if (compareQuantities(added, maximum) > 0) errors.push(invalid(path, step, `one step ${added} is larger than capacity value: ${maximum}`));
  for (const value of [preset, max]) {
    if (value !== undefined && (quantityValue(value) - quantityValue(min)) % quantityValue(step) !== 0) errors.push(invalid(path, value, `value is not a multiple of a given step (${step}) from (${min})`));
  }
}
