import { forbidden, notSupported, required, tooLong } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { IngressClass } from "../../wire.ts";
import { validateDomainPrefixedPath } from "../batch/job.ts";
import { type Errors, immutable, invalidEach } from "../common.ts";
import { byteLength, dns1123Label, nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateLocalReference } from "./ingress.ts";

type Spec = NonNullable<IngressClass["spec"]>;

const SPEC = fieldPath("spec");
const CONTROLLER_LIMIT = 250;
const scopes = ["Cluster", "Namespace"];

export function validateIngressClass(ingressClass: IngressClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(ingressClass.metadata, false, nameIsDnsSubdomain, errors);
  const controller = ingressClass.spec?.controller ?? "";
  if (byteLength(controller) > CONTROLLER_LIMIT) errors.push(tooLong(SPEC.child("controller"), CONTROLLER_LIMIT));
  validateDomainPrefixedPath(controller, SPEC.child("controller"), errors);
  if (ingressClass.spec?.parameters) validateParameters(ingressClass.spec.parameters, SPEC.child("parameters"), errors);
  return errors;
}

function validateParameters(parameters: NonNullable<Spec["parameters"]>, path: FieldPath, errors: Errors): void {
  validateLocalReference(parameters, path, errors);
  const { scope, namespace } = parameters;
  if (scope === undefined) errors.push(required(path.child("scope")));
  else if (!scopes.includes(scope)) errors.push(notSupported(path.child("scope"), scope, scopes));
  else if (scope === "Cluster") {
    if (namespace !== undefined) errors.push(forbidden(path.child("namespace"), "`parameters.scope` is set to 'Cluster'"));
  } else if (namespace === undefined) errors.push(required(path.child("namespace"), "`parameters.scope` is set to 'Namespace'"));
  else invalidEach(dns1123Label(namespace), namespace, path.child("namespace"), errors);
}

export function validateIngressClassUpdate(ingressClass: IngressClass, old: IngressClass): Errors {
  const errors: Errors = [];
  const [now, before] = [ingressClass.spec?.controller ?? "", old.spec?.controller ?? ""];
  validateCoreObjectMetaUpdate(ingressClass.metadata, old.metadata, errors);
  immutable(now === before, now, SPEC.child("controller"), errors);
  errors.push(...validateIngressClass(ingressClass));
  return errors;
}
