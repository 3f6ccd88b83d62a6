import { defaultClaim } from "../../defaults/claim.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validatePersistentVolumeClaim, validatePersistentVolumeClaimStatusUpdate, validatePersistentVolumeClaimUpdate } from "../../validation/persistent-volume-claim.ts";
import { claimSpecWarnings } from "../../validation/pod/warnings.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../../wire.ts";
import { ageColumn, column, nameColumn, UNSET } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { Strategy } from "../kind.ts";
import { protect, restoreField, statusOnly } from "../strategies.ts";
import { accessModesText, storageClassOf } from "./volume-columns.ts";

const SPEC = fieldPath("spec");
const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

const strategy: Strategy<PersistentVolumeClaim> = {
  applyDefaults: defaultClaim,
  prepareForCreate(claim) {
    protect(claim, "kubernetes.io/pvc-protection");
    claim.status = { phase: "Pending" };
    if (claim.spec) prepareDataSources(claim.spec, undefined);
  },
  prepareForUpdate(claim, old) {
    restoreField(claim, old, "status");
    if (claim.spec) prepareDataSources(claim.spec, old.spec);
  },
  validate: validatePersistentVolumeClaim,
  validateUpdate: validatePersistentVolumeClaimUpdate,
  warnings(claim) {
    const warnings: string[] = [];
    if (claim.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) {
      warnings.push(`${fieldPath("metadata", "annotations").key(CLASS_ANNOTATION)}: deprecated since v1.8; use "storageClassName" attribute instead`);
    }
    claimSpecWarnings(claim.spec, SPEC, warnings);
    return warnings;
  },
  returnDeletedObject: true,
};

/** KEP-1495: the older field only knows claims and snapshots; the two fields say the same. A source in another namespace is not enabled. */
function prepareDataSources(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec | undefined): void {
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef;
  if (spec.dataSource && !old?.dataSource && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource;
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) spec.dataSource = withoutNamespace(spec.dataSourceRef);
}

function isClaimOrSnapshot(source: { apiGroup?: string; kind: string }): boolean {
  return (source.kind === "PersistentVolumeClaim" && !source.apiGroup) || (source.kind === "VolumeSnapshot" && source.apiGroup === "snapshot.storage.k8s.io");
}

function withoutNamespace(source: NonNullable<PersistentVolumeClaimSpec["dataSourceRef"]>): NonNullable<PersistentVolumeClaimSpec["dataSource"]> {
  const { namespace: _namespace, ...rest } = source;
  return rest;
}

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  shortNames: ["pvc"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.PersistentVolumeClaim",
  subresources: {
    status: statusSubresource("PersistentVolumeClaim", { ...statusOnly<PersistentVolumeClaim>(), validateUpdate: validatePersistentVolumeClaimStatusUpdate }),
  },
  strategy,
  columns: [
    nameColumn,
    column("Status", "Whether it is bound.", (claim) => (claim.metadata.deletionTimestamp ? "Terminating" : (claim.status?.phase ?? ""))),
    column("Volume", "The volume that it is bound to.", (claim) => claim.spec?.volumeName ?? ""),
    column("Capacity", "How much that volume holds.", (claim) => (claim.spec?.volumeName ? (claim.status?.capacity?.["storage"] ?? "0") : "")),
    column("Access Modes", "How many nodes and pods may use it at once.", (claim) => (claim.spec?.volumeName ? accessModesText(claim.status?.accessModes) : "")),
    column("StorageClass", "Its class.", (claim) => storageClassOf(claim.metadata, claim.spec)),
    column("VolumeAttributesClass", "Class of the volume's changeable attributes.", (claim) => claim.spec?.volumeAttributesClassName ?? UNSET),
    ageColumn,
    column("VolumeMode", "Block device or file system.", (claim) => claim.spec?.volumeMode ?? UNSET, { wide: true }),
  ],
});
