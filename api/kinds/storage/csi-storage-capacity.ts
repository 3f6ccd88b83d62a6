import { fieldPath } from "../../status/field-path.ts";
import { nodeLabelWarning, nodeSelectorTermWarnings } from "../../validation/pod/warnings.ts";
import { validateCsiStorageCapacity, validateCsiStorageCapacityUpdate } from "../../validation/storage/csi.ts";
import type { CSIStorageCapacity } from "../../wire.ts";
import { defineKind } from "../define.ts";

function topologyWarnings({ nodeTopology }: CSIStorageCapacity): string[] {
  const path = fieldPath("nodeTopology");
  const labels = Object.keys(nodeTopology?.matchLabels ?? {}).flatMap((key) => {
    const text = nodeLabelWarning(key);
    return text === undefined ? [] : [`${path.child("matchLabels", key)}: ${text}`];
  });
  return [...nodeSelectorTermWarnings({ matchExpressions: nodeTopology?.matchExpressions ?? [] }, path), ...labels];
}

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  namespaced: true,
  definition: "io.k8s.api.storage.v1.CSIStorageCapacity",
  strategy: { validate: validateCsiStorageCapacity, validateUpdate: validateCsiStorageCapacityUpdate, warnings: topologyWarnings, allowUnconditionalUpdate: false },
});
