import { invalid } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { Namespace } from "../wire.ts";
import { type Errors, invalidEach } from "./common.ts";
import { nameIsDnsLabel, qualifiedName } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate, validateStandardFinalizer } from "./object-meta.ts";

const FINALIZERS = fieldPath("spec", "finalizers");

function validateFinalizer(finalizer: string, path: FieldPath, errors: Errors): void {
  invalidEach(qualifiedName(finalizer), finalizer, path, errors);
  validateStandardFinalizer(finalizer, path, errors);
}

export function validateNamespace(namespace: Namespace): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(namespace.metadata, false, nameIsDnsLabel, errors);
  for (const finalizer of namespace.spec?.finalizers ?? []) validateFinalizer(finalizer, FINALIZERS, errors);
  return errors;
}

export function validateNamespaceUpdate(namespace: Namespace, old: Namespace): Errors {
  const errors = validateNamespace(namespace);
  validateCoreObjectMetaUpdate(namespace.metadata, old.metadata, errors);
  return errors;
}

/** The phase goes with the deletion. */
export function validateNamespaceStatusUpdate(namespace: Namespace, old: Namespace): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(namespace.metadata, old.metadata, errors);
  const phase = namespace.status?.phase ?? "";
  const deleting = Boolean(namespace.metadata.deletionTimestamp);
  const wanted = deleting ? "Terminating" : "Active";
  if (phase !== wanted) errors.push(invalid(fieldPath("status", "Phase"), phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${deleting ? "not " : ""}empty`));
  return errors;
}

export function validateNamespaceFinalize(namespace: Namespace, old: Namespace): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(namespace.metadata, old.metadata, errors);
  namespace.spec?.finalizers?.forEach((finalizer, i) => {
    validateFinalizer(finalizer, FINALIZERS.index(i), errors);
  });
  return errors;
}
