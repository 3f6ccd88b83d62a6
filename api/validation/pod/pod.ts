import { forbidden } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { Pod, PodSpec } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { METADATA, validateCoreObjectMeta } from "../object-meta.ts";
import { namesProfiles, validatePodAnnotations, validateProfilesMatch } from "./annotations.ts";
import { validateContainerOfPod } from "./containers.ts";
import type { PodOptions } from "./options.ts";
import { validatePodSpec } from "./pod-spec.ts";
import { isWarnedOf } from "./warnings.ts";

export const SPEC = fieldPath("spec");

/** Metadata and spec of a pod: on create, and again on every change. */
export function validatePodMetaAndSpec(pod: Pod, allowPrivileged: boolean, errors: Errors): void {
  const spec = pod.spec ?? { containers: [] };
  const options: PodOptions = { isPod: true, allowPrivileged, podName: pod.metadata.name ?? "" };
  validatePodMeta(pod, spec, errors);
  validatePodSpec(spec, options, SPEC, errors);
  if (!spec.serviceAccountName) {
    spec.volumes?.forEach((volume, i) => {
      volume.projected?.sources?.forEach((source, j) => {
        if (source.serviceAccountToken) {
          errors.push(forbidden(SPEC.child("volumes").index(i).child("projected", "sources").index(j).child("serviceAccountToken"), "must not be specified when serviceAccountName is not set"));
        }
      });
    });
  }
  spec.containers?.forEach((container, i) => {
    validateContainerOfPod(container, SPEC.child("containers").index(i), errors);
  });
  spec.initContainers?.forEach((container, i) => {
    validateContainerOfPod(container, SPEC.child("initContainers").index(i), errors);
  });
}

function validatePodMeta({ metadata }: Pod, spec: PodSpec, errors: Errors): void {
  validateCoreObjectMeta(metadata, true, nameIsDnsSubdomain, errors);
  validatePodAnnotations(metadata.annotations, spec, METADATA.child("annotations"), errors);
}

/** A new pod whose spec has been found valid in another pod, and is apart (`isSpecApart`). */
export function validatePodOfKnownSpec(pod: Pod): Errors {
  const errors: Errors = [];
  validatePodMeta(pod, pod.spec ?? { containers: [] }, errors);
  return errors;
}

/**
 * What is done to the pod's spec and asked of it has to do with neither its name (claims of ephemeral volumes are named after the pod) nor its labels
 * (keys that selectors take their values from) nor its annotations (profiles).
 */
export function isSpecApart({ metadata, spec }: Pod): boolean {
  if (spec?.affinity || spec?.topologySpreadConstraints) return false;
  if (spec?.volumes) for (const volume of spec.volumes) if (volume.ephemeral) return false;
  return !metadata.annotations || !(namesProfiles(metadata.annotations) || isWarnedOf(metadata.annotations));
}

/** A new pod. */
export function validatePodCreate(pod: Pod, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validatePodMetaAndSpec(pod, allowPrivileged, errors);
  const spec = pod.spec ?? { containers: [] };
  if (spec.ephemeralContainers?.length) errors.push(forbidden(SPEC.child("ephemeralContainers"), "cannot be set on create"));
  if (spec.nodeName && spec.schedulingGates?.length) errors.push(forbidden(SPEC.child("nodeName"), "cannot be set until all schedulingGates have been cleared"));
  validateProfilesMatch(pod.metadata.annotations, spec, SPEC, errors);
  return errors;
}
