import type { Secret } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const secret = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Secret",
  strategy: {},
});
