import type { Pod } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { eviction } from "../policy/eviction.ts";
import { bindingBody } from "./binding.ts";
import { podColumns, podRowConditions } from "./pod-columns.ts";
import { podEphemeralStrategy, podResizeStrategy, podStatusStrategy, podStrategy } from "./pod-strategy.ts";

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
    ephemeralcontainers: { type: "ephemeralcontainers", kind: "Pod", verbs: ["get", "patch", "update"], strategy: podEphemeralStrategy },
    eviction: { type: "create", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"], body: eviction },
    exec: { type: "connect", kind: "PodExecOptions", verbs: ["create", "get"] },
    log: { type: "connect", kind: "Pod", verbs: ["get"] },
    portforward: { type: "connect", kind: "PodPortForwardOptions", verbs: ["create", "get"] },
    proxy: { type: "connect", kind: "PodProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    resize: { type: "resize", kind: "Pod", verbs: ["get", "patch", "update"], strategy: podResizeStrategy },
    status: statusSubresource("Pod", podStatusStrategy),
  },
  strategy: podStrategy,
  columns: podColumns,
  rowConditions: podRowConditions,
  selectableFields: {
    "spec.nodeName": (pod) => pod.spec?.nodeName ?? "",
    "spec.restartPolicy": (pod) => pod.spec?.restartPolicy ?? "",
    "spec.schedulerName": (pod) => pod.spec?.schedulerName ?? "",
    "spec.serviceAccountName": (pod) => pod.spec?.serviceAccountName ?? "",
    "spec.hostNetwork": (pod) => String(pod.spec?.hostNetwork ?? false),
    "status.phase": (pod) => pod.status?.phase ?? "",
    "status.podIP": (pod) => pod.status?.podIPs?.[0]?.ip ?? "",
    "status.nominatedNodeName": (pod) => pod.status?.nominatedNodeName ?? "",
  },
});
