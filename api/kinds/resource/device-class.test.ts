import { ruleTests } from "../../testing/kind-rules.ts";
import { deviceClass } from "./device-class.ts";

const bases = {
  full: { metadata: { name: "gpu.example.com" }, spec: { selectors: [{ cel: { expression: "device.driver == 'a'" } }], config: [{ opaque: { driver: "d.example.com", parameters: { a: 1 } } }] } },
};

ruleTests(deviceClass, bases, [
  ["full", { "spec.config[0].opaque.parameters": undefined }, "spec.config[0].opaque.parameters: Required value"],
  ["full", { "spec.config[0].opaque": undefined }, "spec.config[0].opaque: Required value"],
  ["full", { "spec.config[0].opaque.driver": undefined, "spec.config[0].opaque.parameters": undefined }, "spec.config[0].opaque.driver: Required value", "spec.config[0].opaque.parameters: Required value"],
]);
