import type { Pod } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";
import { eviction } from "../policy/eviction.ts";
import { bindingBody } from "./binding.ts";

const statusStrategy: UpdateStrategy<Pod> = {};

export const pod = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.Pod",
  subresources: {
    attach: { type: "connect", kind: "PodAttachOptions", verbs: ["create", "get"] },
    binding: { type: "create", kind: "Binding", verbs: ["create"], body: bindingBody },
    ephemeralcontainers: { type: "ephemeralcontainers", kind: "Pod", verbs: ["get", "patch", "update"] },
    eviction: { type: "create", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"], body: eviction },
    exec: { type: "connect", kind: "PodExecOptions", verbs: ["create", "get"] },
    log: { type: "connect", kind: "Pod", verbs: ["get"] },
    portforward: { type: "connect", kind: "PodPortForwardOptions", verbs: ["create", "get"] },
    proxy: { type: "connect", kind: "PodProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    resize: { type: "resize", kind: "Pod", verbs: ["get", "patch", "update"] },
    status: statusSubresource("Pod", statusStrategy),
  },
  strategy: {},
});
