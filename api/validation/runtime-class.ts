import { duplicate, required } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import type { RuntimeClass } from "../wire.ts";
import { type Errors, immutable, invalidEach } from "./common.ts";
import { semanticEqual } from "./equality.ts";
import { internalJson } from "./internal-json.ts";
import { validateLabels } from "./labels.ts";
import { nameIsDnsLabel, nameIsDnsSubdomain } from "./names.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";
import { validateResourceRequirements } from "./pod/container-resources.ts";
import { validateTolerations } from "./pod/scheduling.ts";
import { validateContainerResourceName } from "./resources.ts";

const TOLERATION = "io.k8s.api.core.v1.Toleration";

export function validateRuntimeClass(runtimeClass: RuntimeClass): Errors {
  const errors: Errors = [];
  const handler = runtimeClass.handler ?? "";
  validateObjectMeta(runtimeClass.metadata, false, nameIsDnsSubdomain, errors);
  if (handler === "") errors.push(required("handler"));
  else invalidEach(nameIsDnsLabel(handler, false), handler, fieldPath("handler"), errors);
  const amounts = runtimeClass.overhead?.podFixed;
  if (amounts) validateResourceRequirements({ limits: amounts }, validateContainerResourceName, new Set(), fieldPath("overhead"), errors);
  const { nodeSelector, tolerations = [] } = runtimeClass.scheduling ?? {};
  if (nodeSelector) validateLabels(nodeSelector, fieldPath("scheduling", "nodeSelector"), errors);
  const path = fieldPath("scheduling", "tolerations");
  validateTolerations(tolerations, path, errors);
  tolerations.forEach((toleration, i) => {
    if (tolerations.slice(0, i).some((other) => semanticEqual(TOLERATION, other, toleration))) errors.push(duplicate(path.index(i), internalJson(TOLERATION, toleration)));
  });
  return errors;
}

export function validateRuntimeClassUpdate(runtimeClass: RuntimeClass, old: RuntimeClass): Errors {
  const errors = validateRuntimeClass(runtimeClass);
  validateObjectMetaUpdate(runtimeClass.metadata, old.metadata, errors);
  immutable((runtimeClass.handler ?? "") === (old.handler ?? ""), runtimeClass.handler ?? "", fieldPath("handler"), errors);
  return errors;
}
