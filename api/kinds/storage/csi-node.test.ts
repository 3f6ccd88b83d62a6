import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { csiNode } from "./csi-node.ts";

const bases = {
  full: { spec: { drivers: [{ nodeID: "n", topologyKeys: ["a/b"], name: "d.example.com" }, { allocatable: {}, name: "e.example.com", nodeID: "n" }, { allocatable: { count: 3 }, name: "f.example.com", nodeID: "n" }] } },
  stored: { spec: { drivers: [{ name: "d.example.com", nodeID: "n", topologyKeys: ["a/b"], allocatable: { count: 3 } }] } },
};

ruleTests(csiNode, bases, [
  ["full", { "spec.drivers[0].name": undefined }, "spec.drivers[0].name: Required value"],
  ["full", { "spec.drivers[0].topologyKeys[0]": "Bad_Value!" }, `spec.drivers[0]: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["full", { "spec.drivers[0].topologyKeys[+]": "a/b" }, "spec.drivers[0]: Duplicate value: \"a/b\""],
  ["full", { "spec.drivers[+]": { name: "d.example.com", nodeID: "n", topologyKeys: ["a/b"] } }, "spec.drivers[3].name: Duplicate value: \"d.example.com\""],
  ["full", { "spec.drivers[0].nodeID": undefined }, "spec.drivers[0].nodeID: Required value"],
  ["full", { "spec.drivers[2].allocatable.count": -1 }, "spec.drivers[2].allocatable.count: Invalid value: -1: must be greater than or equal to 0"],
  ["full", { "spec.drivers[0].name": `${long(254)}` }, "spec.drivers[0].name: Too long: may not be more than 63 bytes", `spec.drivers[0].name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.drivers[0].topologyKeys[0]": "x/y/z" }, `spec.drivers[0]: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["full", { "spec.drivers[0].topologyKeys[0]": "" }, "spec.drivers[0]: Required value", "spec.drivers[0]: Invalid value: \"\": name part must be non-empty", `spec.drivers[0]: Invalid value: "": name part ${NAME_PART}`],
  ["full", { "spec.drivers[0].topologyKeys[0]": `${long(254)}` }, `spec.drivers[0]: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "spec.drivers[0].topologyKeys[0]": "../x" }, `spec.drivers[0]: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "spec.drivers[0].name": "x/y/z" }, `spec.drivers[0].name: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
]);

updateTests(csiNode, bases, [
  ["stored", { "spec.drivers[0].topologyKeys[0]": undefined, "metadata": { name: "t" } }, "spec.drivers: Invalid value: {\"Name\":\"d.example.com\",\"NodeID\":\"n\",\"TopologyKeys\":[],\"Allocatable\":null}: field is immutable"],
  ["stored", { "spec.drivers[0].topologyKeys[+]": "zz", "metadata": { name: "t" } }, "spec.drivers: Invalid value: {\"Name\":\"d.example.com\",\"NodeID\":\"n\",\"TopologyKeys\":[\"a/b\",\"zz\"],\"Allocatable\":null}: field is immutable"],
  ["stored", { "spec.drivers[0].topologyKeys": undefined, "metadata": { name: "t" } }, "spec.drivers: Invalid value: {\"Name\":\"d.example.com\",\"NodeID\":\"n\",\"TopologyKeys\":null,\"Allocatable\":null}: field is immutable"],
  ["stored", { "spec.drivers[0].nodeID": "nx", "metadata": { name: "t" } }, "spec.drivers: Invalid value: {\"Name\":\"d.example.com\",\"NodeID\":\"nx\",\"TopologyKeys\":[\"a/b\"],\"Allocatable\":null}: field is immutable"],
]);
