import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { NAME_PART } from "../../testing/rule-texts.ts";
import { runtimeClass } from "./runtime-class.ts";

const bases = {
  full: { handler: "runc", overhead: { podFixed: { cpu: 0.25 } }, scheduling: { nodeSelector: { a: "b" }, tolerations: [{ key: "a", operator: "Exists" }] } },
};

ruleTests(runtimeClass, bases, [
  ["full", { "overhead.podFixed.cpu": -1, "scheduling": undefined }, "overhead.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"],
  ["full", { "overhead": undefined, "scheduling.nodeSelector": undefined, "scheduling.tolerations[+]": { key: "a", operator: "Exists" } }, "scheduling.tolerations[1]: Duplicate value: {\"Key\":\"a\",\"Operator\":\"Exists\",\"Value\":\"\",\"Effect\":\"\",\"TolerationSeconds\":null}"],
  ["full", { "scheduling.nodeSelector[\"bad key!\"]": "1" }, `scheduling.nodeSelector: Invalid value: "bad key!": name part ${NAME_PART}`],
  ["full", { "handler": undefined, "overhead": undefined, "scheduling": undefined }, "handler: Required value"],
  ["full", { "scheduling.tolerations[0].key": `${long(254)}` }, `scheduling.tolerations[0].key: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "scheduling.tolerations[0].key": "x/y/z" }, `scheduling.tolerations[0].key: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["full", { "scheduling.nodeSelector.a": `${long(254)}` }, `scheduling.nodeSelector: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["full", { [`scheduling.nodeSelector.${long(64, "k")}`]: "1" }, `scheduling.nodeSelector: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
]);

updateTests(runtimeClass, bases, [
  ["full", { "handler": undefined, "metadata": { name: "t" } }, "handler: Required value", "handler: Invalid value: \"\": field is immutable"],
]);
