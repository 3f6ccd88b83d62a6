import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { endpointSlice } from "./endpoint-slice.ts";

const bases = {
  full: { metadata: { labels: { "kubernetes.io/service-name": "s" }, name: "t" }, addressType: "IPv4", ports: [{}, { name: "a", port: 80 }, { name: "b", protocol: "UDP", appProtocol: "http", port: 8 }], endpoints: [{ addresses: ["1.2.3.4"] }, { addresses: ["1.2.3.5"], conditions: {}, hostname: "h", nodeName: "n", zone: "z", hints: { forZones: [{ name: "z" }] }, targetRef: { kind: "Pod", name: "p" } }, { addresses: ["1.2.3.6"], conditions: { ready: false, serving: true, terminating: true }, deprecatedTopology: { a: "b" } }] },
  fqdn: { addressType: "FQDN", endpoints: [{ addresses: ["a.example.com"] }] },
};

ruleTests(endpointSlice, bases, [
  ["fqdn", { "addressType": "IPv4", "endpoints[0].addresses[0]": "127.0.0.1" }, "endpoints[0].addresses[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  ["fqdn", { "endpoints": undefined }],
  ["full", { "ports[2].appProtocol": "Bad_Value!" }, `ports[2].appProtocol: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["full", { "ports[2].appProtocol": `${long(254)}` }, `ports[2].appProtocol: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["fqdn", { "addressType": undefined, "endpoints[0]": undefined }, "addressType: Required value"],
  ["full", { "endpoints[0].addresses[0]": "" }, "endpoints[0].addresses[0]: Invalid value: \"\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"],
  ["fqdn", { "endpoints[0].addresses[0]": "" }, "endpoints[0].addresses[0]: Required value"],
  ["full", { "endpoints[1].hints.forZones[0].name": `${long(254)}` }, `endpoints[1].hints.forZones[0].name: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["full", { "ports[2].appProtocol": "x/y/z" }, `ports[2].appProtocol: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["full", { "endpoints[1].hostname": `${long(254)}` }, `endpoints[1].hostname: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["fqdn", { "endpoints[0].addresses[0]": `${long(254)}` }, `endpoints[0].addresses[0]: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "ports[2].appProtocol": "" }, "ports[2].appProtocol: Invalid value: \"\": name part must be non-empty", `ports[2].appProtocol: Invalid value: "": name part ${NAME_PART}`],
  ["fqdn", { "endpoints[0].addresses[0]": "a..b" }, `endpoints[0].addresses[0]: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["full", { "addressType": `${long(254)}` }, `addressType: Unsupported value: "${long(254)}": supported values: "FQDN", "IPv4", "IPv6"`],
  ["full", { "ports[+]": {} }, "ports[3].name: Duplicate value: \"\""],
  ["full", { "ports[1].name": `${long(254)}` }, `ports[1].name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["full", { "ports[1].name": "x/y/z" }, `ports[1].name: Invalid value: "x/y/z": ${DNS_LABEL}`],
  ["full", { "ports[2].protocol": `${long(254)}` }, `ports[2].protocol: Unsupported value: "${long(254)}": supported values: "SCTP", "TCP", "UDP"`],
  ["full", { "ports[2].appProtocol": "../x" }, `ports[2].appProtocol: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "endpoints[0]": {} }, "endpoints[0].addresses: Required value: must contain at least 1 address"],
  ["full", { "endpoints[1].hostname": "x/y/z" }, `endpoints[1].hostname: Invalid value: "x/y/z": ${DNS_LABEL}`],
  ["full", { "endpoints[1].nodeName": `${long(254)}` }, `endpoints[1].nodeName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "endpoints[1].nodeName": "x/y/z" }, `endpoints[1].nodeName: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
  ["full", { "endpoints[1].hints.forZones[+]": { name: "z" } }, "endpoints[1].hints.forZones[1].name: Duplicate value: \"z\""],
  ["full", { "endpoints[1].hints.forZones[0].name": "x/y/z" }, `endpoints[1].hints.forZones[0].name: Invalid value: "x/y/z": ${LABEL_VALUE}`],
]);

updateTests(endpointSlice, bases, [
  ["full", { "addressType": undefined }, "addressType: Required value", "addressType: Invalid value: \"\": field is immutable"],
]);
