import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { networkPolicy } from "./network-policy.ts";

const bases = {
  egress: { spec: { podSelector: { matchLabels: { a: "b" } }, egress: [{}] } },
  both: { spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ protocol: "TCP" }] }] } },
  ingress: { spec: { podSelector: {}, ingress: [{ ports: [{}, { port: 80 }, { port: "web", protocol: "UDP" }, { endPort: 9, port: 1, protocol: "SCTP" }], from: [{ podSelector: {} }, { namespaceSelector: {} }, { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }, { podSelector: {}, namespaceSelector: { matchExpressions: [{ key: "a", operator: "DoesNotExist" }] } }] }, {}] } },
};

ruleTests(networkPolicy, bases, [
  ["egress", { "spec": undefined }],
  ["ingress", { "spec.ingress": [{ from: [{}] }] }, "spec.ingress[0].from[0]: Required value: must specify a peer"],
  ["ingress", { "spec.ingress": [{ from: [{ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }] }] }, "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"],
  ["ingress", { "spec.ingress": [{ from: [{ ipBlock: { cidr: "10.0.0.1" } }] }] }, "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"10.0.0.1\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"],
  ["ingress", { "spec.ingress": [{ from: [{ ipBlock: { cidr: "10.0.0.1/8" } }] }] }, "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix length"],
  ["ingress", { "spec.ingress": [{ from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] } }] }] }, "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`"],
  ["ingress", { "spec.ingress": undefined, "spec.egress": [{ to: [{ namespaceSelector: { matchExpressions: [{ key: "a", operator: "In" }] } }] }] }, "spec.egress[0].to[0].namespaceSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
  ["ingress", { "spec.ingress": undefined, "spec.egress": [{ ports: [{ port: "A_b" }] }] }, "spec.egress[0].ports[0].port: Invalid value: \"A_b\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"],
  ["ingress", { "spec.ingress": undefined, "spec.egress": [{ ports: [{ endPort: 5 }] }] }, "spec.egress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified"],
  ["ingress", { "spec.ingress": undefined, "spec.egress": [{ ports: [{ port: 6, endPort: 5 }] }] }, "spec.egress[0].ports[0].endPort: Invalid value: 6: must be greater than or equal to `port`"],
  ["ingress", { "spec.ingress": undefined, "spec.egress": [{ ports: [{ port: 6, endPort: 70000 }] }] }, "spec.egress[0].ports[0].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
  ["ingress", { "spec.ingress[0].ports[2].port": "a..b" }, "spec.ingress[0].ports[2].port: Invalid value: \"a..b\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"],
  ["ingress", { "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key": "x/y/z" }, `spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["ingress", { "spec.ingress[0].ports[3].port": undefined }, "spec.ingress[0].ports[3].endPort: Invalid value: 9: may not be specified when `port` is not specified"],
  ["ingress", { "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key": `${long(254)}` }, `spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["ingress", { "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key": "../x" }, `spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["both", { "spec.egress[0].to[0].ipBlock": undefined }, "spec.egress[0].to[0]: Required value: must specify a peer"],
  ["ingress", { "spec.ingress[0].ports[3].port": 70000 }, "spec.ingress[0].ports[3].port: Invalid value: 70000: must be between 1 and 65535, inclusive", "spec.ingress[0].ports[3].endPort: Invalid value: 70000: must be greater than or equal to `port`"],
  ["ingress", { "spec.ingress[0].ports[1].port": 0 }, "spec.ingress[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
  ["ingress", { "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key": undefined, "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].operator": undefined }, "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].operator: Invalid value: \"\": not a valid selector operator", "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key: Invalid value: \"\": name part must be non-empty", `spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key: Invalid value: "": name part ${NAME_PART}`],
  ["ingress", { "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].operator": undefined }, "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].operator: Invalid value: \"\": not a valid selector operator"],
  ["egress", { "spec.podSelector.matchLabels.a": `${long(254)}` }, `spec.podSelector.matchLabels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["both", { "spec.egress[0].to[0].ipBlock.cidr": undefined }, "spec.egress[0].to[0].ipBlock.cidr: Required value"],
  ["ingress", { "spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key": "Bad_Value!" }, `spec.ingress[0].from[3].namespaceSelector.matchExpressions[0].key: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["ingress", { "spec.ingress[0].ports[3].endPort": 0 }, "spec.ingress[0].ports[3].endPort: Invalid value: 1: must be greater than or equal to `port`", "spec.ingress[0].ports[3].endPort: Invalid value: 0: must be between 1 and 65535, inclusive"],
  ["egress", { "spec.podSelector.matchLabels.a": "x/y/z" }, `spec.podSelector.matchLabels: Invalid value: "x/y/z": ${LABEL_VALUE}`],
  ["both", { "spec.policyTypes[0]": `${long(254)}` }, `spec.policyTypes[0]: Unsupported value: "${long(254)}": supported values: "Ingress", "Egress"`],
  ["both", { "spec.egress[0].to[0].ipBlock.cidr": `${long(254)}` }, `spec.egress[0].to[0].ipBlock.cidr: Invalid value: "${long(254)}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
  ["both", { "spec.egress[0].ports[0].protocol": `${long(254)}` }, `spec.egress[0].ports[0].protocol: Unsupported value: "${long(254)}": supported values: "TCP", "UDP", "SCTP"`],
  ["ingress", { "spec.ingress[0].ports[2].port": `${long(254)}` }, `spec.ingress[0].ports[2].port: Invalid value: "${long(254)}": must be no more than 15 characters`],
  ["ingress", { "spec.ingress[0].ports[2].port": "UPPER" }, "spec.ingress[0].ports[2].port: Invalid value: \"UPPER\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)", "spec.ingress[0].ports[2].port: Invalid value: \"UPPER\": must contain at least one letter (a-z)"],
  ["ingress", { "spec.ingress[0].ports[2].protocol": `${long(254)}` }, `spec.ingress[0].ports[2].protocol: Unsupported value: "${long(254)}": supported values: "TCP", "UDP", "SCTP"`],
  ["ingress", { "spec.ingress[0].from[2].ipBlock": {} }, "spec.ingress[0].from[2].ipBlock.cidr: Required value"],
  ["ingress", { "spec.ingress[0].from[2].ipBlock.except[0]": `${long(254)}` }, `spec.ingress[0].from[2].ipBlock.except[0]: Invalid value: "${long(254)}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
]);
