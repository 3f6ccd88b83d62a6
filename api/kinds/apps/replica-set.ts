import type { ReplicaSet } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";

const statusStrategy: UpdateStrategy<ReplicaSet> = {};

export const replicaSet = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ReplicaSet",
  subresources: {
    scale: { type: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"] },
    status: statusSubresource("ReplicaSet", statusStrategy),
  },
  strategy: {},
});
