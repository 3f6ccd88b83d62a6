import { invalid } from "../../api/status/errors.ts";
import { type FieldError, forbidden, notSupportedInOrder, required } from "../../api/status/field-error.ts";
import { fieldPath } from "../../api/status/field-path.ts";
import { validateFieldManager } from "../../api/validation/object-meta.ts";
import type { FieldValidation } from "../../api/codec/json.ts";
import type { Query } from "../chain/query.ts";
import { dryRunErrors } from "../registry/delete-options.ts";

/** metav1.CreateOptions, UpdateOptions and PatchOptions of a query. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Apply only: take over fields of other managers. */
  readonly force: boolean;
}

const FIELD_VALIDATIONS = ["", "Ignore", "Strict", "Warn"];

/** @throws StatusError 422 `CreateOptions.meta.k8s.io "" is invalid` */
export function parseWriteOptions(query: Query, kind: "CreateOptions" | "UpdateOptions" | "PatchOptions", apply = false): WriteOptions {
  const errors: FieldError[] = [];
  const fieldManager = query.get("fieldManager") ?? "";
  const fieldValidation = query.get("fieldValidation") ?? "";
  if (kind === "PatchOptions") {
    if (apply && fieldManager === "") errors.push(required("fieldManager", "is required for apply patch"));
    if (!apply && query.has("force")) errors.push(forbidden("force", "may not be specified for non-apply patch"));
  }
  validateFieldManager(fieldManager, fieldPath("fieldManager"), errors);
  errors.push(...dryRunErrors(query.has("dryRun") ? query.all("dryRun") : undefined));
  if (!FIELD_VALIDATIONS.includes(fieldValidation)) errors.push(notSupportedInOrder("fieldValidation", fieldValidation, FIELD_VALIDATIONS));
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", errors);
  return { dryRun: query.has("dryRun"), fieldManager, fieldValidation: fieldValidation === "" ? "Warn" : (fieldValidation as FieldValidation), force: query.flag("force") };
}
