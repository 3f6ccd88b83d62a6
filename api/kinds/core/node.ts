import { roundResources } from "../../defaults/resource-list.ts";
import { fieldPath } from "../../status/field-path.ts";
import { cidrWarnings } from "../../validation/ip.ts";
import { validateNode, validateNodeStatusUpdate, validateNodeUpdate } from "../../validation/node.ts";
import type { Node } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn, orNone } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";
import { restoreField, statusOnly } from "../strategies.ts";

function applyDefaults(node: Node): void {
  const spec = node.spec;
  if (spec?.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  const first = spec?.podCIDRs?.[0];
  if (spec && first !== undefined) spec.podCIDR = first;
  const status = node.status;
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  roundResources(status?.capacity);
  roundResources(status?.allocatable);
}

const statusStrategy: UpdateStrategy<Node> = { ...statusOnly<Node>(), validateUpdate: validateNodeStatusUpdate };

function warnings(node: Node): string[] {
  const found: string[] = [];
  if (node.spec?.configSource) found.push("spec.configSource: the feature is removed");
  if (node.spec?.externalID) found.push("spec.externalID: this field is deprecated, and is unused by Kubernetes");
  node.spec?.podCIDRs?.forEach((cidr, i) => {
    found.push(...cidrWarnings(cidr, fieldPath("spec", "podCIDRs").index(i)));
  });
  return found;
}

const ROLE_PREFIX = "node-role.kubernetes.io/";

function statusText(node: Node): string {
  const ready = node.status?.conditions?.findLast((condition) => condition.type === "Ready");
  const words = [ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"];
  if (node.spec?.unschedulable) words.push("SchedulingDisabled");
  return words.join(",");
}

function rolesText(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === "kubernetes.io/role" && value !== "") roles.add(value);
  }
  return roles.size === 0 ? NONE : [...roles].sort().join(",");
}

function addressText(node: Node, type: string): string {
  return orNone(node.status?.addresses?.find((address) => address.type === type)?.address);
}

const unknown = (text: string | undefined) => (text ? text : "<unknown>");

function kernelText(node: Node): string {
  const { kernelVersion, architecture } = node.status?.nodeInfo ?? {};
  return architecture ? `${unknown(kernelVersion)} (${architecture})` : unknown(kernelVersion);
}

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
  strategy: {
    applyDefaults,
    prepareForCreate: (node) => delete node.spec?.configSource,
    validate: (node) => validateNode(node),
    prepareForUpdate(node, old) {
      restoreField(node, old, "status");
      if (old.spec?.configSource === undefined) delete node.spec?.configSource;
    },
    validateUpdate: validateNodeUpdate,
    warnings,
  },
  selectableFields: { "spec.unschedulable": (node) => String(node.spec?.unschedulable ?? false) },
  columns: [
    nameColumn,
    column("Status", "Whether the node is ready, and whether pods may be placed on it.", statusText),
    column("Roles", "What the node's labels say that it is for.", rolesText),
    ageColumn,
    column("Version", "Version of the node's agent.", (node) => node.status?.nodeInfo?.kubeletVersion ?? ""),
    column("Internal-IP", "Address inside the cluster.", (node) => addressText(node, "InternalIP"), { wide: true }),
    column("External-IP", "Address outside the cluster.", (node) => addressText(node, "ExternalIP"), { wide: true }),
    column("OS-Image", "Operating system.", (node) => unknown(node.status?.nodeInfo?.osImage), { wide: true }),
    column("Kernel-Version", "Kernel.", kernelText, { wide: true }),
    column("Container-Runtime", "Container runtime and its version.", (node) => unknown(node.status?.nodeInfo?.containerRuntimeVersion), { wide: true }),
  ],
});
