import type { Namespace } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";

const statusStrategy: UpdateStrategy<Namespace> = {};

export const namespace = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  definition: "io.k8s.api.core.v1.Namespace",
  subresources: {
    finalize: { type: "finalize", kind: "Namespace", verbs: ["update"] },
    status: statusSubresource("Namespace", statusStrategy),
  },
  strategy: {},
});
