import { forbidden, invalid, notSupported, RawValue, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { ObjectMeta, PersistentVolumeClaimSpec } from "../wire.ts";
import { type Errors, invalidEach, optionalEnum } from "./common.ts";
import { validateAnnotations, validateLabelSelector, validateLabels } from "./labels.ts";
import { dns1123Label, dns1123Subdomain, nameIsDnsSubdomain } from "./names.ts";
import { validatePositiveQuantity } from "./resources.ts";

export const accessModes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
export const volumeModes = ["Block", "Filesystem"];

/** Access modes of a volume or a claim: known ones, and ReadWriteOncePod only alone. */
export function validateAccessModes(modes: readonly string[], path: FieldPath, errors: Errors): void {
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported(path.child("accessModes"), mode, accessModes));
  if (modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod" && accessModes.includes(mode))) {
    errors.push(forbidden(path.child("accessModes"), "may not use ReadWriteOncePod with other access modes"));
  }
}

/** The spec of a claim, also of one that is made from a template. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: FieldPath, errors: Errors): void {
  if (!spec.accessModes?.length) errors.push(required(path.child("accessModes"), "at least 1 access mode is required"));
  validateLabelSelector(spec.selector, path.child("selector"), errors);
  validateAccessModes(spec.accessModes ?? [], path, errors);
  const storage = spec.resources?.requests?.["storage"];
  if (storage === undefined) errors.push(required(path.child("resources").key("storage")));
  else validatePositiveQuantity(storage, path.child("resources").key("storage"), errors);
  if (spec.storageClassName) invalidEach(nameIsDnsSubdomain(spec.storageClassName, false), spec.storageClassName, path.child("storageClassName"), errors);
  optionalEnum(spec.volumeMode, volumeModes, path, "volumeMode", errors);
  validateDataSources(spec, path, errors);
  const attributes = spec.volumeAttributesClassName;
  if (attributes) invalidEach(nameIsDnsSubdomain(attributes, false), attributes, path.child("volumeAttributesClassName"), errors);
}

type DataSource = NonNullable<PersistentVolumeClaimSpec["dataSourceRef"]>;

function validateDataSources(spec: PersistentVolumeClaimSpec, path: FieldPath, errors: Errors): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) validateDataSource(dataSource, path.child("dataSource"), errors);
  if (dataSourceRef) {
    validateDataSource(dataSourceRef, path.child("dataSourceRef"), errors);
    const namespace = dataSourceRef.namespace;
    if (namespace) invalidEach(dns1123Label(namespace), namespace, path.child("dataSourceRef", "namespace"), errors);
  }
  if (!dataSource || !dataSourceRef) return;
  // Kubernetes prints the path as the value, a structure without exported fields.
  const value = new RawValue("{}");
  if (dataSourceRef.namespace) errors.push(invalid(path, value, "may not be specified when dataSourceRef.namespace is specified"));
  else if (dataSource.apiGroup !== dataSourceRef.apiGroup || dataSource.kind !== dataSourceRef.kind || dataSource.name !== dataSourceRef.name) {
    errors.push(invalid(path, value, "must match dataSourceRef"));
  }
}

function validateDataSource(source: DataSource, path: FieldPath, errors: Errors): void {
  if (!source.name) errors.push(required(path.child("name")));
  if (!source.kind) errors.push(required(path.child("kind")));
  if (!source.apiGroup && source.kind !== "PersistentVolumeClaim") errors.push(invalid(path, source.kind ?? "", "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (source.apiGroup) invalidEach(dns1123Subdomain(source.apiGroup), source.apiGroup, path.child("apiGroup"), errors);
}

const templateMetaFields: ReadonlySet<string> = new Set(["labels", "annotations"]);

/** A claim's template inside a pod: labels and annotations are all that its metadata may have. */
export function validateClaimTemplate(template: { metadata?: ObjectMeta; spec: PersistentVolumeClaimSpec }, path: FieldPath, errors: Errors): void {
  validateTemplateMeta(template.metadata ?? {}, path.child("metadata"), errors);
  validateClaimSpec(template.spec ?? {}, path.child("spec"), errors);
}

/** Metadata of a template from which another object is made. */
export function validateTemplateMeta(meta: ObjectMeta, path: FieldPath, errors: Errors): void {
  validateAnnotations(meta.annotations, path.child("annotations"), errors);
  validateLabels(meta.labels, path.child("labels"), errors);
  for (const [field, value] of Object.entries(meta)) {
    if (!templateMetaFields.has(field) && value !== undefined && value !== null && value !== "") errors.push(forbidden(path.child(field === "uid" ? "uID" : field), "cannot be set"));
  }
}

