import type { Deployment } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";

const statusStrategy: UpdateStrategy<Deployment> = {};

export const deployment = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.apps.v1.Deployment",
  subresources: {
    scale: { type: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"] },
    status: statusSubresource("Deployment", statusStrategy),
  },
  strategy: {},
});
