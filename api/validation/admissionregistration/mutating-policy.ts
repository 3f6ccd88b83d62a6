import { invalid, notSupported, notSupportedInOrder, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { equalJson } from "../equality.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { type ExpressionRule, type Expressions, expressionsOf } from "./expressions.ts";
import { validateMatchConditions } from "./match-conditions.ts";
import { validateParamKind, validateParamRef, validatePolicyName } from "./params.ts";
import { validateMatchConstraints, validateMatchResources, validateMutatingOperations } from "./rules.ts";
import { validateFailurePolicy, validateVariables } from "./variables.ts";

type Policy = MutatingAdmissionPolicy;
type Spec = NonNullable<Policy["spec"]>;
type Mutation = NonNullable<Spec["mutations"]>[number];

const SPEC = fieldPath("spec");
const patchTypes = ["ApplyConfiguration", "JSONPatch"];
const reinvocationPolicies = ["IfNeeded", "Never"];

export function validateMutatingAdmissionPolicy(policy: Policy): Errors {
  return validate(policy, undefined);
}

export function validateMutatingAdmissionPolicyUpdate(policy: Policy, old: Policy): Errors {
  return validate(policy, old.spec);
}

/** Conditions that are as they were are not looked at again. */
function validate(policy: Policy, old: Spec | undefined): Errors {
  const errors: Errors = [];
  const spec: Spec = policy.spec ?? {};
  validateObjectMeta(policy.metadata, false, nameIsDnsSubdomain, errors);
  validateFailurePolicy(spec.failurePolicy, SPEC, errors);
  if (spec.paramKind) validateParamKind(spec.paramKind, SPEC.child("paramKind"), errors);
  validateMatchConstraints(spec.matchConstraints, true, SPEC.child("matchConstraints"), errors);
  const expressions = expressionsOf({ params: spec.paramKind !== undefined, variables: true, patches: true });
  const unchanged = old !== undefined && equalJson(spec.paramKind, old.paramKind) && equalJson(spec.matchConditions ?? [], old.matchConditions ?? []);
  if (!unchanged) validateMatchConditions(spec.matchConditions, expressions.matchCondition, SPEC.child("matchConditions"), errors);
  validateVariables(spec.variables, expressions, SPEC.child("variables"), errors);
  if (!spec.mutations?.length) errors.push(required(SPEC.child("mutations"), "mutations must contain at least one item"));
  spec.mutations?.forEach((mutation, i) => {
    validateMutation(mutation, expressions, SPEC.child("mutations").index(i), errors);
  });
  const at = SPEC.child("reinvocationPolicy");
  if (!spec.reinvocationPolicy) errors.push(required(at));
  else if (!reinvocationPolicies.includes(spec.reinvocationPolicy)) errors.push(notSupportedInOrder(at, spec.reinvocationPolicy, reinvocationPolicies));
  return errors;
}

function validateMutation({ patchType, applyConfiguration, jsonPatch }: Mutation, expressions: Expressions, path: FieldPath, errors: Errors): void {
  const misplaced = (field: string) => errors.push(invalid(path.child(field), `{${field}}`, `must not be specified when patchType is ${patchType}`));
  if (!patchType) errors.push(required(path.child("patchType")));
  else if (patchType === "ApplyConfiguration") {
    if (jsonPatch) misplaced("jsonPatch");
    validatePatch(applyConfiguration, patchType, expressions.applyConfiguration, path.child("applyConfiguration"), errors);
  } else if (patchType === "JSONPatch") {
    if (applyConfiguration) misplaced("applyConfiguration");
    validatePatch(jsonPatch, patchType, expressions.jsonPatch, path.child("jsonPatch"), errors);
  } else errors.push(notSupported(path.child("patchType"), patchType, patchTypes));
}

function validatePatch(patch: { expression?: string } | undefined, patchType: string, rule: ExpressionRule, path: FieldPath, errors: Errors): void {
  const expression = patch?.expression ?? "";
  if (!patch) errors.push(required(path, `must be specified when patchType is ${patchType}`));
  else if (expression.trim() === "") errors.push(required(path.child("expression")));
  else rule(expression, path.child("expression"), errors);
}

/** Also of an update: nothing of a binding is fixed once it is there. */
export function validateMutatingAdmissionPolicyBinding(binding: MutatingAdmissionPolicyBinding): Errors {
  const errors: Errors = [];
  const { policyName, paramRef, matchResources }: NonNullable<MutatingAdmissionPolicyBinding["spec"]> = binding.spec ?? {};
  const at = SPEC.child("matchResources");
  validateObjectMeta(binding.metadata, false, nameIsDnsSubdomain, errors);
  validatePolicyName(policyName, SPEC.child("policyName"), errors);
  validateParamRef(paramRef, SPEC.child("paramRef"), errors);
  if (matchResources) {
    validateMatchResources(matchResources, at, errors);
    validateMutatingOperations(matchResources, at, errors);
  }
  return errors;
}
