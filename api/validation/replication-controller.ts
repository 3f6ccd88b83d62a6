import { matcherOfLabels } from "../selector/labels.ts";
import { required } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import type { ReplicationController } from "../wire.ts";
import { validateReplicaSetStatus } from "./apps/replica-set.ts";
import { type Errors, nonNegative } from "./common.ts";
import { nameIsLongName } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { templateMismatch, validateLastingPods, validatePodTemplateSpec } from "./pod/pod-template.ts";

const SPEC = fieldPath("spec");

export function validateReplicationController(controller: ReplicationController, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(controller.metadata, true, nameIsLongName, errors);
  validateSpec(controller, allowPrivileged, errors);
  return errors;
}

function validateSpec(controller: ReplicationController, allowPrivileged: boolean, errors: Errors): void {
  const spec = controller.spec ?? {};
  const path = SPEC.child("template");
  const selector = spec.selector ?? {};
  const selects = Object.keys(selector).length > 0;
  nonNegative(spec.minReadySeconds, SPEC, "minReadySeconds", errors);
  if (!selects) errors.push(required(SPEC.child("selector")));
  nonNegative(spec.replicas, SPEC, "replicas", errors);
  if (!spec.template) {
    errors.push(required(path));
    return;
  }
  if (selects && !matcherOfLabels(selector).matches(spec.template.metadata?.labels)) errors.push(templateMismatch(spec.template, path));
  validatePodTemplateSpec(spec.template, allowPrivileged, path, errors);
  validateLastingPods(spec.template, "ReplicationController", path, errors);
}

export function validateReplicationControllerUpdate(controller: ReplicationController, old: ReplicationController, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(controller.metadata, old.metadata, errors);
  validateSpec(controller, allowPrivileged, errors);
  return errors;
}

export function validateReplicationControllerStatusUpdate(controller: ReplicationController, old: ReplicationController): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(controller.metadata, old.metadata, errors);
  validateReplicaSetStatus({ ...controller.status }, errors);
  return errors;
}
