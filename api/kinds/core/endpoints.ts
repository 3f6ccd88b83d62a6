import type { Endpoints } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const endpoints = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  shortNames: ["ep"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.Endpoints",
  strategy: {},
});
