import { forbidden } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { Pod } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { nameIsDnsSubdomain } from "../names.ts";
import { METADATA, validateCoreObjectMeta } from "../object-meta.ts";
import { validatePodAnnotations, validateProfilesMatch } from "./annotations.ts";
import { validateContainerOfPod } from "./containers.ts";
import type { PodOptions } from "./options.ts";
import { validatePodSpec } from "./pod-spec.ts";

export const SPEC = fieldPath("spec");

/** Metadata and spec of a pod: on create, and again on every change. */
export function validatePodMetaAndSpec(pod: Pod, allowPrivileged: boolean, errors: Errors): void {
  const spec = pod.spec ?? { containers: [] };
  const options: PodOptions = { isPod: true, allowPrivileged, podName: pod.metadata.name ?? "" };
  validateCoreObjectMeta(pod.metadata, true, nameIsDnsSubdomain, errors);
  validatePodAnnotations(pod.metadata.annotations, spec, METADATA.child("annotations"), errors);
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
