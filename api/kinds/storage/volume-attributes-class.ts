import { validateVolumeAttributesClass, validateVolumeAttributesClassUpdate } from "../../validation/storage/storage-class.ts";
import type { VolumeAttributesClass } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { protect } from "../strategies.ts";

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  shortNames: ["vac"],
  namespaced: false,
  definition: "io.k8s.api.storage.v1.VolumeAttributesClass",
  strategy: {
    returnDeletedObject: true,
    prepareForCreate(attributes) {
      protect(attributes, "kubernetes.io/vac-protection");
    },
    validate: validateVolumeAttributesClass,
    validateUpdate: validateVolumeAttributesClassUpdate,
  },
  columns: [nameColumn, column("DriverName", "The CSI driver.", (attributes) => attributes.driverName ?? ""), ageColumn],
});
