import { invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { DownwardAPIVolumeFile, KeyToPath } from "../../wire.ts";
import { type Errors, localNonReservedPath } from "../common.ts";
import { requireFields } from "../volume-sources.ts";
import { validateFieldRef, validateResourceFieldRef, volumeFieldPaths } from "./env.ts";

const MODE_TEXT = "must be a number between 0 and 0777 (octal), both inclusive";

/** Permission bits of a file. */
export function validateMode(mode: number | undefined, path: FieldPath, field: string, errors: Errors): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) errors.push(invalid(path.child(field), mode, MODE_TEXT));
}

/** Keys that become files. */
export function validateItems(items: readonly KeyToPath[] | undefined, path: FieldPath, errors: Errors): void {
  items?.forEach((item, i) => {
    validateKeyToPath(item, path.child("items").index(i), errors);
  });
}

/** One key of a Secret or ConfigMap and the file that it becomes. */
export function validateKeyToPath(item: KeyToPath, path: FieldPath, errors: Errors): void {
  requireFields(item, ["key", "path"], path, errors);
  if (item.path) localNonReservedPath(item.path, path.child("path"), errors);
  validateMode(item.mode, path, "mode", errors);
}

/** A file with a field of the pod; errors lie at the volume, not at the file. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, path: FieldPath, errors: Errors): void {
  requireFields(file, ["path"], path, errors);
  if (file.path) localNonReservedPath(file.path, path.child("path"), errors);
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, volumeFieldPaths, path.child("fieldRef"), errors);
    if (file.resourceFieldRef) errors.push(invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
  } else if (file.resourceFieldRef) validateResourceFieldRef(file.resourceFieldRef, true, path.child("resourceFieldRef"), errors);
  else errors.push(required(path, "one of fieldRef and resourceFieldRef is required"));
  validateMode(file.mode, path, "mode", errors);
}
