import { forbidden, invalid, required, tooLong } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import { goQuote } from "../status/go-text.ts";
import type { ObjectMeta, OwnerReference } from "../wire.ts";
import { type Errors, IMMUTABLE_TEXT, invalidEach, NEGATIVE_TEXT } from "./common.ts";
import { validateAnnotations, validateLabels } from "./labels.ts";
import { byteLength, dns1123Label, type NameRule, nameIsPathSegment, qualifiedName } from "./names.ts";

export const METADATA = fieldPath("metadata");

const MANAGER_LIMIT_BYTES = 128;
const SUBRESOURCE_LIMIT_BYTES = 256;
const ORPHAN_FINALIZER = "orphan";
const FOREGROUND_FINALIZER = "foregroundDeletion";
/** Names without a domain that Kubernetes itself uses. */
const standardFinalizers = new Set(["kubernetes", ORPHAN_FINALIZER, FOREGROUND_FINALIZER]);

/** Rules of metadata that hold for every kind; `namespaced` says whether a namespace must or may not be there. */
export function validateObjectMeta(meta: ObjectMeta, namespaced: boolean, nameRule: NameRule, errors: Errors, path: FieldPath = METADATA): void {
  if (meta.generateName) invalidEach(nameRule(meta.generateName, true), meta.generateName, path.child("generateName"), errors);
  if (!meta.name) errors.push(required(path.child("name"), "name or generateName is required"));
  else invalidEach(nameRule(meta.name, false), meta.name, path.child("name"), errors);
  if (namespaced) {
    if (!meta.namespace) errors.push(required(path.child("namespace")));
    else invalidEach(dns1123Label(meta.namespace), meta.namespace, path.child("namespace"), errors);
  } else if (meta.namespace) errors.push(forbidden(path.child("namespace"), "not allowed on this type"));
  if (meta.generation !== undefined && meta.generation < 0) errors.push(invalid(path.child("generation"), meta.generation, NEGATIVE_TEXT));
  validateCommon(meta, path, errors);
  if (meta.finalizers) validateFinalizers(meta.finalizers, path.child("finalizers"), errors);
  validateManagedFields(meta, path, errors);
}

/** The same for the kinds of the core group and those validated with it: finalizers without a domain must be standard ones. */
export function validateCoreObjectMeta(meta: ObjectMeta, namespaced: boolean, nameRule: NameRule, errors: Errors): void {
  validateObjectMeta(meta, namespaced, nameRule, errors);
  meta.finalizers?.forEach((finalizer, i) => {
    validateStandardFinalizer(finalizer, METADATA.child("finalizers").index(i), errors);
  });
}

/** What an update may not do to metadata. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, errors: Errors, path: FieldPath = METADATA): void {
  if (old.deletionTimestamp) {
    const before = old.finalizers ?? [];
    const added = (meta.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
    if (added.length > 0) {
      const listed = [...new Set(added)].sort().map(goQuote).join(", ");
      errors.push(forbidden(path.child("finalizers"), `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`));
    }
  }
  if (!meta.resourceVersion) errors.push(invalid(path.child("resourceVersion"), meta.resourceVersion ?? "", "must be specified for an update"));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) errors.push(invalid(path.child("generation"), meta.generation ?? 0, "must not be decremented"));
  for (const field of ["name", "namespace", "uid"] as const) {
    if ((meta[field] ?? "") !== (old[field] ?? "")) errors.push(invalid(path.child(field), meta[field] ?? "", IMMUTABLE_TEXT));
  }
  for (const field of ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    if ((meta[field] ?? null) !== (old[field] ?? null)) errors.push(invalid(path.child(field), meta[field] ?? null, IMMUTABLE_TEXT));
  }
  validateCommon(meta, path, errors);
  validateManagedFields(meta, path, errors);
}

/** The same with the rule for standard finalizers. */
export function validateCoreObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, errors: Errors): void {
  validateObjectMetaUpdate(meta, old, errors);
  meta.finalizers?.forEach((finalizer, i) => {
    validateStandardFinalizer(finalizer, METADATA.child("finalizers").index(i), errors);
  });
}

/**
 * What the registry itself checks after a kind's `validate` found nothing: metadata with the least name rule, so that no name
 * leaves its place in a path.
 */
export function validateStoredObjectMeta(meta: ObjectMeta, namespaced: boolean): Errors {
  const errors: Errors = [];
  validateObjectMeta(meta, namespaced, nameIsPathSegment, errors);
  return errors;
}

/** What the registry itself checks on every update before the kind's `validateUpdate`. */
export function validateStoredObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, namespaced: boolean): Errors {
  const errors = validateStoredObjectMeta(meta, namespaced);
  validateObjectMetaUpdate(meta, old, errors);
  return errors;
}

function validateCommon(meta: ObjectMeta, path: FieldPath, errors: Errors): void {
  if (meta.labels) validateLabels(meta.labels, path.child("labels"), errors);
  if (meta.annotations) validateAnnotations(meta.annotations, path.child("annotations"), errors);
  if (meta.ownerReferences) validateOwnerReferences(meta.ownerReferences, path.child("ownerReferences"), errors);
}

function validateOwnerReferences(references: readonly OwnerReference[], path: FieldPath, errors: Errors): void {
  let controller = "";
  for (const reference of references) {
    validateOwnerReference(reference, path, errors);
    if (!reference.controller) continue;
    const current = `${reference.kind}/${reference.name}`;
    if (controller === "") controller = current;
    else errors.push(invalid(path, references, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`));
  }
}

function validateOwnerReference(reference: OwnerReference, path: FieldPath, errors: Errors): void {
  const parts = (reference.apiVersion ?? "").split("/");
  const version = parts.length === 1 ? parts[0] : parts.length === 2 ? parts[1] : "";
  if (!version) errors.push(invalid(path.child("apiVersion"), reference.apiVersion ?? "", "version must not be empty"));
  for (const field of ["kind", "name", "uid"] as const) {
    if (!reference[field]) errors.push(invalid(path.child(field), reference[field] ?? "", "must not be empty"));
  }
  if (reference.apiVersion === "v1" && reference.kind === "Event") errors.push(invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner"));
}

function validateFinalizers(finalizers: readonly string[], path: FieldPath, errors: Errors): void {
  for (const finalizer of finalizers) invalidEach(qualifiedName(finalizer), finalizer, path, errors);
  if (finalizers.includes(ORPHAN_FINALIZER) && finalizers.includes(FOREGROUND_FINALIZER)) {
    errors.push(invalid(path, finalizers, `finalizer ${ORPHAN_FINALIZER} and ${FOREGROUND_FINALIZER} cannot be both set`));
  }
}

/** A finalizer is a domain's, or one of Kubernetes' own. */
export function validateStandardFinalizer(finalizer: string, path: FieldPath, errors: Errors): void {
  if (!finalizer.includes("/") && !standardFinalizers.has(finalizer)) {
    errors.push(invalid(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified"));
  }
}

function validateManagedFields(meta: ObjectMeta, metadata: FieldPath, errors: Errors): void {
  meta.managedFields?.forEach((entry, i) => {
    const valid = (entry.operation === "Apply" || entry.operation === "Update") && (!entry.fieldsType || entry.fieldsType === "FieldsV1");
    if (valid && !entry.subresource && isPlainManager(entry.manager ?? "")) return;
    const path = metadata.child("managedFields").index(i);
    if (entry.operation !== "Apply" && entry.operation !== "Update") errors.push(invalid(path.child("operation"), entry.operation ?? "", "must be `Apply` or `Update`"));
    if (entry.fieldsType && entry.fieldsType !== "FieldsV1") errors.push(invalid(path.child("fieldsType"), entry.fieldsType, "must be `FieldsV1`"));
    validateFieldManager(entry.manager ?? "", path.child("manager"), errors);
    if (byteLength(entry.subresource ?? "") > SUBRESOURCE_LIMIT_BYTES) errors.push(tooLong(path.child("subresource"), SUBRESOURCE_LIMIT_BYTES));
  });
}

function isPlainManager(manager: string): boolean {
  if (manager.length > MANAGER_LIMIT_BYTES) return false;
  for (let i = 0; i < manager.length; i++) {
    const c = manager.charCodeAt(i);
    if (c < 32 || c > 126) return false;
  }
  return true;
}

/** A manager's name, in managedFields and as the query's fieldManager: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, path: FieldPath, errors: Errors): void {
  if (byteLength(manager) > MANAGER_LIMIT_BYTES) errors.push(tooLong(path, MANAGER_LIMIT_BYTES));
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) errors.push(invalid(path, manager, `invalid character ${unicodeText(character)} (at position ${position})`));
    position += byteLength(character);
  }
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function isPrintable(character: string): boolean {
  return printable.test(character);
}

/** `U+000A`, with the character in quotes where it can be printed (Go's %#U). */
function unicodeText(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return isPrintable(character) ? `U+${hex} '${character}'` : `U+${hex}`;
}
