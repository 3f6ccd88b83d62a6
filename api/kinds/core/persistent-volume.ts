import { rfc3339 } from "../../../lib/clock.ts";
import { defaultPersistentVolume } from "../../defaults/storage.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validatePersistentVolume, validatePersistentVolumeStatusUpdate, validatePersistentVolumeUpdate } from "../../validation/persistent-volume.ts";
import { nodeSelectorTermWarnings, volumeSourceWarnings } from "../../validation/pod/warnings.ts";
import type { PersistentVolume } from "../../wire.ts";
import { ageColumn, column, nameColumn, UNSET } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { Strategy, UpdateStrategy } from "../kind.ts";
import { protect, restoreField } from "../strategies.ts";
import { accessModesText, storageClassOf } from "./volume-columns.ts";

const SPEC = fieldPath("spec");
const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
const MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options";

const strategy: Strategy<PersistentVolume> = {
  applyDefaults: defaultPersistentVolume,
  prepareForCreate(volume, context) {
    protect(volume, "kubernetes.io/pv-protection");
    volume.status = { phase: "Pending", lastPhaseTransitionTime: rfc3339(context.now_ms) };
  },
  prepareForUpdate(volume, old) {
    restoreField(volume, old, "status");
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  warnings: volumeWarnings,
  returnDeletedObject: true,
};

const statusStrategy: UpdateStrategy<PersistentVolume> = {
  prepareForUpdate(volume, old, context) {
    restoreField(volume, old, "spec");
    const now = (volume.status ??= {});
    const before = old.status ?? {};
    if (now.phase !== before.phase && (now.lastPhaseTransitionTime === undefined || now.lastPhaseTransitionTime === before.lastPhaseTransitionTime)) {
      now.lastPhaseTransitionTime = rfc3339(context.now_ms);
    }
  },
  validateUpdate: validatePersistentVolumeStatusUpdate,
};

export const persistentVolume = defineKind<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  shortNames: ["pv"],
  namespaced: false,
  definition: "io.k8s.api.core.v1.PersistentVolume",
  subresources: { status: statusSubresource("PersistentVolume", statusStrategy) },
  strategy,
  columns: [
    nameColumn,
    column("Capacity", "How much it holds.", (volume) => volume.spec?.capacity?.["storage"] ?? "0"),
    column("Access Modes", "How many nodes and pods may use it at once.", (volume) => accessModesText(volume.spec?.accessModes)),
    column("Reclaim Policy", "What becomes of it when its claim is gone.", (volume) => volume.spec?.persistentVolumeReclaimPolicy ?? ""),
    column("Status", "Whether it is bound.", (volume) => (volume.metadata.deletionTimestamp ? "Terminating" : (volume.status?.phase ?? ""))),
    column("Claim", "Namespace and name of its claim.", (volume) => (volume.spec?.claimRef ? `${volume.spec.claimRef.namespace ?? ""}/${volume.spec.claimRef.name ?? ""}` : "")),
    column("StorageClass", "Its class.", (volume) => storageClassOf(volume.metadata, volume.spec)),
    column("VolumeAttributesClass", "Class of its changeable attributes.", (volume) => volume.spec?.volumeAttributesClassName ?? UNSET),
    column("Reason", "Why it is in its phase.", (volume) => volume.status?.reason ?? ""),
    ageColumn,
    column("VolumeMode", "Block device or file system.", (volume) => volume.spec?.volumeMode ?? UNSET, { wide: true }),
  ],
});

function volumeWarnings(volume: PersistentVolume): string[] {
  const warnings: string[] = [];
  const { annotations } = volume.metadata;
  const at = (key: string) => fieldPath("metadata", "annotations").key(key);
  if (annotations?.[CLASS_ANNOTATION] !== undefined) warnings.push(`${at(CLASS_ANNOTATION)}: deprecated since v1.8; use "storageClassName" attribute instead`);
  if (annotations?.[MOUNT_OPTIONS] !== undefined) warnings.push(`${at(MOUNT_OPTIONS)}: deprecated since v1.31; use "mountOptions" attribute instead`);
  const spec = volume.spec ?? {};
  if (spec.persistentVolumeReclaimPolicy === "Recycle") warnings.push(`${SPEC.child("persistentVolumeReclaimPolicy")}: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.`);
  spec.nodeAffinity?.required?.nodeSelectorTerms?.forEach((term, i) => {
    warnings.push(...nodeSelectorTermWarnings(term, SPEC.child("nodeAffinity", "required", "nodeSelectorTerms").index(i)));
  });
  warnings.push(...volumeSourceWarnings(spec, SPEC));
  return warnings;
}
