import { forbidden, invalid, notSupported, notSupportedInOrder, RawValue, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { PersistentVolume } from "../wire.ts";
import { type Errors, IMMUTABLE_TEXT, invalidEach, invalidEachAt } from "./common.ts";
import { semanticEqual } from "./equality.ts";
import { internalForm, internalJson, internalLines, PERSISTENT_VOLUME_SOURCES } from "./internal-json.ts";
import { nameIsDnsSubdomain } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { validateAccessModes, volumeModes } from "./persistent-volume-claim-spec.ts";
import { validateVolumeSource } from "./persistent-volume-sources.ts";
import { validateNodeSelector } from "./pod/node-selector.ts";
import { validateBasicQuantity, validatePositiveQuantity } from "./resources.ts";
import { unifiedDiff } from "./unified-diff.ts";

export type VolumeSpec = NonNullable<PersistentVolume["spec"]>;

const SPEC = fieldPath("spec");
const DEFINITION = "io.k8s.api.core.v1.PersistentVolumeSpec";
const AFFINITY = "io.k8s.api.core.v1.VolumeNodeAffinity";
const MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options";
const reclaimPolicies = ["Delete", "Recycle", "Retain"];

export function validatePersistentVolume(volume: PersistentVolume): Errors {
  const errors: Errors = [];
  validateMetaAndSpec(volume, errors);
  validateMountOptions(volume, errors);
  return errors;
}

function validateMetaAndSpec(volume: PersistentVolume, errors: Errors): void {
  validateCoreObjectMeta(volume.metadata, false, nameIsDnsSubdomain, errors);
  validateVolumeSpec(volume.spec ?? {}, volume.metadata.name ?? "", SPEC, errors);
}

function validateVolumeSpec(spec: VolumeSpec, name: string, path: FieldPath, errors: Errors): void {
  validateModes(spec, path, errors);
  validateCapacity(spec, path, errors);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !reclaimPolicies.includes(policy)) errors.push(notSupported(path.child("persistentVolumeReclaimPolicy"), policy, reclaimPolicies));
  if (spec.nodeAffinity) {
    const at = path.child("nodeAffinity", "required");
    if (spec.nodeAffinity.required) validateNodeSelector(spec.nodeAffinity.required, at, errors);
    else errors.push(required(at, "must specify required node constraints"));
  }
  validateVolumeSource(spec, name, path, errors);
  if (spec.storageClassName) invalidEachAt(nameIsDnsSubdomain(spec.storageClassName, false), spec.storageClassName, path, "storageClassName", errors);
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode)) errors.push(notSupported(path.child("volumeMode"), spec.volumeMode, volumeModes));
  const attributes = spec.volumeAttributesClassName;
  if (attributes === undefined) return;
  if (attributes === "") errors.push(required(path.child("volumeAttributesClassName"), "an empty string is disallowed"));
  else invalidEach(nameIsDnsSubdomain(attributes, false), attributes, path.child("volumeAttributesClassName"), errors);
  if (!spec.csi) errors.push(required(path.child("csi"), "has to be specified when using volumeAttributesClassName"));
}

function validateModes(spec: VolumeSpec, path: FieldPath, errors: Errors): void {
  if (!spec.accessModes?.length) errors.push(required(path.child("accessModes")));
  validateAccessModes(spec.accessModes ?? [], path, errors);
}

function validateCapacity(spec: VolumeSpec, path: FieldPath, errors: Errors): void {
  const at = path.child("capacity");
  const capacity = spec.capacity ?? {};
  const names = Object.keys(capacity).sort();
  if (names.length === 0) errors.push(required(at));
  if (names.length !== 1 || names[0] !== "storage") {
    const value = spec.capacity === undefined ? null : new RawValue(JSON.stringify(Object.fromEntries(names.map((name) => [name, capacity[name]]))));
    errors.push(notSupportedInOrder(at, value, ["storage"]));
  }
  for (const name of names) {
    validateBasicQuantity(capacity[name] ?? "0", at.key(name), errors);
    validatePositiveQuantity(capacity[name] ?? "0", at.key(name), errors);
  }
}

/** A volume that an attachment carries itself: CSI only, without what binding needs. */
export function validateInlineVolumeSpec(spec: VolumeSpec, path: FieldPath, errors: Errors): void {
  const text = "may not be specified in the context of inline volumes";
  if (spec.claimRef) errors.push(forbidden(path.child("claimRef"), text));
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.push(forbidden(path.child("capacity"), text));
  if (!spec.csi) errors.push(required(path.child("csi"), "has to be specified in the context of inline volumes"));
  validateModes(spec, path, errors);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && policy !== "Retain") errors.push(forbidden(path.child("persistentVolumeReclaimPolicy"), "may only be Retain in the context of inline volumes"));
  if (spec.nodeAffinity) errors.push(forbidden(path.child("nodeAffinity"), text));
  validateVolumeSource(spec, "", path, errors);
  if (spec.storageClassName) errors.push(forbidden(path.child("storageClassName"), text));
  if (spec.volumeMode !== undefined && spec.volumeMode !== "Filesystem") {
    errors.push(forbidden(path.child("volumeMode"), "may not specify volumeMode other than Filesystem in the context of inline volumes"));
  }
}

const withMountOptions: readonly (keyof VolumeSpec)[] = [
  ...(["gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "nfs", "rbd", "quobyte", "iscsi", "cinder", "cephfs", "azureFile", "vsphereVolume", "azureDisk"] as const),
];

/** Mount options in the annotation that was there before the field. */
function validateMountOptions(volume: PersistentVolume, errors: Errors): void {
  if (volume.metadata.annotations?.[MOUNT_OPTIONS] === undefined || withMountOptions.some((source) => volume.spec?.[source])) return;
  errors.push(forbidden(fieldPath("metadata", "annotations", MOUNT_OPTIONS), "may not specify mount options for this volume type"));
}

/** Kubernetes reports the rules of metadata and spec twice. */
export function validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): Errors {
  const errors = validatePersistentVolume(volume);
  validateMetaAndSpec(volume, errors);
  const spec = volume.spec ?? {};
  const before = old.spec ?? {};
  validateSourceUpdate(spec, before, errors);
  if (spec.volumeMode !== before.volumeMode) errors.push(invalid("volumeMode", spec.volumeMode ?? null, IMMUTABLE_TEXT));
  validateAffinityUpdate(spec, before, errors);
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden(SPEC.child("volumeAttributesClassName"), "update from non-nil value to nil is forbidden"));
  }
  return errors;
}

function sourceOf(spec: VolumeSpec): VolumeSpec {
  return Object.fromEntries(PERSISTENT_VOLUME_SOURCES.map((name) => [name, spec[name as keyof VolumeSpec]]));
}

/** Where the volume is never changes; a secret for growing it may come later. */
function validateSourceUpdate(spec: VolumeSpec, old: VolumeSpec, errors: Errors): void {
  const [now, before] = [sourceOf(spec), sourceOf(old)];
  if (now.csi?.controllerExpandSecretRef && before.csi && !before.csi.controllerExpandSecretRef) {
    now.csi = { ...now.csi };
    delete now.csi.controllerExpandSecretRef;
  }
  if (semanticEqual(DEFINITION, now, before)) return;
  const lines = (source: VolumeSpec) => {
    const form = internalForm(DEFINITION, source) as Record<string, unknown>;
    for (const field of outside) delete form[field];
    return internalLines(form);
  };
  errors.push(forbidden(SPEC.child("persistentvolumesource"), `spec.persistentvolumesource is immutable after creation\n${unifiedDiff(lines(before), lines(now))}`));
}

/** Fields of the internal spec that are no part of the source. */
const outside = ["Capacity", "AccessModes", "ClaimRef", "PersistentVolumeReclaimPolicy", "StorageClassName", "MountOptions", "VolumeMode", "NodeAffinity", "VolumeAttributesClassName"];

/** Labels of nodes that have newer names now. */
const newerLabels: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

function validateAffinityUpdate(spec: VolumeSpec, old: VolumeSpec, errors: Errors): void {
  if (!old.nodeAffinity) return;
  const [now, before] = [spec.nodeAffinity, old.nodeAffinity];
  if (now && semanticEqual(AFFINITY, now, withNewerLabels(before, now))) return;
  const value = now === undefined ? null : internalJson(AFFINITY, now);
  errors.push(invalid("nodeAffinity", value, `${IMMUTABLE_TEXT}, except for updating from beta label to GA`));
}

type Affinity = NonNullable<VolumeSpec["nodeAffinity"]>;

/** `old` with those keys renamed that `now` has renamed. */
function withNewerLabels(old: Affinity, now: Affinity): Affinity {
  if (!old.required) return old;
  const terms = (old.required.nodeSelectorTerms ?? []).map((term, i) => ({
    ...term,
    matchExpressions: (term.matchExpressions ?? []).map((expression, j) => {
      const key = now.required?.nodeSelectorTerms?.[i]?.matchExpressions?.[j]?.key;
      return key !== undefined && newerLabels[expression.key] === key ? { ...expression, key } : expression;
    }),
  }));
  return { required: { nodeSelectorTerms: terms } };
}

export function validatePersistentVolumeStatusUpdate(volume: PersistentVolume, old: PersistentVolume): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(volume.metadata, old.metadata, errors);
  if (!volume.metadata.resourceVersion) errors.push(required("resourceVersion"));
  return errors;
}

