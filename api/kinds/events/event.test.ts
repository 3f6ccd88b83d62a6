import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { eventsEvent } from "./event.ts";

const bases = {
  min: { eventTime: "2024-01-01T00:00:00.000000Z", reportingController: "a/b", reportingInstance: "i", action: "a", reason: "r", type: "Normal", regarding: { namespace: "default" } },
  stored: { eventTime: "2024-01-01T00:00:00.000000Z", reportingController: "a/b", reportingInstance: "i", action: "a", reason: "r", type: "Warning", note: "n", regarding: { kind: "Pod", name: "p", namespace: "ns" } },
};

ruleTests(eventsEvent, bases, [
  ["min", { "type": "Warning", "regarding.kind": "Pod", "regarding.name": "p", "note": "n", "related": { kind: "Node", name: "n" }, "series": { lastObservedTime: "2024-01-01T00:00:00.000000Z" } }, "series.count: Invalid value: \"\": should be at least 2"],
  ["min", { "eventTime": undefined }, "eventTime: Required value"],
  ["min", { "reportingInstance": `${long(254)}` }, "reportingInstance: Invalid value: \"\": can have at most 128 characters"],
  ["min", { "type": "x/y/z" }, "type: Invalid value: \"\": has invalid value: x/y/z"],
  ["min", { "reportingController": `${long(254)}` }, `reportingController: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["min", { "action": `${long(254)}` }, "action: Invalid value: \"\": can have at most 128 characters"],
  ["min", { "type": "a..b" }, "type: Invalid value: \"\": has invalid value: a..b"],
  ["min", { "reason": undefined }, "reason: Required value"],
  ["min", { "type": undefined }, "type: Invalid value: \"\": has invalid value: "],
  ["min", { "reportingController": undefined }, "reportingController: Required value", "reportingController: Invalid value: \"\": name part must be non-empty", `reportingController: Invalid value: "": name part ${NAME_PART}`],
  ["min", { "type": "Warning", "regarding.kind": "Pod", "regarding.name": "p", "note": "n", "related": { kind: "Node", name: "n" }, "series": {} }, "series.count: Invalid value: \"\": should be at least 2", "series.lastObservedTime: Required value"],
  ["min", { "reportingController": "x/y/z" }, `reportingController: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["min", { "reportingController": "../x" }, `reportingController: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["min", { "reportingInstance": undefined }, "reportingInstance: Required value"],
  ["min", { "action": undefined }, "action: Required value"],
  ["min", { "reason": `${long(254)}` }, "reason: Invalid value: \"\": can have at most 128 characters"],
  ["min", { "type": `${long(254)}` }, `type: Invalid value: "": has invalid value: ${long(254)}`],
  ["min", { "type": "Bad_Value!" }, "type: Invalid value: \"\": has invalid value: Bad_Value!"],
  ["min", { "type": "../x" }, "type: Invalid value: \"\": has invalid value: ../x"],
  ["min", { "type": "UPPER" }, "type: Invalid value: \"\": has invalid value: UPPER"],
  ["stored", { "eventTime": undefined }, "involvedObject.namespace: Invalid value: \"ns\": does not match event.namespace", "eventTime: Required value"],
]);

updateTests(eventsEvent, bases, [
  ["stored", { "note": undefined }, "message: Invalid value: \"\": field is immutable"],
  ["stored", { "reportingInstance": "ix" }, "reportingInstance: Invalid value: \"ix\": field is immutable"],
]);
