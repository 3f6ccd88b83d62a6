import { compareQuantities, quantityMilli } from "../quantity.ts";
import { duplicate, forbidden, invalid, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { LimitRange } from "../wire.ts";
import { type Errors, invalidEach } from "./common.ts";
import { nameIsDnsSubdomain, qualifiedName } from "./names.ts";
import { validateCoreObjectMeta } from "./object-meta.ts";
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from "./resources.ts";

type Limit = NonNullable<LimitRange["spec"]>["limits"][number];
type Field = "max" | "min" | "default" | "defaultRequest" | "maxLimitRequestRatio";

const types = ["Pod", "Container", "PersistentVolumeClaim"];

export function validateLimitRange(range: LimitRange): Errors {
  const errors: Errors = [];
  const seen = new Set<string>();
  validateCoreObjectMeta(range.metadata, true, nameIsDnsSubdomain, errors);
  range.spec?.limits?.forEach((limit, i) => {
    const path = fieldPath("spec", "limits").index(i);
    const type = limit.type ?? "";
    const messages = qualifiedName(type);
    invalidEach(messages, type, path.child("type"), errors);
    if (messages.length === 0 && !type.includes("/") && !types.includes(type)) errors.push(invalid(path.child("type"), type, "must be a standard limit type or fully qualified"));
    if (seen.has(type)) errors.push(duplicate(path.child("type"), type));
    seen.add(type);
    validateLimit(limit, path, errors);
  });
  return errors;
}

function validateLimit(limit: Limit, path: FieldPath, errors: Errors): void {
  const names = new Set<string>();
  const validateNames = (field: Field) => {
    for (const name of Object.keys(limit[field] ?? {}).sort()) {
      const at = path.child(field).key(name);
      if (limit.type === "Pod" || limit.type === "Container") validateContainerResourceName(name, at, errors);
      else validateResourceName(name, at, errors);
      names.add(name);
    }
  };
  validateNames("max");
  validateNames("min");
  for (const field of ["default", "defaultRequest"] as const) {
    if (limit.type !== "Pod") validateNames(field);
    else if (Object.keys(limit[field] ?? {}).length > 0) errors.push(forbidden(path.child(field), "may not be specified when `type` is 'Pod'"));
  }
  if (limit.type === "PersistentVolumeClaim" && limit.min?.["storage"] === undefined && limit.max?.["storage"] === undefined) {
    errors.push(required(path.child("limits"), "either minimum or maximum storage value is required, but neither was provided"));
  }
  validateNames("maxLimitRequestRatio");
  for (const name of [...names].sort()) {
    validateOrder(limit, name, path, errors);
    validateRatio(limit, name, path, errors);
    const [value, request] = [limit.default?.[name], limit.defaultRequest?.[name]];
    if (limit.type === "Pod" || isOvercommitAllowed(name) || value === undefined || request === undefined || compareQuantities(value, request) === 0) continue;
    errors.push(invalid(path.child("defaultRequest").key(name), request, `default value ${value} must equal to defaultRequest value ${request} in ${name}`));
  }
}

/** min ≤ default request ≤ default ≤ max. */
function validateOrder(limit: Limit, name: string, path: FieldPath, errors: Errors): void {
  const { min: { [name]: min } = {}, max: { [name]: max } = {} } = limit;
  const value = limit.type === "Pod" ? undefined : limit.default?.[name];
  const request = limit.type === "Pod" ? undefined : limit.defaultRequest?.[name];
  const check = (low: string | undefined, high: string | undefined, field: Field, shown: string | undefined, words: readonly [string, string]) => {
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return;
    errors.push(invalid(path.child(field).key(name), shown, `${words[0]} ${low} is greater than ${words[1]} ${high}`));
  };
  check(min, max, "min", min, ["min value", "max value"]);
  check(min, request, "defaultRequest", request, ["min value", "default request value"]);
  check(request, max, "defaultRequest", request, ["default request value", "max value"]);
  check(request, value, "defaultRequest", request, ["default request value", "default limit value"]);
  check(min, value, "default", min, ["min value", "default value"]);
  check(value, max, "default", max, ["default value", "max value"]);
}

function validateRatio(limit: Limit, name: string, path: FieldPath, errors: Errors): void {
  const ratio = limit.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return;
  const at = path.child("maxLimitRequestRatio").key(name);
  if (compareQuantities(ratio, "1") < 0) errors.push(invalid(at, ratio, `ratio ${ratio} is less than 1`));
  const { min: { [name]: min } = {}, max: { [name]: max } = {} } = limit;
  if (min === undefined || max === undefined) return;
  const most = quantityMilli(max) / quantityMilli(min);
  if (quantityMilli(ratio) / 1000 > most) errors.push(invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`));
}
