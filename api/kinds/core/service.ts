import type { Service } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";

const statusStrategy: UpdateStrategy<Service> = {};

export const service = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.Service",
  subresources: {
    proxy: { type: "connect", kind: "ServiceProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    status: statusSubresource("Service", statusStrategy),
  },
  strategy: {},
});
