import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
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
  ["full", { "handler": `${long(254)}` }, `handler: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["full", { "handler": "x/y/z" }, `handler: Invalid value: "x/y/z": ${DNS_LABEL}`],
  ["full", { "scheduling.nodeSelector.a": "x/y/z" }, `scheduling.nodeSelector: Invalid value: "x/y/z": ${LABEL_VALUE}`],
  ["full", { "scheduling.tolerations[0]": {} }, "scheduling.tolerations[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, which means \"match all values and all keys\""],
  ["full", { "scheduling.tolerations[0].key": "Bad_Value!" }, `scheduling.tolerations[0].key: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["full", { "scheduling.tolerations[0].key": "../x" }, `scheduling.tolerations[0].key: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "scheduling.tolerations[0].operator": `${long(254)}` }, `scheduling.tolerations[0].operator: Unsupported value: "${long(254)}": supported values: "Equal", "Exists"`],
]);

updateTests(runtimeClass, bases, [
  ["full", { "handler": undefined, "metadata": { name: "t" } }, "handler: Required value", "handler: Invalid value: \"\": field is immutable"],
]);
