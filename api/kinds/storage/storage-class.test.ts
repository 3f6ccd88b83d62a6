import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { storageClass } from "./storage-class.ts";

const bases = {
  min: { provisioner: "a/b" },
  full: { provisioner: "a/b", parameters: { a: "b" }, reclaimPolicy: "Retain", mountOptions: ["m"], allowVolumeExpansion: true, volumeBindingMode: "WaitForFirstConsumer", allowedTopologies: [{ matchLabelExpressions: [{ values: ["b", "c"], key: "a" }] }] },
};

ruleTests(storageClass, bases, [
  ["min", { "provisioner": undefined }, "provisioner: Required value"],
  ["min", { "reclaimPolicy": "Recycle" }, "reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\""],
  ["min", { "volumeBindingMode": "Foo" }, "volumeBindingMode: Unsupported value: \"Foo\": supported values: \"Immediate\", \"WaitForFirstConsumer\""],
  ["min", { "allowedTopologies": [{ matchLabelExpressions: [{ key: "a", values: [] }] }] }, "allowedTopologies[0].matchLabelExpressions[0].values: Required value"],
  ["min", { "allowedTopologies": [{ matchLabelExpressions: [{ key: "a", values: ["b"] }, { key: "a", values: ["c"] }] }] }, "allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: \"a\""],
  ["min", { "provisioner": `${long(254)}` }, `provisioner: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "allowedTopologies[0].matchLabelExpressions[0].key": undefined }, "allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: \"\": name part must be non-empty", `allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "": name part ${NAME_PART}`],
  ["full", { "allowedTopologies[0].matchLabelExpressions[0].values[+]": "b" }, "allowedTopologies[0].matchLabelExpressions[0].values[2]: Duplicate value: \"b\""],
  ["full", { "allowedTopologies[0].matchLabelExpressions[0].key": "Bad_Value!" }, `allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["min", { "provisioner": "x/y/z" }, `provisioner: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["full", { "allowedTopologies[0].matchLabelExpressions[0].key": "x/y/z" }, `allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "x/y/z": a valid label key ${NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
  ["min", { "provisioner": "Bad_Value!" }, `provisioner: Invalid value: "bad_value!": name part ${NAME_PART}`],
  ["min", { "provisioner": "../x" }, `provisioner: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "allowedTopologies[+]": { matchLabelExpressions: [{ values: ["b", "c"], key: "a" }] } }, "allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\""],
  ["full", { "allowedTopologies[0].matchLabelExpressions[0].key": `${long(254)}` }, `allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "${long(254)}": name part must be no more than 63 bytes`],
  ["full", { "allowedTopologies[0].matchLabelExpressions[0].key": "../x" }, `allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
]);

updateTests(storageClass, bases, [
  ["full", { "volumeBindingMode": undefined }, "volumeBindingMode: Invalid value: \"Immediate\": field is immutable"],
  ["full", { "parameters.a": "bx" }, "parameters: Invalid value: {\"a\":\"bx\"}: field is immutable"],
  ["full", { "reclaimPolicy": "Retainx" }, "reclaimPolicy: Unsupported value: \"Retainx\": supported values: \"Delete\", \"Retain\"", "reclaimPolicy: Invalid value: \"Retainx\": field is immutable"],
  ["full", { "parameters.zz": "1" }, "parameters: Invalid value: {\"a\":\"b\",\"zz\":\"1\"}: field is immutable"],
  ["full", { "volumeBindingMode": "WaitForFirstConsumerx" }, "volumeBindingMode: Unsupported value: \"WaitForFirstConsumerx\": supported values: \"Immediate\", \"WaitForFirstConsumer\"", "volumeBindingMode: Invalid value: \"WaitForFirstConsumerx\": field is immutable"],
  ["full", { "provisioner": undefined }, "provisioner: Required value", "provisioner: Invalid value: \"\": field is immutable"],
  ["full", { "reclaimPolicy": undefined }, "reclaimPolicy: Invalid value: \"Delete\": field is immutable"],
]);
