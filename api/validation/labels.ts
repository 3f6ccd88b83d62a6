import { forbidden, invalid, required, tooLong } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { LabelSelector } from "../wire.ts";
import { type Errors, invalidEach } from "./common.ts";
import { byteLength, labelValue, qualifiedName } from "./names.ts";

/** All annotations of an object together, keys and values, bytes. */
const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;

type StringMap = Readonly<Record<string, string>> | undefined;

/** Keys and values of a map of labels; errors lie at the map itself. */
export function validateLabels(labels: StringMap, path: FieldPath, errors: Errors): void {
  for (const key in labels) {
    invalidEach(qualifiedName(key), key, path, errors);
    const value = labels[key] ?? "";
    invalidEach(labelValue(value), value, path, errors);
  }
}

/** A label's key where it stands alone (a topology key, a taint). */
export function validateLabelName(name: string | undefined, path: FieldPath, errors: Errors): void {
  invalidEach(qualifiedName(name ?? ""), name ?? "", path, errors);
}

/** Keys (case does not matter) and the total size. */
export function validateAnnotations(annotations: StringMap, path: FieldPath, errors: Errors): void {
  let size = 0;
  for (const key in annotations) {
    invalidEach(qualifiedName(key.toLowerCase()), key, path, errors);
    size += byteLength(key) + byteLength(annotations[key] ?? "");
  }
  if (size > ANNOTATIONS_LIMIT_BYTES) errors.push(tooLong(path, ANNOTATIONS_LIMIT_BYTES));
}

/** A label selector; nothing to say of an absent one. `allowInvalidValues` keeps what an old object already had. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: FieldPath, errors: Errors, allowInvalidValues = false): void {
  if (!selector) return;
  if (selector.matchLabels) validateLabels(selector.matchLabels, path.child("matchLabels"), errors);
  selector.matchExpressions?.forEach((requirement, i) => {
    const at = path.child("matchExpressions").index(i);
    const values = requirement.values ?? [];
    switch (requirement.operator) {
      case "In":
      case "NotIn":
        if (values.length === 0) errors.push(required(at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case "Exists":
      case "DoesNotExist":
        if (values.length > 0) errors.push(forbidden(at.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        break;
      default:
        errors.push(invalid(at.child("operator"), requirement.operator ?? "", "not a valid selector operator"));
    }
    validateLabelName(requirement.key, at.child("key"), errors);
    if (allowInvalidValues) return;
    values.forEach((value, j) => {
      invalidEach(labelValue(value), value, at.child("values").index(j), errors);
    });
  });
}

/** The selector has neither labels nor expressions: it matches everything. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}
