import { defaultStorageClass } from "../../defaults/storage.ts";
import { fieldPath } from "../../status/field-path.ts";
import { nodeLabelWarning } from "../../validation/pod/warnings.ts";
import { validateStorageClass, validateStorageClassUpdate } from "../../validation/storage/storage-class.ts";
import type { StorageClass } from "../../wire.ts";
import { ageColumn, column, nameColumn, UNSET } from "../columns.ts";
import { defineKind } from "../define.ts";

export const storageClass = defineKind<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  shortNames: ["sc"],
  namespaced: false,
  definition: "io.k8s.api.storage.v1.StorageClass",
  strategy: { returnDeletedObject: true, applyDefaults: defaultStorageClass, validate: validateStorageClass, validateUpdate: validateStorageClassUpdate, warnings: topologyWarnings },
  columns: [
    { ...nameColumn, cell: nameCell },
    column("Provisioner", "Who makes its volumes.", (storageClass) => storageClass.provisioner ?? ""),
    column("ReclaimPolicy", "What becomes of a volume when its claim is gone.", (storageClass) => storageClass.reclaimPolicy ?? "Delete"),
    column("VolumeBindingMode", "When a claim is bound.", (storageClass) => storageClass.volumeBindingMode ?? UNSET),
    column("AllowVolumeExpansion", "Whether its volumes can grow.", (storageClass) => storageClass.allowVolumeExpansion ?? false),
    ageColumn,
  ],
});

function nameCell(storageClass: StorageClass): string {
  const { name = "", annotations } = storageClass.metadata;
  const isDefault = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"].some((key) => annotations?.[key] === "true");
  return isDefault ? `${name} (default)` : name;
}

function topologyWarnings(storageClass: StorageClass): string[] {
  const warnings: string[] = [];
  storageClass.allowedTopologies?.forEach((term, i) => {
    term.matchLabelExpressions?.forEach(({ key }, j) => {
      const text = nodeLabelWarning(key);
      if (text !== undefined) warnings.push(`${fieldPath("allowedTopologies").index(i).child("matchLabelExpressions").index(j).child("key")}: ${text}`);
    });
  });
  return warnings;
}
