import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
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
  ["new-style", { "reportingComponent": undefined }, "reportingComponent: Required value", "reportingComponent: Invalid value: \"\": name part must be non-empty", `reportingComponent: Invalid value: "": name part ${NAME_PART}`],
  ["new-style", { "reportingComponent": "x/y/z" }, `reportingComponent: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["new-style", { "reportingComponent": "../x" }, `reportingComponent: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["new-style", { "action": undefined }, "action: Required value"],
]);
