import { validateConfigMap, validateConfigMapUpdate } from "../../validation/config-map.ts";
import type { ConfigMap } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

export const configMap = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.ConfigMap",
  strategy: { validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
  columns: [
    nameColumn,
    column("Data", "How many keys it holds.", (map) => Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length),
    ageColumn,
  ],
});
