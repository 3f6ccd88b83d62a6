import { forbidden, invalid, notSupported } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { PodTemplateSpec } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { validateAnnotations, validateLabels } from "../labels.ts";
import { validatePodAnnotations, validateProfilesMatch } from "./annotations.ts";
import { validatePodSpec } from "./pod-spec.ts";

/** A template of pods: its labels and annotations are reported without `metadata`, as Kubernetes does. */
export function validatePodTemplateSpec(template: PodTemplateSpec, allowPrivileged: boolean, path: FieldPath, errors: Errors): void {
  const { metadata = {}, spec = { containers: [] } } = template;
  validateTemplateMetadata(template, path, errors);
  validatePodSpec(spec, { isPod: false, allowPrivileged }, path.child("spec"), errors);
  validateProfilesMatch(metadata.annotations, spec, path.child("spec"), errors);
  if (spec.ephemeralContainers?.length) errors.push(forbidden(path.child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template"));
}

/** Labels and annotations alone. */
export function validateTemplateMetadata(template: PodTemplateSpec, path: FieldPath, errors: Errors): void {
  const { metadata = {}, spec = { containers: [] } } = template;
  if (metadata.labels) validateLabels(metadata.labels, path.child("labels"), errors);
  if (metadata.annotations) {
    const at = path.child("annotations");
    validateAnnotations(metadata.annotations, at, errors);
    validatePodAnnotations(metadata.annotations, spec, at, errors);
  }
}

/** Of a controller that keeps its pods running: they restart always and have no deadline. */
export function validateLastingPods(template: PodTemplateSpec, kind: string, path: FieldPath, errors: Errors): void {
  const policy = template.spec?.restartPolicy ?? "";
  if (policy !== "Always") errors.push(notSupported(path.child("spec", "restartPolicy"), policy, ["Always"]));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(forbidden(path.child("spec", "activeDeadlineSeconds"), `activeDeadlineSeconds in ${kind} is not Supported`));
  }
}

/** The pods of the template are the selector's. */
export function templateMismatch(template: PodTemplateSpec, path: FieldPath): Errors[number] {
  return invalid(path.child("metadata", "labels"), sorted(template.metadata?.labels), "`selector` does not match template `labels`");
}

function sorted(labels: { [key: string]: string } | undefined): unknown {
  return labels === undefined ? null : Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
