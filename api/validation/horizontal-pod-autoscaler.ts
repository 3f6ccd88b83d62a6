import { forbidden, invalid, notSupported, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { HorizontalPodAutoscaler } from "../wire.ts";
import { type Errors, invalidEach, nonNegative } from "./common.ts";
import { dns1123Label, nameIsDnsSubdomain, pathSegmentName } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { signOf, validateContainerResourceName, validateNonNegativeQuantity } from "./resources.ts";

type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
type Metric = NonNullable<Spec["metrics"]>[number];
type Target = NonNullable<Metric["resource"]>["target"];
type Rules = NonNullable<NonNullable<Spec["behavior"]>["scaleUp"]>;

const SPEC = fieldPath("spec");
const MAX_WINDOW_S = 3600;
const MAX_PERIOD_S = 1800;
/** Type → the field that describes it, in the order in which they are looked at. */
const sources = { Object: "object", External: "external", Pods: "pods", Resource: "resource", ContainerResource: "containerResource" } as const;
const types = Object.keys(sources);

export function validateAutoscaler(autoscaler: HorizontalPodAutoscaler): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(autoscaler.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(autoscaler.spec ?? ({} as Spec), undefined, errors);
  return errors;
}

export function validateAutoscalerUpdate(autoscaler: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(autoscaler.metadata, old.metadata, errors);
  validateSpec(autoscaler.spec ?? ({} as Spec), old.spec, errors);
  return errors;
}

export function validateAutoscalerStatusUpdate(autoscaler: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(autoscaler.metadata, old.metadata, errors);
  for (const field of ["currentReplicas", "desiredReplicas"] as const) nonNegative(autoscaler.status?.[field], fieldPath("status"), field, errors);
  return errors;
}

function validateSpec(spec: Spec, old: Spec | undefined, errors: Errors): void {
  const { minReplicas: min, maxReplicas: max = 0 } = spec;
  if (min !== undefined && min < 1) errors.push(invalid(SPEC.child("minReplicas"), min, "must be greater than or equal to 1"));
  if (max === 0) errors.push(required(SPEC.child("maxReplicas"), "must be set and greater than 0"));
  if (max < 0) errors.push(invalid(SPEC.child("maxReplicas"), max, "must be greater than or equal to 1"));
  if (min !== undefined && max < min) errors.push(invalid(SPEC.child("maxReplicas"), max, "must be greater than or equal to `minReplicas`"));
  const target = spec.scaleTargetRef;
  validateReference(target ?? {}, SPEC.child("scaleTargetRef"), errors);
  if (target?.apiVersion !== old?.scaleTargetRef?.apiVersion || old === undefined) validateApiVersion(target ?? {}, SPEC.child("scaleTargetRef", "apiVersion"), errors);
  spec.metrics?.forEach((metric, i) => {
    validateMetric(metric, SPEC.child("metrics").index(i), errors);
  });
  const reachesZero = spec.metrics?.some(({ type }) => type === "Object" || type === "External") ?? false;
  if (min === 0 && !reachesZero) errors.push(forbidden(SPEC.child("metrics"), "must specify at least one Object or External metric to support scaling to zero replicas"));
  for (const side of ["scaleUp", "scaleDown"] as const) if (spec.behavior?.[side]) validateRules(spec.behavior[side], SPEC.child("behavior", side), errors);
}

type Reference = { apiVersion?: string; kind?: string; name?: string };

function validateReference(reference: Reference, path: FieldPath, errors: Errors): void {
  for (const field of ["kind", "name"] as const) {
    const value = reference[field];
    if (!value) errors.push(required(path.child(field)));
    else invalidEach(pathSegmentName(value), value, path.child(field), errors);
  }
}

/** A ReplicationController is the one thing in the core group that can be scaled. */
function validateApiVersion({ apiVersion = "", kind }: Reference, path: FieldPath, errors: Errors): void {
  const slashes = apiVersion.split("/").length - 1;
  if (slashes > 1) errors.push(invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else if ((slashes === 0 || apiVersion.startsWith("/")) && !(apiVersion === "v1" && kind === "ReplicationController")) errors.push(invalid(path, apiVersion, "apiVersion must specify API group"));
}

function validateMetric(metric: Metric, path: FieldPath, errors: Errors): void {
  const { type = "" } = metric;
  const known = types.includes(type);
  if (type === "") errors.push(required(path.child("type"), "must specify a metric source type"));
  if (!known) errors.push(notSupported(path.child("type"), type, types));
  const present = Object.values(sources).filter((field) => metric[field] !== undefined);
  if (present[0] !== undefined) validateSource(metric, present[0], path.child(present[0]), errors);
  const expected = known ? sources[type as keyof typeof sources] : undefined;
  if (expected === undefined) errors.push(notSupported(path.child("type"), type, types));
  else if (metric[expected] === undefined) errors.push(required(path.child(expected), "must populate information for the given metric source"));
  if (present.length === 1) return;
  for (const field of present) if (field !== expected) errors.push(forbidden(path.child(field), "must populate the given metric source only"));
}

function validateSource(metric: Metric, field: (typeof sources)[keyof typeof sources], path: FieldPath, errors: Errors): void {
  const target: Target = metric[field]?.target ?? ({} as Target);
  const at = path.child("target");
  if (field === "object" && metric.object) validateReference(metric.object.describedObject ?? {}, path.child("describedObject"), errors);
  if (field === "object" || field === "external" || field === "pods") validateIdentifier(metric[field]?.metric ?? { name: "" }, path.child("metric"), errors);
  else validateResource(metric, field, path, errors);
  validateTarget(target, at, errors);
  const { value, averageValue, averageUtilization } = target;
  if (field === "pods") {
    if (averageValue === undefined) errors.push(required(at.child("averageValue"), "must specify a positive target averageValue"));
  } else if (field === "object" || field === "external") {
    if (value === undefined && averageValue === undefined) errors.push(required(at.child("averageValue"), field === "object" ? "must set either a target value or averageValue" : "must set either a target value for metric or a per-pod target"));
    if (field === "external" && value !== undefined && averageValue !== undefined) errors.push(forbidden(at.child("value"), "may not set both a target value for metric and a per-pod target"));
  } else {
    if (averageUtilization === undefined && averageValue === undefined) errors.push(required(at.child("averageUtilization"), "must set either a target raw value or a target utilization"));
    if (averageUtilization !== undefined && averageValue !== undefined) errors.push(forbidden(at.child("averageValue"), "may not set both a target raw value and a target utilization"));
  }
}

function validateIdentifier({ name }: { name?: string }, path: FieldPath, errors: Errors): void {
  if (!name) errors.push(required(path.child("name"), "must specify a metric name"));
  else invalidEach(pathSegmentName(name), name, path.child("name"), errors);
}

function validateResource(metric: Metric, field: "resource" | "containerResource", path: FieldPath, errors: Errors): void {
  const name = metric[field]?.name;
  if (!name) errors.push(required(path.child("name"), "must specify a resource name"));
  else validateContainerResourceName(name, path.child("name"), errors);
  if (field === "resource") return;
  const container = metric.containerResource?.container;
  if (!container) errors.push(required(path.child("container"), "must specify a container"));
  else invalidEach(dns1123Label(container), container, path.child("container"), errors);
}

function validateTarget(target: Target, path: FieldPath, errors: Errors): void {
  const { type = "", averageUtilization: percent } = target;
  if (type === "") errors.push(required(path.child("type"), "must specify a metric target type"));
  if (!["Utilization", "Value", "AverageValue"].includes(type)) errors.push(invalid(path.child("type"), type, "must be either Utilization, Value, or AverageValue"));
  for (const field of ["value", "averageValue"] as const) {
    const amount = target[field];
    if (amount !== undefined && signOf(amount) !== 1) errors.push(invalid(path.child(field), amount, "must be positive"));
  }
  if (percent !== undefined && percent < 1) errors.push(invalid(path.child("averageUtilization"), percent, "must be greater than 0"));
}

function validateRules(rules: Rules, path: FieldPath, errors: Errors): void {
  const { stabilizationWindowSeconds: window_s, selectPolicy, policies, tolerance } = rules;
  const at = path.child("stabilizationWindowSeconds");
  if (window_s !== undefined && window_s < 0) errors.push(invalid(at, window_s, "must be greater than or equal to zero"));
  if (window_s !== undefined && window_s > MAX_WINDOW_S) errors.push(invalid(at, window_s, `must be less than or equal to ${MAX_WINDOW_S}`));
  const choices = ["Disabled", "Max", "Min"];
  if (selectPolicy !== undefined && !choices.includes(selectPolicy)) errors.push(notSupported(path.child("selectPolicy"), selectPolicy, choices));
  if (!policies?.length) errors.push(required(path.child("policies"), "must specify at least one Policy"));
  policies?.forEach(({ type = "", value = 0, periodSeconds = 0 }, i) => {
    const item = path.child("policies").index(i);
    if (type !== "Pods" && type !== "Percent") errors.push(notSupported(item.child("type"), type, ["Percent", "Pods"]));
    if (value <= 0) errors.push(invalid(item.child("value"), value, "must be greater than zero"));
    if (periodSeconds <= 0) errors.push(invalid(item.child("periodSeconds"), periodSeconds, "must be greater than zero"));
    if (periodSeconds > MAX_PERIOD_S) errors.push(invalid(item.child("periodSeconds"), periodSeconds, `must be less than or equal to ${MAX_PERIOD_S}`));
  });
  if (tolerance !== undefined) validateNonNegativeQuantity(tolerance, path.child("tolerance"), errors);
}
