import { forbidden, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { validateLabelName } from "../labels.ts";
import { labelValue, nameIsDnsSubdomain } from "../names.ts";

/** Terms of which one must match. */
export function validateNodeSelector(selector: NodeSelector, path: FieldPath, errors: Errors): void {
  const terms = selector.nodeSelectorTerms ?? [];
  const at = path.child("nodeSelectorTerms");
  if (terms.length === 0) errors.push(required(at, "must have at least one node selector term"));
  terms.forEach((term, i) => {
    validateNodeSelectorTerm(term, at.index(i), errors);
  });
}

/** `anyValue`: a preference may hold values that no label can have; it only never matches then. */
export function validateNodeSelectorTerm(term: NodeSelectorTerm, path: FieldPath, errors: Errors, anyValue = false): void {
  term.matchExpressions?.forEach((requirement, i) => {
    validateRequirement(requirement, path.child("matchExpressions").index(i), errors, anyValue);
  });
  term.matchFields?.forEach((requirement, i) => {
    validateFieldRequirement(requirement, path.child("matchFields").index(i), errors);
  });
}

function validateRequirement(requirement: NodeSelectorRequirement, path: FieldPath, errors: Errors, anyValue: boolean): void {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) errors.push(required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) errors.push(forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) errors.push(required(path.child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalid(path.child("operator"), requirement.operator ?? "", "not a valid selector operator"));
  }
  validateLabelName(requirement.key, path.child("key"), errors);
  if (!anyValue) values.forEach((value, i) => {
    invalidEach(labelValue(value), value, path.child("values").index(i), errors);
  });
}

function validateFieldRequirement(requirement: NodeSelectorRequirement, path: FieldPath, errors: Errors): void {
  const values = requirement.values ?? [];
  if (requirement.operator !== "In" && requirement.operator !== "NotIn") errors.push(invalid(path.child("operator"), requirement.operator ?? "", "not a valid selector operator"));
  else if (values.length !== 1) errors.push(required(path.child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  if (requirement.key !== "metadata.name") errors.push(invalid(path.child("key"), requirement.key ?? "", "not a valid field selector key"));
  else values.forEach((value, i) => {
    invalidEach(nameIsDnsSubdomain(value, false), value, path.child("values").index(i), errors);
  });
}
