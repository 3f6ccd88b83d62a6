import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { node } from "./node.ts";

const bases = {
  full: { metadata: { labels: { a: "b" }, name: "t" }, spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"], providerID: "a", unschedulable: true, taints: [{ key: "a", effect: "NoSchedule" }, { key: "b", value: "c", effect: "NoExecute" }] }, status: { capacity: { cpu: "4000m", memory: "1024Ki" }, nodeInfo: { kubeletVersion: "v1" }, addresses: [{ type: "InternalIP", address: "1.2.3.4" }] } },
  stored: { metadata: { labels: { a: "b" }, name: "t" }, spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"], providerID: "a", unschedulable: true, taints: [{ key: "a", effect: "NoSchedule" }] } },
  stored2: {},
};

ruleTests(node, bases, [
  ["full", { "spec.taints[0].key": undefined }, "metadata.taints[0].key: Invalid value: \"\": name part must be non-empty", `metadata.taints[0].key: Invalid value: "": name part ${NAME_PART}`],
  ["full", { "spec.podCIDRs[+]": "" }, "spec.podCIDRs[1]: Invalid value: \"\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)", "spec.podCIDRs: Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[1]: <nil> (invalid CIDR address: )", "spec.podCIDRs: Invalid value: [\"10.0.0.0/24\",\"\"]: may specify no more than one CIDR for each IP family"],
  ["full", { "spec.taints[1].key": undefined, "spec.taints[1].value": undefined, "spec.taints[1].effect": undefined }, "metadata.taints[1].key: Invalid value: \"\": name part must be non-empty", `metadata.taints[1].key: Invalid value: "": name part ${NAME_PART}`, "metadata.taints[1].effect: Required value"],
  ["full", { "status.capacity.memory": "-1" }, "status.capacity.memory: Invalid value: \"-1\": must be greater than or equal to 0", "status.allocatable.memory: Invalid value: \"-1\": must be greater than or equal to 0"],
  ["full", { "spec.taints[0].key": `${long(254)}` }, `metadata.taints[0].key: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "spec.podCIDRs[+]": "10.0.0.0/24" }, "spec.podCIDRs: Invalid value: [\"10.0.0.0/24\",\"10.0.0.0/24\"]: may specify no more than one CIDR for each IP family"],
  ["full", { "spec.taints[+]": { key: "a", effect: "NoSchedule" } }, "metadata.taints[2]: Duplicate value: {\"Key\":\"a\",\"Value\":\"\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: taints must be unique by key and effect pair"],
  ["full", { "spec.taints[0].key": "x/y/z" }, `metadata.taints[0].key: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["full", { "spec.taints[0].key": "../x" }, `metadata.taints[0].key: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "spec.taints[0].effect": `${long(254)}` }, `metadata.taints[0].effect: Unsupported value: "${long(254)}": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`],
  ["full", { "spec.taints[1].value": `${long(254)}` }, `metadata.taints[1].value: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["full", { "spec.taints[1].value": "x/y/z" }, `metadata.taints[1].value: Invalid value: "x/y/z": ${LABEL_VALUE}`],
]);

updateTests(node, bases, [
  ["stored", { "spec.podCIDRs[+]": "zz" }, "spec.podCIDRs[1]: Invalid value: \"zz\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)", "spec.podCIDRs: Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[1]: <nil> (invalid CIDR address: zz)", "spec.podCIDRs: Invalid value: [\"10.0.0.0/24\",\"zz\"]: may specify no more than one CIDR for each IP family", "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid"],
  ["stored", { "spec.podCIDR": "10.0.0.0/24x" }, "spec.podCIDRs[0]: Invalid value: \"10.0.0.0/24x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)", "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid"],
  ["stored", { "metadata.labels.new": "x", "metadata.annotations": { new: "y" }, "metadata.generation": 99, "metadata.creationTimestamp": "2020-01-01T00:00:00Z", "metadata.selfLink": "x", "metadata.deletionGracePeriodSeconds": 7 }, "metadata.deletionGracePeriodSeconds: Invalid value: 7: field is immutable", "metadata.deletionGracePeriodSeconds: Invalid value: 7: field is immutable"],
]);

updateTests(node, bases, [
  ["stored2", { "status": { addresses: [{ type: "InternalIP", address: "1.2.3.4" }, { type: "InternalIP", address: "1.2.3.4" }] } }, "status.addresses[1]: Duplicate value: {\"Type\":\"InternalIP\",\"Address\":\"1.2.3.4\"}"],
], { subresource: "status" });
