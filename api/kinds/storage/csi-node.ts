import { validateCsiNode, validateCsiNodeUpdate } from "../../validation/storage/csi.ts";
import type { CSINode } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

export const csiNode = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.CSINode",
  strategy: { returnDeletedObject: true, validate: validateCsiNode, validateUpdate: validateCsiNodeUpdate, allowUnconditionalUpdate: false },
  columns: [nameColumn, column("Drivers", "How many CSI drivers run on the node.", (node) => node.spec?.drivers?.length ?? 0, { type: "integer" }), ageColumn],
});
