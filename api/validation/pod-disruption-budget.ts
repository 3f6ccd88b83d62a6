import { invalid, notSupported } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import type { PodDisruptionBudget } from "../wire.ts";
import { type Errors, nonNegative } from "./common.ts";
import { type Condition, validateConditions } from "./conditions.ts";
import { validateAtMostAll, validateIntOrPercent } from "./int-or-percent.ts";
import { internalJson } from "./internal-json.ts";
import { validateLabelSelector } from "./labels.ts";
import { validateCoreObjectMetaUpdate } from "./object-meta.ts";

const SPEC = fieldPath("spec");
const STATUS = fieldPath("status");
const policies = ["IfHealthyBudget", "AlwaysAllow"];

/** Its name has no rule of its own. */
export function validatePodDisruptionBudget(budget: PodDisruptionBudget): Errors {
  const errors: Errors = [];
  const spec = budget.spec ?? {};
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalid(SPEC, internalJson("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", spec), "minAvailable and maxUnavailable cannot be both set"));
  }
  for (const field of ["minAvailable", "maxUnavailable"] as const) {
    validateIntOrPercent(spec[field], SPEC.child(field), errors);
    validateAtMostAll(spec[field], SPEC.child(field), errors);
  }
  validateLabelSelector(spec.selector, SPEC.child("selector"), errors);
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && !policies.includes(policy)) errors.push(notSupported(SPEC.child("unhealthyPodEvictionPolicy"), policy, policies));
  return errors;
}

export function validatePodDisruptionBudgetUpdate(budget: PodDisruptionBudget): Errors {
  return validatePodDisruptionBudget(budget);
}

export function validatePodDisruptionBudgetStatusUpdate(budget: PodDisruptionBudget, old: PodDisruptionBudget): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(budget.metadata, old.metadata, errors);
  validateConditions(budget.status?.conditions as readonly Condition[] | undefined, STATUS.child("conditions"), errors);
  for (const field of ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const) nonNegative(budget.status?.[field], STATUS, field, errors);
  return errors;
}
