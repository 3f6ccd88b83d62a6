import { forbidden, invalid, notSupported, required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { Deployment } from "../../wire.ts";
import { type Errors, nonNegative } from "../common.ts";
import { countOrPercent, validateAtMostAll, validateIntOrPercent } from "../int-or-percent.ts";
import { internalJson } from "../internal-json.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateRequiredSelector } from "../workload-selector.ts";
import { validateReplicatedTemplate, validateSameSelector } from "./replica-set.ts";
import { atMost, collisionsGrow, nonNegativeCounts } from "./status-counts.ts";

type Spec = NonNullable<Deployment["spec"]>;

const SPEC = fieldPath("spec");
const STRATEGY = SPEC.child("strategy");

export function validateDeployment(deployment: Deployment, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(deployment.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(deployment.spec ?? ({} as Spec), allowPrivileged, errors);
  return errors;
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(deployment.metadata, old.metadata, errors);
  validateSpec(deployment.spec ?? ({} as Spec), allowPrivileged, errors);
  validateSameSelector(deployment, old, errors);
  return errors;
}

function validateSpec(spec: Spec, allowPrivileged: boolean, errors: Errors): void {
  nonNegative(spec.replicas, SPEC, "replicas", errors);
  const matcher = validateRequiredSelector(spec.selector, "empty selector is invalid for deployment", "invalid label selector", SPEC.child("selector"), errors);
  if (matcher !== undefined) validateReplicatedTemplate(spec.template ?? {}, matcher, allowPrivileged, SPEC.child("template"), errors);
  validateStrategy(spec.strategy ?? {}, errors);
  nonNegative(spec.minReadySeconds, SPEC, "minReadySeconds", errors);
  nonNegative(spec.revisionHistoryLimit, SPEC, "revisionHistoryLimit", errors);
  const deadline_s = spec.progressDeadlineSeconds;
  if (deadline_s === undefined) return;
  nonNegative(deadline_s, SPEC, "progressDeadlineSeconds", errors);
  if (deadline_s <= (spec.minReadySeconds ?? 0)) errors.push(invalid(SPEC.child("progressDeadlineSeconds"), deadline_s, "must be greater than minReadySeconds"));
}

function validateStrategy(strategy: NonNullable<Spec["strategy"]>, errors: Errors): void {
  const path = STRATEGY.child("rollingUpdate");
  const rolling = strategy.rollingUpdate;
  switch (strategy.type) {
    case "Recreate":
      if (rolling) errors.push(forbidden(path, "may not be specified when strategy `type` is 'Recreate'"));
      return;
    case "RollingUpdate":
      if (rolling) validateRolling(rolling, errors);
      else errors.push(required(path, "this should be defaulted and never be nil"));
      return;
    default:
      errors.push(notSupported(STRATEGY, internalJson("io.k8s.api.apps.v1.DeploymentStrategy", strategy), ["Recreate", "RollingUpdate"]));
  }
}

function validateRolling(rolling: NonNullable<NonNullable<Spec["strategy"]>["rollingUpdate"]>, errors: Errors): void {
  const path = STRATEGY.child("rollingUpdate");
  const unavailable = path.child("maxUnavailable");
  validateIntOrPercent(rolling.maxUnavailable, unavailable, errors);
  validateIntOrPercent(rolling.maxSurge, path.child("maxSurge"), errors);
  if (countOrPercent(rolling.maxUnavailable) === 0 && countOrPercent(rolling.maxSurge) === 0) {
    errors.push(invalid(unavailable, rolling.maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0"));
  }
  validateAtMostAll(rolling.maxUnavailable, unavailable, errors);
}

export function validateDeploymentStatusUpdate(deployment: Deployment, old: Deployment): Errors {
  const errors: Errors = [];
  const status = deployment.status ?? {};
  validateCoreObjectMetaUpdate(deployment.metadata, old.metadata, errors);
  nonNegativeCounts({ ...status }, ["observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", "collisionCount"], errors);
  atMost({ ...status }, ["updatedReplicas", "readyReplicas", "availableReplicas"], "replicas", "status.replicas", errors);
  atMost({ ...status }, ["availableReplicas"], "readyReplicas", "readyReplicas", errors);
  collisionsGrow(status, old.status, errors);
  return errors;
}
