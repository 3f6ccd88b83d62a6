import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { deviceClass } from "./device-class.ts";

const bases = {
  min: { metadata: { name: "gpu.example.com" }, spec: {} },
  full: { metadata: { name: "gpu.example.com" }, spec: { selectors: [{ cel: { expression: "device.driver == 'a'" } }], config: [{ opaque: { driver: "d.example.com", parameters: { a: 1 } } }] } },
};

ruleTests(deviceClass, bases, [
  ["full", { "spec.config[0].opaque.parameters": undefined }, "spec.config[0].opaque.parameters: Required value"],
  ["full", { "spec.selectors[0].cel.expression": undefined }, "spec.selectors[0].cel.expression: Invalid value: \"\": compilation failed: ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"],
  ["full", { "spec.selectors[0].cel.expression": "UPPER" }, "spec.selectors[0].cel.expression: Invalid value: \"UPPER\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'UPPER' (in container '')\n | UPPER\n | ^"],
  ["full", { "spec.selectors[0].cel.expression": `${long(254)}` }, `spec.selectors[0].cel.expression: Invalid value: "${long(254)}": compilation failed: ERROR: <input>:1:1: undeclared reference to '${long(254)}' (in container '')\n | ${long(254)}\n | ^`],
  ["full", { "spec.config[0].opaque": undefined }, "spec.config[0].opaque: Required value"],
  ["full", { "spec.config[0].opaque.driver": undefined, "spec.config[0].opaque.parameters": undefined }, "spec.config[0].opaque.driver: Required value", "spec.config[0].opaque.parameters: Required value"],
  ["min", { "spec.selectors": [{}] }, "spec.selectors[0].cel: Required value"],
  ["min", { "spec.extendedResourceName": "cpu" }, "spec.extendedResourceName: Invalid value: \"cpu\": must be a valid extended resource name"],
  ["min", { "spec.config": [{ opaque: { driver: "d.example.com", parameters: [1] } }] }, "spec.config[0].opaque.parameters: Invalid value: \"<value omitted>\": must be a valid JSON object"],
  ["min", { "spec.config": [{ opaque: { driver: "d.example.com", parameters: { a: `${long(10300, "x")}` } } }] }, "spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
  ["min", { "metadata.name": "A" }, `metadata.name: Invalid value: "A": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.config[0].opaque.driver": `${long(254)}` }, "spec.config[0].opaque.driver: Too long: may not be more than 63 bytes", `spec.config[0].opaque.driver: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.config[0].opaque.driver": "x/y/z" }, `spec.config[0].opaque.driver: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
]);
