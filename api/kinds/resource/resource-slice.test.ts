import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { resourceSlice } from "./resource-slice.ts";

const bases = {
  devices: { spec: { driver: "d.example.com", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, allNodes: true, devices: [{ name: "a" }, { name: "b", attributes: { x: { string: "s" }, y: { int: 1 }, z: { bool: true }, v: { version: "1.2.3" } }, capacity: { mem: { value: "1Gi" } } }] } },
  "node-selector": { spec: { driver: "d.example.com", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "Exists" }] }] }, devices: [{ name: "a", taints: [{ key: "k", effect: "NoSchedule" }] }] } },
  simple: { spec: { driver: "d.example.com", pool: { generation: 0, name: "p", resourceSliceCount: 1 }, nodeName: "n" } },
  stored: { spec: { driver: "d.example.com", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, nodeName: "n", devices: [{ name: "a" }] } },
};

ruleTests(resourceSlice, bases, [
  ["devices", { "spec.devices[1].attributes.v.version": "" }, "spec.devices[1].attributes[v].version: Invalid value: \"\": must be a string compatible with semver.org spec 2.0.0"],
  ["node-selector", { "spec.devices[0].taints[0].key": "Bad_Value!" }, `spec.devices[0].taints[0].key: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["devices", { "spec": undefined }, "spec.driver: Required value", "spec.pool.name: Required value", "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero", "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"],
  ["simple", { "spec.nodeName": `${long(254)}` }, `spec.nodeName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["node-selector", { "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].operator": undefined }, "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: \"\": not a valid selector operator"],
  ["simple", { "spec.pool.generation": -1 }, "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero"],
  ["simple", { "spec.driver": `${long(254)}` }, "spec.driver: Too long: may not be more than 63 bytes", `spec.driver: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["node-selector", { "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].key": "../x" }, `spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].key: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["simple", { "spec.pool.name": undefined }, "spec.pool.name: Required value"],
  ["devices", { "spec.devices[+]": { name: "a" } }, "spec.devices[2]: Duplicate value: \"a\""],
  ["node-selector", { "spec.devices[0].taints[0].effect": "a..b" }, "spec.devices[0].taints[0].effect: Unsupported value: \"a..b\": supported values: \"NoExecute\", \"NoSchedule\", \"None\""],
  ["node-selector", { "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].key": undefined, "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].operator": undefined }, "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: \"\": not a valid selector operator", "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].key: Invalid value: \"\": name part must be non-empty", `spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].key: Invalid value: "": name part ${NAME_PART}`],
  ["node-selector", { "spec.nodeSelector.nodeSelectorTerms": undefined }, "spec.nodeSelector.nodeSelectorTerms: Required value: must have at least one node selector term", "spec.nodeSelector.nodeSelectorTerms: Invalid value: null: must have exactly one node selector term"],
  ["simple", { "spec.nodeName": "a..b" }, `spec.nodeName: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["simple", { "spec.pool.name": "a..b" }, `spec.pool.name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["node-selector", { "spec.nodeSelector.nodeSelectorTerms[+]": { matchExpressions: [{ key: "a", operator: "Exists" }] } }, "spec.nodeSelector.nodeSelectorTerms: Invalid value: [{\"MatchExpressions\":[{\"Key\":\"a\",\"Operator\":\"Exists\",\"Values\":null}],\"MatchFields\":null},{\"MatchExpressions\":[{\"Key\":\"a\",\"Operator\":\"Exists\",\"Values\":null}],\"MatchFields\":null}]: must have exactly one node selector term"],
  ["node-selector", { "spec.devices[0].taints[0].effect": undefined }, "spec.devices[0].taints[0].effect: Required value"],
  ["simple", { "spec.nodeName": "" }, "spec.nodeName: Invalid value: \"\": must be either unset or set to a non-empty string", "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"],
  ["node-selector", { "spec.devices[0].taints[0].key": undefined }, "spec.devices[0].taints[0].key: Invalid value: \"\": name part must be non-empty", `spec.devices[0].taints[0].key: Invalid value: "": name part ${NAME_PART}`],
  ["node-selector", { "spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].key": "x/y/z" }, `spec.nodeSelector.nodeSelectorTerms[0].matchExpressions[0].key: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["simple", { "spec.driver": "a..b" }, `spec.driver: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
]);

updateTests(resourceSlice, bases, [
  ["stored", { "spec.pool": undefined }, "spec.pool.name: Required value", "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero", "spec.pool.name: Invalid value: \"\": field is immutable"],
  ["stored", { "spec.driver": "d.example.comx" }, "spec.driver: Invalid value: \"d.example.comx\": field is immutable"],
  ["stored", { "spec.pool.name": "a" }, "spec.pool.name: Invalid value: \"a\": field is immutable"],
  ["stored", { "spec.driver": undefined }, "spec.driver: Required value", "spec.driver: Invalid value: \"\": field is immutable"],
]);
