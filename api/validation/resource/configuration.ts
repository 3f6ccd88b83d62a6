import { invalid, required, tooLong } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { DeviceSelector } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { validateDeviceSelector } from "../expressions/device-selector.ts";
import { byteLength } from "../names.ts";
import { validateItems } from "./lists.ts";
import { validateDriverName } from "./names.ts";

const MAX_PARAMETERS_BYTES = 10 * 1024;
const MAX_SELECTORS = 32;

/** Parameters for a driver, which nobody else understands. */
export interface DeviceConfiguration {
  readonly opaque?: { readonly driver?: string; readonly parameters?: unknown };
}

/** `stored`: it was there before the limit of its length came. */
export function validateDeviceConfiguration(config: DeviceConfiguration, stored: boolean, path: FieldPath, errors: Errors): void {
  const at = path.child("opaque");
  if (!config.opaque) {
    errors.push(required(at));
    return;
  }
  validateDriverName(config.opaque.driver, at.child("driver"), errors);
  validateJsonObject(config.opaque.parameters, stored ? Number.POSITIVE_INFINITY : MAX_PARAMETERS_BYTES, at.child("parameters"), errors);
}

/** A JSON object of at most `maximum_bytes` as text. */
export function validateJsonObject(value: unknown, maximum_bytes: number, path: FieldPath, errors: Errors): void {
  if (value === undefined || value === null) errors.push(required(path));
  else if (byteLength(JSON.stringify(value)) > maximum_bytes) errors.push(tooLong(path, maximum_bytes));
  else if (typeof value !== "object" || Array.isArray(value)) errors.push(invalid(path, "<value omitted>", "must be a valid JSON object"));
}

/** CEL over a device's attributes. An expression that was stored is not looked at again. */
export function validateDeviceSelectors(selectors: readonly DeviceSelector[] | undefined, stored: boolean, path: FieldPath, errors: Errors): void {
  const rule = (selector: DeviceSelector, at: FieldPath) => {
    if (!selector.cel) errors.push(required(at.child("cel")));
    else if (!stored) validateDeviceSelector(selector.cel.expression ?? "", at.child("cel", "expression"), errors);
  };
  validateItems(selectors, MAX_SELECTORS, rule, path, errors);
}
