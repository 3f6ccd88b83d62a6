import { duplicate, invalid, notSupported, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import { JsonPathError, parseJsonPath } from "../../structural/json-path.ts";
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { validateConditions } from "../conditions.ts";
import { equalJson } from "../equality.ts";
import { byteLength, nameIsDnsSubdomain, qualifiedName } from "../names.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { type Expressions, expressionsOf } from "./expressions.ts";
import { validateMatchConditions } from "./match-conditions.ts";
import { validateParamKind, validateParamRef, validatePolicyName } from "./params.ts";
import { validateMatchConstraints, validateMatchResources } from "./rules.ts";
import { validateFailurePolicy, validateVariables } from "./variables.ts";

type Policy = ValidatingAdmissionPolicy;
type Spec = NonNullable<Policy["spec"]>;
type Validation = NonNullable<Spec["validations"]>[number];
type AuditAnnotation = NonNullable<Spec["auditAnnotations"]>[number];

const SPEC = fieldPath("spec");
const MAX_AUDIT_ANNOTATIONS = 20;
const MAX_VALUE_EXPRESSION_BYTES = 5 * 1024;
const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const actions = ["Audit", "Deny", "Warn"];

export function validateValidatingAdmissionPolicy(policy: Policy): Errors {
  return validate(policy, undefined);
}

export function validateValidatingAdmissionPolicyUpdate(policy: Policy, old: Policy): Errors {
  return validate(policy, old.spec);
}

/** Conditions that are as they were are not looked at again. */
function validate(policy: Policy, old: Spec | undefined): Errors {
  const errors: Errors = [];
  const spec: Spec = policy.spec ?? {};
  validateObjectMeta(policy.metadata, false, nameIsDnsSubdomain, errors);
  validateFailurePolicy(spec.failurePolicy, SPEC, errors);
  if (spec.paramKind) validateParamKind(spec.paramKind, SPEC.child("paramKind"), errors);
  validateMatchConstraints(spec.matchConstraints, false, SPEC.child("matchConstraints"), errors);
  const expressions = expressionsOf({ params: spec.paramKind !== undefined, variables: (spec.variables?.length ?? 0) > 0 });
  const unchanged = old !== undefined && equalJson(spec.paramKind, old.paramKind) && equalJson(spec.matchConditions ?? [], old.matchConditions ?? []);
  if (!unchanged) validateMatchConditions(spec.matchConditions, expressions.matchCondition, SPEC.child("matchConditions"), errors);
  validateVariables(spec.variables, expressions, SPEC.child("variables"), errors);
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length === 0 && auditAnnotations.length === 0) {
    for (const field of ["validations", "auditAnnotations"]) errors.push(required(SPEC.child(field), "validations or auditAnnotations must contain at least one item"));
    return errors;
  }
  validations.forEach((validation, i) => {
    validateValidation(validation, expressions, SPEC.child("validations").index(i), errors);
  });
  validateAuditAnnotations(policy.metadata.name ?? "", auditAnnotations, expressions, errors);
  return errors;
}

function validateValidation(validation: Validation, expressions: Expressions, path: FieldPath, errors: Errors): void {
  const { expression = "", message = "", messageExpression = "", reason } = validation;
  if (expression.trim() === "") errors.push(required(path.child("expression"), "expression is not specified"));
  else expressions.validation(expression, path.child("expression"), errors);
  if (messageExpression !== "" && messageExpression.trim() === "") errors.push(invalid(path.child("messageExpression"), messageExpression, "must be non-empty if specified"));
  else if (messageExpression !== "") expressions.message(messageExpression, path.child("messageExpression"), errors);
  if (message !== "" && message.trim() === "") errors.push(invalid(path.child("message"), message, "message must be non-empty if specified"));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(path.child("message"), message, "message must not contain line breaks"));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(path.child("reason"), reason, reasons));
}

function validateAuditAnnotations(policyName: string, annotations: readonly AuditAnnotation[], expressions: Expressions, errors: Errors): void {
  const path = SPEC.child("auditAnnotations");
  if (annotations.length > MAX_AUDIT_ANNOTATIONS) errors.push(invalid(path, annotations.map(({ key, valueExpression }) => ({ Key: key, ValueExpression: valueExpression })), `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`));
  annotations.forEach((annotation, i) => {
    const at = path.index(i);
    validateAuditAnnotation(policyName, annotation, expressions, at, errors);
    if (annotations.findIndex(({ key }) => key === annotation.key) < i) errors.push(duplicate(at.child("key"), annotation.key ?? ""));
  });
}

function validateAuditAnnotation(policyName: string, { key = "", valueExpression = "" }: AuditAnnotation, expressions: Expressions, path: FieldPath, errors: Errors): void {
  if (policyName === "") errors.push(invalid(path.child("key"), key, "requires metadata.name be non-empty"));
  else invalidEach(qualifiedName(`${policyName}/${key}`), `${policyName}/${key}`, path.child("key"), errors);
  const at = path.child("valueExpression");
  const trimmed = valueExpression.trim();
  if (trimmed === "") errors.push(required(at, "valueExpression is not specified"));
  else if (byteLength(trimmed) > MAX_VALUE_EXPRESSION_BYTES) errors.push(required(at, `must not exceed ${MAX_VALUE_EXPRESSION_BYTES} bytes in length`));
  else expressions.auditAnnotation(trimmed, at, errors, valueExpression);
}

export function validateValidatingAdmissionPolicyStatusUpdate(policy: Policy): Errors {
  const errors: Errors = [];
  const path = fieldPath("status");
  policy.status?.typeChecking?.expressionWarnings?.forEach(({ warning, fieldRef = "" }, i) => {
    const at = path.child("typeChecking", "expressionWarnings").index(i);
    if (!warning) errors.push(required(at.child("warning")));
    validateFieldReference(fieldRef.trim(), at.child("fieldRef"), errors);
  });
  validateConditions(policy.status?.conditions, path.child("conditions"), errors);
  return errors;
}

/** Which expression a warning is about. */
function validateFieldReference(reference: string, path: FieldPath, errors: Errors): void {
  if (reference === "") {
    errors.push(required(path));
    return;
  }
  try {
    parseJsonPath(reference);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    errors.push(invalid(path, reference, `invalid JSONPath: ${error.message}`));
  }
}

/** Also of an update: nothing of a binding is fixed once it is there. */
export function validateValidatingAdmissionPolicyBinding(binding: ValidatingAdmissionPolicyBinding): Errors {
  const errors: Errors = [];
  const { policyName, paramRef, matchResources, validationActions = [] }: NonNullable<ValidatingAdmissionPolicyBinding["spec"]> = binding.spec ?? {};
  validateObjectMeta(binding.metadata, false, nameIsDnsSubdomain, errors);
  validatePolicyName(policyName, SPEC.child("policyName"), errors);
  validateParamRef(paramRef, SPEC.child("paramRef"), errors);
  if (matchResources) validateMatchResources(matchResources, SPEC.child("matchResources"), errors);
  validateActions(validationActions, SPEC.child("validationActions"), errors);
  return errors;
}

function validateActions(given: readonly string[], path: FieldPath, errors: Errors): void {
  given.forEach((action, i) => {
    if (!actions.includes(action)) errors.push(notSupported(path.index(i), action, actions));
    if (given.indexOf(action) < i) errors.push(duplicate(path.index(i), action));
  });
  if (given.includes("Deny") && given.includes("Warn")) {
    errors.push(invalid(path, given, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"));
  }
  if (given.length === 0) errors.push(required(path, "at least one validation action is required"));
}
