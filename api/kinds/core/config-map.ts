import type { ConfigMap } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const configMap = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.ConfigMap",
  strategy: {},
});
