import { validateCsiStorageCapacity, validateCsiStorageCapacityUpdate } from "../../validation/storage/csi.ts";
import type { CSIStorageCapacity } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  namespaced: true,
  definition: "io.k8s.api.storage.v1.CSIStorageCapacity",
  strategy: { validate: validateCsiStorageCapacity, validateUpdate: validateCsiStorageCapacityUpdate, allowUnconditionalUpdate: false },
});
