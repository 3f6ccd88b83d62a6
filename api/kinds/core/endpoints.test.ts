import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { endpoints } from "./endpoints.ts";

const bases = {
  subsets: { subsets: [{ addresses: [{ ip: "1.2.3.4" }], ports: [{ port: 80 }] }, { notReadyAddresses: [{ ip: "1.2.3.5", hostname: "h", nodeName: "n", targetRef: { kind: "Pod", name: "p", namespace: "default" } }], ports: [{ name: "a", port: 1, protocol: "UDP" }, { name: "b", port: 2, appProtocol: "http" }] }] },
};

ruleTests(endpoints, bases, [
  ["subsets", { "subsets": [{ addresses: [{ ip: "1.2.3.4", hostname: "A_b" }] }] }, `subsets[0].addresses[0].hostname: Invalid value: "A_b": ${DNS_LABEL}`],
  ["subsets", { "subsets[1].notReadyAddresses[0].nodeName": `${long(254)}` }, `subsets[1].notReadyAddresses[0].nodeName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["subsets", { "subsets[1].ports[0].port": undefined }, "subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
  ["subsets", { "subsets[1].ports[1].appProtocol": "Bad_Value!" }, `subsets[1].ports[1].appProtocol: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["subsets", { "subsets[0].addresses[0].ip": undefined }, "subsets[0].addresses[0].ip: Invalid value: \"\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)", "subsets[0].addresses[0].ip: Invalid value: \"\": must be a valid IP address"],
  ["subsets", { "subsets[1].ports[1].appProtocol": "x/y/z" }, `subsets[1].ports[1].appProtocol: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["subsets", { "subsets[1].ports[1].name": undefined, "subsets[1].ports[1].port": undefined, "subsets[1].ports[1].appProtocol": undefined }, "subsets[1].ports[1].name: Required value", "subsets[1].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
  ["subsets", { "subsets[1].notReadyAddresses[0].hostname": "a..b" }, `subsets[1].notReadyAddresses[0].hostname: Invalid value: "a..b": ${DNS_LABEL}`],
  ["subsets", { "subsets[1].ports[0].name": "a..b" }, `subsets[1].ports[0].name: Invalid value: "a..b": ${DNS_LABEL}`],
  ["subsets", { "subsets[1].notReadyAddresses[0].ip": undefined, "subsets[1].notReadyAddresses[0].hostname": undefined, "subsets[1].notReadyAddresses[0].nodeName": undefined, "subsets[1].notReadyAddresses[0].targetRef": undefined }, "subsets[1].notReadyAddresses[0].ip: Invalid value: \"\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)", "subsets[1].notReadyAddresses[0].ip: Invalid value: \"\": must be a valid IP address"],
  ["subsets", { "subsets[1].notReadyAddresses[0].hostname": `${long(254)}` }, `subsets[1].notReadyAddresses[0].hostname: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["subsets", { "subsets[1].ports[0].protocol": "a..b" }, "subsets[1].ports[0].protocol: Unsupported value: \"a..b\": supported values: \"SCTP\", \"TCP\", \"UDP\""],
  ["subsets", { "subsets[0]": {} }, "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
  ["subsets", { "subsets[1].notReadyAddresses[0].nodeName": "x/y/z" }, `subsets[1].notReadyAddresses[0].nodeName: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
  ["subsets", { "subsets[1].ports[0].name": `${long(254)}` }, `subsets[1].ports[0].name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["subsets", { "subsets[1].ports[1].appProtocol": `${long(254)}` }, `subsets[1].ports[1].appProtocol: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["subsets", { "subsets[1].ports[1].appProtocol": "../x" }, `subsets[1].ports[1].appProtocol: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["subsets", { "subsets[1].ports[1].appProtocol": "" }, "subsets[1].ports[1].appProtocol: Invalid value: \"\": name part must be non-empty", `subsets[1].ports[1].appProtocol: Invalid value: "": name part ${NAME_PART}`],
]);
