import { invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";

/** A column of the tables of a version. */
export interface PrinterColumn {
  readonly name?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath?: string;
}

/** Subresources of a version. */
export interface Subresources {
  readonly status?: object;
  readonly scale?: { readonly specReplicasPath?: string; readonly statusReplicasPath?: string; readonly labelSelectorPath?: string };
}

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const SIMPLE_PATH_TEXT = "must be a simple json path starting with .";

/** Rules of one printer column. */
export function validatePrinterColumn(column: PrinterColumn, path: FieldPath, errors: Errors): void {
  if (!column.name) errors.push(required(path.child("name")));
  if (!column.type) errors.push(required(path.child("type"), `must be one of ${COLUMN_TYPES.join(",")}`));
  else if (!COLUMN_TYPES.includes(column.type)) errors.push(invalid(path.child("type"), column.type, `must be one of ${COLUMN_TYPES.join(",")}`));
  if (column.format && !COLUMN_FORMATS.includes(column.format)) errors.push(invalid(path.child("format"), column.format, `must be one of ${COLUMN_FORMATS.join(",")}`));
  if (!column.jsonPath) errors.push(required(path.child("JSONPath")));
  else if (!column.jsonPath.startsWith(".")) errors.push(invalid(path.child("JSONPath"), column.jsonPath, SIMPLE_PATH_TEXT));
}

/** Rules of the paths of a scale subresource. */
export function validateSubresources(subresources: Subresources | undefined, path: FieldPath, errors: Errors): void {
  const scale = subresources?.scale;
  if (!scale) return;
  const inside = path.child("scale");
  replicasPath(scale.specReplicasPath, ".spec", inside.child("specReplicasPath"), errors);
  replicasPath(scale.statusReplicasPath, ".status", inside.child("statusReplicasPath"), errors);
  const selector = scale.labelSelectorPath;
  if (!selector) return;
  if (!selector.startsWith(".")) errors.push(invalid(inside.child("labelSelectorPath"), selector, SIMPLE_PATH_TEXT));
  else if (!selector.startsWith(".spec.") && !selector.startsWith(".status.")) errors.push(invalid(inside.child("labelSelectorPath"), selector, "should be a json path under either .spec or .status"));
}

function replicasPath(value: string | undefined, root: string, path: FieldPath, errors: Errors): void {
  if (!value) errors.push(required(path));
  else if (!value.startsWith(".")) errors.push(invalid(path, value, SIMPLE_PATH_TEXT));
  else if (!value.startsWith(`${root}.`)) errors.push(invalid(path, value, `should be a json path under ${root}`));
}
