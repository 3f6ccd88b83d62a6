import { invalid, notSupportedInOrder, required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { DaemonSet } from "../../wire.ts";
import { type Errors, nonNegative } from "../common.ts";
import { countOrPercent, validateAtMostAll, validateIntOrPercent } from "../int-or-percent.ts";
import { internalJson } from "../internal-json.ts";
import { isEmptySelector, validateLabelSelector } from "../labels.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { templateMismatch, validateLastingPods, validatePodTemplateSpec } from "../pod/pod-template.ts";
import { selectorValue, usableSelector } from "../workload-selector.ts";
import { validateSameSelector } from "./replica-set.ts";
import { collisionsGrow, nonNegativeCounts } from "./status-counts.ts";

type Spec = NonNullable<DaemonSet["spec"]>;

const SPEC = fieldPath("spec");
const STRATEGY = SPEC.child("updateStrategy");

export function validateDaemonSet(daemonSet: DaemonSet, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(daemonSet.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(daemonSet.spec ?? ({} as Spec), allowPrivileged, errors);
  return errors;
}

export function validateDaemonSetUpdate(daemonSet: DaemonSet, old: DaemonSet, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(daemonSet.metadata, old.metadata, errors);
  validateSameSelector(daemonSet, old, errors);
  validateSpec(daemonSet.spec ?? ({} as Spec), allowPrivileged, errors);
  return errors;
}

function validateSpec(spec: Spec, allowPrivileged: boolean, errors: Errors): void {
  const template = spec.template ?? {};
  const path = SPEC.child("template");
  validateLabelSelector(spec.selector, SPEC.child("selector"), errors);
  const matcher = usableSelector(spec.selector);
  if (matcher !== undefined && !matcher.matches(template.metadata?.labels)) errors.push(templateMismatch(template, path));
  if (spec.selector && isEmptySelector(spec.selector)) errors.push(invalid(SPEC.child("selector"), selectorValue(spec.selector), "empty selector is invalid for daemonset"));
  validatePodTemplateSpec(template, allowPrivileged, path, errors);
  validateLastingPods(template, "DaemonSet", path, errors);
  nonNegative(spec.minReadySeconds, SPEC, "minReadySeconds", errors);
  validateStrategy(spec.updateStrategy ?? {}, errors);
  nonNegative(spec.revisionHistoryLimit, SPEC, "revisionHistoryLimit", errors);
}

function validateStrategy(strategy: NonNullable<Spec["updateStrategy"]>, errors: Errors): void {
  if (strategy.type === "OnDelete") return;
  if (strategy.type !== "RollingUpdate") {
    errors.push(notSupportedInOrder(STRATEGY, internalJson("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", strategy), ["RollingUpdate", "OnDelete"]));
    return;
  }
  const path = STRATEGY.child("rollingUpdate");
  const rolling = strategy.rollingUpdate;
  if (!rolling) {
    errors.push(required(path));
    return;
  }
  const unavailable = path.child("maxUnavailable");
  const surge = path.child("maxSurge");
  validateIntOrPercent(rolling.maxUnavailable, unavailable, errors);
  validateIntOrPercent(rolling.maxSurge, surge, errors);
  validateAtMostAll(rolling.maxUnavailable, unavailable, errors);
  validateAtMostAll(rolling.maxSurge, surge, errors);
  const [hasUnavailable, hasSurge] = [countOrPercent(rolling.maxUnavailable) !== 0, countOrPercent(rolling.maxSurge) !== 0];
  if (hasUnavailable && hasSurge) errors.push(invalid(surge, rolling.maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (!hasUnavailable && !hasSurge) errors.push(required(unavailable, "cannot be 0 when maxSurge is 0"));
}

const counts = [
  ...["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration"],
  ...["updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount"],
];

export function validateDaemonSetStatusUpdate(daemonSet: DaemonSet, old: DaemonSet): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(daemonSet.metadata, old.metadata, errors);
  nonNegativeCounts({ ...daemonSet.status }, counts, errors);
  collisionsGrow(daemonSet.status, old.status, errors);
  return errors;
}
