import type { LabelMatcher } from "../../selector/labels.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { LabelSelector, PodTemplateSpec, ReplicaSet } from "../../wire.ts";
import { type Errors, immutable, nonNegative } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { templateMismatch, validateLastingPods, validatePodTemplateSpec } from "../pod/pod-template.ts";
import { selectorValue, validateRequiredSelector } from "../workload-selector.ts";
import { atMost, nonNegativeCounts } from "./status-counts.ts";

const SPEC = fieldPath("spec");
const SELECTOR = SPEC.child("selector");
const LABEL_SELECTOR = "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector";

export function validateReplicaSet(replicaSet: ReplicaSet, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(replicaSet.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(replicaSet, allowPrivileged, errors);
  return errors;
}

function validateSpec(replicaSet: ReplicaSet, allowPrivileged: boolean, errors: Errors): void {
  const spec = replicaSet.spec;
  nonNegative(spec?.replicas, SPEC, "replicas", errors);
  nonNegative(spec?.minReadySeconds, SPEC, "minReadySeconds", errors);
  // Kubernetes calls it a deployment here too.
  const matcher = validateRequiredSelector(spec?.selector, "empty selector is invalid for deployment", "invalid label selector", SELECTOR, errors);
  if (matcher !== undefined) validateReplicatedTemplate(spec?.template ?? {}, matcher, allowPrivileged, SPEC.child("template"), errors);
}

/** The template of a ReplicaSet or a Deployment. */
export function validateReplicatedTemplate(template: PodTemplateSpec, matcher: LabelMatcher, allowPrivileged: boolean, path: FieldPath, errors: Errors): void {
  if (!matcher.everything && !matcher.matches(template.metadata?.labels)) errors.push(templateMismatch(template, path));
  validatePodTemplateSpec(template, allowPrivileged, path, errors);
  validateLastingPods(template, "ReplicaSet", path, errors);
}

export function validateReplicaSetUpdate(replicaSet: ReplicaSet, old: ReplicaSet, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(replicaSet.metadata, old.metadata, errors);
  validateSpec(replicaSet, allowPrivileged, errors);
  validateSameSelector(replicaSet, old, errors);
  return errors;
}

interface Selecting {
  readonly spec?: { readonly selector?: LabelSelector };
}

/** A controller's selector is for good: with another one it would leave its pods behind. */
export function validateSameSelector(object: Selecting, old: Selecting, errors: Errors): void {
  const [now, before] = [object.spec?.selector, old.spec?.selector];
  const same = (now === undefined) === (before === undefined) && semanticEqual(LABEL_SELECTOR, now, before);
  immutable(same, selectorValue(now), SELECTOR, errors);
}

const counts = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"];

export function validateReplicaSetStatusUpdate(replicaSet: ReplicaSet, old: ReplicaSet): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(replicaSet.metadata, old.metadata, errors);
  validateReplicaSetStatus(replicaSet.status ?? {}, errors);
  return errors;
}

/** The same for ReplicationControllers. */
export function validateReplicaSetStatus(status: { readonly [field: string]: unknown }, errors: Errors): void {
  nonNegativeCounts(status, counts, errors);
  atMost(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], "replicas", "status.replicas", errors);
  atMost(status, ["availableReplicas"], "readyReplicas", "readyReplicas", errors);
}
