import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { limitRange } from "./limit-range.ts";

const bases = {
  min: { spec: { limits: [{ type: "Container" }] } },
  full: { spec: { limits: [{ type: "Container", max: { cpu: "2", memory: "1Gi" }, min: { cpu: "100m" }, defaultRequest: { cpu: 1 } }, { type: "Pod", max: { cpu: 4 }, maxLimitRequestRatio: { cpu: 2 } }, { type: "PersistentVolumeClaim", min: { storage: "1Gi" } }] } },
};

ruleTests(limitRange, bases, [
  ["full", { "spec.limits": [{ type: "Pod", default: { cpu: 1 } }] }, "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
  ["min", { "spec.limits[0].min": { cpu: 2 }, "spec.limits[0].max": { cpu: 1 } }, "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1", "spec.limits[0].defaultRequest[cpu]: Invalid value: \"1\": min value 2 is greater than default request value 1", "spec.limits[0].default[cpu]: Invalid value: \"2\": min value 2 is greater than default value 1"],
  ["min", { "spec.limits[0].default": { cpu: 2 }, "spec.limits[0].max": { cpu: 1 } }, "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than max value 1", "spec.limits[0].default[cpu]: Invalid value: \"1\": default value 2 is greater than max value 1"],
  ["min", { "spec.limits[0].default": { cpu: 1 }, "spec.limits[0].defaultRequest": { cpu: 2 } }, "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than default limit value 1"],
  ["min", { "spec.limits[0].maxLimitRequestRatio": { cpu: 0.5 } }, "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"500m\": ratio 500m is less than 1"],
  ["min", { "metadata": { name: "a..b" } }, `metadata.name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.limits[1].max[\"bad key!\"]": "1" }, `spec.limits[1].max[bad key!]: Invalid value: "bad key!": name part ${NAME_PART}`, "spec.limits[1].max[bad key!]: Invalid value: \"bad key!\": must be a standard resource for containers"],
  ["min", { "spec.limits[0].type": "../x" }, `spec.limits[0].type: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "spec.limits[1].max.foo": "1" }, "spec.limits[1].max[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified", "spec.limits[1].max[foo]: Invalid value: \"foo\": must be a standard resource for containers"],
  ["min", { "spec.limits[0].type": "Bad_Value!" }, `spec.limits[0].type: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["full", { "spec.limits[0].max.foo": "1" }, "spec.limits[0].max[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified", "spec.limits[0].max[foo]: Invalid value: \"foo\": must be a standard resource for containers", "spec.limits[0].default[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified", "spec.limits[0].default[foo]: Invalid value: \"foo\": must be a standard resource for containers", "spec.limits[0].defaultRequest[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified", "spec.limits[0].defaultRequest[foo]: Invalid value: \"foo\": must be a standard resource for containers"],
  ["full", { "spec.limits[1].maxLimitRequestRatio.cpu": 0 }, "spec.limits[1].maxLimitRequestRatio[cpu]: Invalid value: \"0\": ratio 0 is less than 1"],
  ["full", { "spec.limits[0].defaultRequest.cpu": 2147483647 }, "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2147483647\": default request value 2147483647 is greater than max value 2", "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2147483647\": default request value 2147483647 is greater than default limit value 2"],
  ["min", { "spec.limits[0].type": `${long(254)}` }, `spec.limits[0].type: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "spec.limits[0].min.foo": "1" }, "spec.limits[0].min[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified", "spec.limits[0].min[foo]: Invalid value: \"foo\": must be a standard resource for containers", "spec.limits[0].defaultRequest[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified", "spec.limits[0].defaultRequest[foo]: Invalid value: \"foo\": must be a standard resource for containers"],
  ["min", { "spec.limits[+]": { type: "Container" } }, "spec.limits[1].type: Duplicate value: \"Container\""],
  ["full", { [`spec.limits[1].max.${long(64, "k")}`]: "1" }, `spec.limits[1].max[${long(64, "k")}]: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`, `spec.limits[1].max[${long(64, "k")}]: Invalid value: "${long(64, "k")}": must be a standard resource for containers`],
  ["full", { "spec.limits": [{}] }, "spec.limits[0].type: Invalid value: \"\": name part must be non-empty", `spec.limits[0].type: Invalid value: "": name part ${NAME_PART}`],
  ["min", { "spec.limits[0].type": "x/y/z" }, `spec.limits[0].type: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["min", { "spec.limits[0].type": "a..b" }, "spec.limits[0].type: Invalid value: \"a..b\": must be a standard limit type or fully qualified"],
  ["full", { "spec.limits[0].defaultRequest.cpu": -1 }, "spec.limits[0].defaultRequest[cpu]: Invalid value: \"-1\": min value 100m is greater than default request value -1"],
  ["full", { "spec.limits[0].defaultRequest.cpu": 0 }, "spec.limits[0].defaultRequest[cpu]: Invalid value: \"0\": min value 100m is greater than default request value 0"],
  ["full", { "spec.limits[1].maxLimitRequestRatio.cpu": -1 }, "spec.limits[1].maxLimitRequestRatio[cpu]: Invalid value: \"-1\": ratio -1 is less than 1"],
  ["full", { "spec.limits[2].min": undefined }, "spec.limits[2].limits: Required value: either minimum or maximum storage value is required, but neither was provided"],
]);
