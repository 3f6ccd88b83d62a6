import type { Node } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";

const statusStrategy: UpdateStrategy<Node> = {};

export const node = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  shortNames: ["no"],
  namespaced: false,
  definition: "io.k8s.api.core.v1.Node",
  subresources: {
    proxy: { type: "connect", kind: "NodeProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    status: statusSubresource("Node", statusStrategy),
  },
  strategy: {},
});
