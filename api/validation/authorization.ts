import { forbidden, invalid, type RawValue, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { LocalSubjectAccessReview, ObjectMeta, SelfSubjectAccessReview, SubjectAccessReview } from "../wire.ts";
import type { Errors } from "./common.ts";
import { externalJson, goJson } from "./internal-json.ts";
import { validateLabelName } from "./labels.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const SPEC = fieldPath("spec");

type AccessSpec = Pick<SubjectAccessReview["spec"], "resourceAttributes" | "nonResourceAttributes">;
type Selector = { readonly rawSelector?: string; readonly requirements?: readonly Requirement[] };
type Requirement = { readonly key?: string; readonly operator?: string; readonly values?: readonly string[] };

/** SubjectAccessReview: about somebody, and one thing that is asked. */
export function validateSubjectAccessReview(review: SubjectAccessReview): Errors {
  return [...subjectErrors(review.spec), ...emptyMetadata(review.metadata)];
}

/** SelfSubjectAccessReview: the same about the caller. */
export function validateSelfSubjectAccessReview(review: SelfSubjectAccessReview): Errors {
  return [...exactlyOne(review.spec), ...selectors(review.spec), ...emptyMetadata(review.metadata)];
}

/** LocalSubjectAccessReview: only about resources in the review's own namespace. */
export function validateLocalSubjectAccessReview(review: LocalSubjectAccessReview): Errors {
  const { spec, metadata } = review;
  const errors = subjectErrors(spec);
  const { namespace, ...others } = metadata;
  if (!isEmpty(others)) errors.push(invalid("metadata", metadataText(metadata), "must be empty except for namespace"));
  const asked = spec.resourceAttributes;
  if (asked && (asked.namespace ?? "") !== (namespace ?? "")) errors.push(invalid(SPEC.child("resourceAttributes").child("namespace"), asked.namespace ?? "", "must match metadata.namespace"));
  if (spec.nonResourceAttributes) errors.push(invalid(SPEC.child("nonResourceAttributes"), nonResourceText(spec), "disallowed on this kind of request"));
  return errors;
}

function subjectErrors(spec: SubjectAccessReview["spec"]): Errors {
  const errors = exactlyOne(spec);
  if (!spec.user && (spec.groups ?? []).length === 0) errors.push(invalid(SPEC.child("user"), spec.user ?? "", "at least one of user or group must be specified"));
  return [...errors, ...selectors(spec)];
}

function exactlyOne(spec: AccessSpec): Errors {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes && nonResourceAttributes) return [invalid(SPEC.child("nonResourceAttributes"), nonResourceText(spec), "cannot be specified in combination with resourceAttributes")];
  if (!resourceAttributes && !nonResourceAttributes) return [invalid(SPEC.child("resourceAttributes"), null, "exactly one of nonResourceAttributes or resourceAttributes must be specified")];
  return [];
}

/** The selectors of a list or watch that is asked about. */
function selectors(spec: AccessSpec): Errors {
  const errors: Errors = [];
  const path = SPEC.child("resourceAttributes");
  const { fieldSelector, labelSelector } = (spec.resourceAttributes ?? {}) as { fieldSelector?: Selector; labelSelector?: Selector };
  if (fieldSelector) {
    const at = path.child("fieldSelector");
    form(fieldSelector, at, errors);
    fieldSelector.requirements?.forEach((requirement, i) => {
      const where = at.child("requirements").index(i);
      if (!requirement.key) errors.push(required(where.child("key"), "must be specified"));
      values(requirement, where, errors);
    });
  }
  if (labelSelector) {
    const at = path.child("labelSelector");
    form(labelSelector, at, errors);
    labelSelector.requirements?.forEach((requirement, i) => {
      const where = at.child("requirements").index(i);
      values(requirement, where, errors);
      validateLabelName(requirement.key, where.child("key"), errors);
    });
  }
  return errors;
}

function form(selector: Selector, path: FieldPath, errors: Errors): void {
  const raw = selector.rawSelector ?? "";
  const count = selector.requirements?.length ?? 0;
  if (raw !== "" && count > 0) errors.push(invalid(path.child("rawSelector"), raw, "may not specified at the same time as requirements"));
  if (raw === "" && count === 0) errors.push(required(path.child("requirements"), `when ${path} is specified, requirements or rawSelector is required`));
}

/** An operator that is not known is let through: a newer component may ask about it. */
function values(requirement: Requirement, path: FieldPath, errors: Errors): void {
  const count = requirement.values?.length ?? 0;
  if ((requirement.operator === "In" || requirement.operator === "NotIn") && count === 0) errors.push(required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
  if ((requirement.operator === "Exists" || requirement.operator === "DoesNotExist") && count > 0) errors.push(forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
}

function emptyMetadata(metadata: ObjectMeta): Errors {
  return isEmpty(metadata) ? [] : [invalid("metadata", metadataText(metadata), "must be empty")];
}

/** managedFields are the server's own doing. */
function isEmpty(metadata: ObjectMeta): boolean {
  return Object.entries(metadata).every(([name, value]) => name === "managedFields" || value === undefined || value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0));
}

function metadataText(metadata: ObjectMeta): RawValue {
  return externalJson(META, metadata);
}

function nonResourceText(spec: AccessSpec): RawValue {
  const { path = "", verb = "" } = spec.nonResourceAttributes ?? {};
  return goJson({ Path: path, Verb: verb });
}
