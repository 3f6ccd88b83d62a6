import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { volumeAttributesClass } from "./volume-attributes-class.ts";

const bases = {
  min: { driverName: "d.example.com", parameters: { a: "b" } },
};

ruleTests(volumeAttributesClass, bases, [
  ["min", { "driverName": "Bad_Value!" }, `driverName: Invalid value: "bad_value!": name part ${NAME_PART}`],
  ["min", { "parameters": undefined }, "parameters: Required value: must contain at least one key/value pair"],
  ["min", { "driverName": "x/y/z" }, `driverName: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["min", { "driverName": `${long(254)}` }, `driverName: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["min", { "driverName": undefined }, "driverName: Required value"],
  ["min", { "driverName": "../x" }, `driverName: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
]);

updateTests(volumeAttributesClass, bases, [
  ["min", { "parameters": undefined }, "parameters: Forbidden: updates to parameters are forbidden.", "parameters: Required value: must contain at least one key/value pair"],
  ["min", { "driverName": undefined }, "driverName: Forbidden: updates to driverName are forbidden.", "driverName: Required value"],
]);
