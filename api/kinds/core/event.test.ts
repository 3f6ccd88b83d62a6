import { long, ruleTests } from "../../testing/kind-rules.ts";
import { coreEvent } from "./event.ts";

const bases = {
  min: { involvedObject: { namespace: "default" } },
  "new-style": { involvedObject: { namespace: "default", kind: "Pod", name: "p" }, eventTime: "2024-01-01T00:00:00.000001Z", reportingComponent: "a/b", reportingInstance: "i", action: "a", reason: "r", type: "Warning", series: { count: 2, lastObservedTime: "2024-01-01T00:00:00.000001Z" } },
};

ruleTests(coreEvent, bases, [
  ["min", { "involvedObject.namespace": "a..b" }, "involvedObject.namespace: Invalid value: \"a..b\": does not match event.namespace"],
  ["new-style", { "reason": undefined }, "reason: Required value"],
  ["new-style", { "action": `${long(254)}` }, "action: Invalid value: \"\": can have at most 128 characters"],
  ["new-style", { "reportingInstance": `${long(254)}` }, "reportingInstance: Invalid value: \"\": can have at most 128 characters"],
  ["new-style", { "reason": `${long(254)}` }, "reason: Invalid value: \"\": can have at most 128 characters"],
  ["new-style", { "reportingComponent": `${long(254)}` }, `reportingComponent: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["new-style", { "reportingInstance": undefined }, "reportingInstance: Required value"],
]);
