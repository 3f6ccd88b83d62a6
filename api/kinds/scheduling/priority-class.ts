import type { PriorityClass } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const priorityClass = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  shortNames: ["pc"],
  namespaced: false,
  definition: "io.k8s.api.scheduling.v1.PriorityClass",
  strategy: {},
});
