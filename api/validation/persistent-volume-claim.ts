import { compareQuantities } from "../quantity.ts";
import { forbidden, invalid, notSupported, notSupportedInOrder, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../wire.ts";
import { type Errors, IMMUTABLE_TEXT, invalidEach } from "./common.ts";
import { semanticEqual } from "./equality.ts";
import { internalForm, internalLines } from "./internal-json.ts";
import { nameIsDnsSubdomain, qualifiedName } from "./names.ts";
import { METADATA, validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { validateClaimSpec } from "./persistent-volume-claim-spec.ts";
import { isNativeResource, validateBasicQuantity, validateResourceQuantity } from "./resources.ts";
import { unifiedDiff } from "./unified-diff.ts";

const SPEC = fieldPath("spec");
const STATUS = fieldPath("status");
const DEFINITION = "io.k8s.api.core.v1.PersistentVolumeClaimSpec";
const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

export function validatePersistentVolumeClaim(claim: PersistentVolumeClaim): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(claim.metadata, true, nameIsDnsSubdomain, errors);
  validateClaimSpec(claim.spec ?? {}, SPEC, errors);
  return errors;
}

/** Of a bound claim only its size and its class of attributes may change; the volume's name is given once. */
export function validatePersistentVolumeClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(claim.metadata, old.metadata, errors);
  errors.push(...validatePersistentVolumeClaim(claim));
  validateSpecUpdate(claim, old, errors);
  const storage = (spec: PersistentVolumeClaimSpec | undefined) => spec?.resources?.requests?.["storage"] ?? "0";
  const size = storage(claim.spec);
  if (compareQuantities(size, storage(old.spec)) < 0 && compareQuantities(size, old.status?.capacity?.["storage"] ?? "0") <= 0) {
    errors.push(forbidden(SPEC.child("resources", "requests", "storage"), "field can not be less than status.capacity"));
  }
  if (claim.spec?.volumeMode !== old.spec?.volumeMode) errors.push(invalid("volumeMode", claim.spec?.volumeMode ?? null, IMMUTABLE_TEXT));
  if (old.status?.currentVolumeAttributesClassName !== undefined) validateAttributesClass(claim.spec?.volumeAttributesClassName, old.spec?.volumeAttributesClassName, errors);
  return errors;
}

function validateSpecUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: Errors): void {
  const now: PersistentVolumeClaimSpec = { ...claim.spec };
  const before: PersistentVolumeClaimSpec = { ...old.spec };
  if (!before.volumeName && now.volumeName) before.volumeName = now.volumeName;
  validateClassUpdate(claim, old, now, errors);
  if (claim.status?.phase === "Bound") {
    const requests = now.resources?.requests;
    const size = old.spec?.resources?.requests?.["storage"];
    if (requests && size !== undefined) now.resources = { ...now.resources, requests: { ...requests, storage: size } };
    if (before.volumeAttributesClassName === undefined) delete now.volumeAttributesClassName;
    else now.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  if (semanticEqual(DEFINITION, now, before)) return;
  const lines = (spec: PersistentVolumeClaimSpec) => internalLines(internalForm(DEFINITION, spec));
  const text = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
  errors.push(forbidden(SPEC, `${text}\n${unifiedDiff(lines(before), lines(now))}`));
}

/** A storage class may move from the annotation to the field, and be given where there was none; `now` is made to match then. */
function validateClassUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, now: PersistentVolumeClaimSpec, errors: Errors): void {
  const oldAnnotation = old.metadata.annotations?.[CLASS_ANNOTATION];
  const annotation = claim.metadata.annotations?.[CLASS_ANNOTATION];
  const name = claim.spec?.storageClassName;
  const hadNone = old.spec?.storageClassName === undefined;
  if (oldAnnotation !== undefined && hadNone && name === oldAnnotation && (annotation === undefined || annotation === oldAnnotation)) {
    delete now.storageClassName;
    return;
  }
  if ((annotation ?? "") !== (oldAnnotation ?? "")) errors.push(invalid(METADATA.child("annotations").key(CLASS_ANNOTATION), annotation ?? "", IMMUTABLE_TEXT));
  if (name !== undefined && hadNone && (oldAnnotation === undefined || name === oldAnnotation)) delete now.storageClassName;
}

/** A class that is in effect is changed, not taken away (KEP-3751). */
function validateAttributesClass(now: string | undefined, old: string | undefined, errors: Errors): void {
  if (now === old) return;
  const path = SPEC.child("volumeAttributesClassName");
  if (now === undefined) errors.push(forbidden(path, "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil"));
  else if (now === "") errors.push(forbidden(path, "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil"));
}

const resizeStatuses = ["ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizePending", "NodeResizeInProgress", "NodeResizeInfeasible"];

export function validatePersistentVolumeClaimStatusUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Errors {
  const errors: Errors = [];
  const status = claim.status ?? {};
  validateCoreObjectMetaUpdate(claim.metadata, old.metadata, errors);
  if (!claim.metadata.resourceVersion) errors.push(required("resourceVersion"));
  if (!claim.spec?.accessModes?.length) errors.push(required(fieldPath("Spec", "accessModes")));
  for (const [name, amount] of Object.entries(status.capacity ?? {})) validateBasicQuantity(amount, STATUS.child("capacity").key(name), errors);
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const path = STATUS.child("allocatedResourceStatuses");
    validateResourceKey(name, path, errors);
    if (!resizeStatuses.includes(state)) errors.push(notSupported(path, name, resizeStatuses));
  }
  for (const [name, amount] of Object.entries(status.allocatedResources ?? {})) {
    const path = STATUS.child("allocatedResources");
    if (!validateResourceKey(name, path, errors)) continue;
    const before = errors.length;
    validateBasicQuantity(amount, path.key(name), errors);
    if (errors.length === before) validateResourceQuantity("storage", amount, path.key(name), errors);
  }
  return errors;
}

/** Of Kubernetes' own resources a claim knows only storage. */
function validateResourceKey(name: string, path: FieldPath, errors: Errors): boolean {
  const before = errors.length;
  invalidEach(qualifiedName(name), name, path, errors);
  if (errors.length === before && isNativeResource(name) && name !== "storage") errors.push(notSupportedInOrder(path, name, ["storage"]));
  return errors.length === before;
}
