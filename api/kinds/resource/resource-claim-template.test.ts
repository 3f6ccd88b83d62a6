import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, NAME_PART } from "../../testing/rule-texts.ts";
import { resourceClaimTemplate } from "./resource-claim-template.ts";

const bases = {
  min: { spec: { spec: {} } },
  full: { spec: { metadata: { labels: { a: "b" } }, spec: { devices: { requests: [{ name: "a", exactly: { deviceClassName: "gpu" } }] } } } },
};

ruleTests(resourceClaimTemplate, bases, [
  ["min", { "metadata": { name: "a..b" } }, `metadata.name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["min", { "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.spec.devices.requests[0].name": `${long(254)}` }, `spec.spec.devices.requests[0].name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["full", { "spec.spec.devices.requests[0].name": undefined }, `spec.spec.devices.requests[0].name: Invalid value: "": ${DNS_LABEL}`],
  ["full", { "spec.spec.devices.requests[0].exactly.deviceClassName": undefined }, "spec.spec.devices.requests[0].exactly.deviceClassName: Required value"],
  ["full", { "spec.spec.devices.requests[0].exactly.deviceClassName": `${long(254)}` }, `spec.spec.devices.requests[0].exactly.deviceClassName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.spec.devices.requests[+]": { name: "a", exactly: { deviceClassName: "gpu" } } }, "spec.spec.devices.requests[1]: Duplicate value: \"a\""],
  ["full", { "spec.spec.devices.requests[0].exactly.deviceClassName": "a..b" }, `spec.spec.devices.requests[0].exactly.deviceClassName: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.metadata.labels[\"bad key!\"]": "1" }, `spec.metadata.labels: Invalid value: "bad key!": name part ${NAME_PART}`],
  ["min", { "spec.metadata": { name: "x", labels: { "bad key": "v" } } }, `spec.metadata.labels: Invalid value: "bad key": name part ${NAME_PART}`, "spec.metadata.name: Forbidden: cannot be set"],
  ["full", { "spec.metadata.labels.a": `${long(254)}` }, `spec.metadata.labels: Invalid value: "${long(254)}": must be no more than 63 bytes`],
  ["full", { "spec.metadata.labels.a": "x/y/z" }, `spec.metadata.labels: Invalid value: "x/y/z": ${LABEL_VALUE}`],
  ["full", { "spec.spec.devices.requests[0]": {} }, `spec.spec.devices.requests[0].name: Invalid value: "": ${DNS_LABEL}`, "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"],
]);

updateTests(resourceClaimTemplate, bases, [
  ["full", { "spec.spec.devices.requests[0].exactly": undefined }, "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required", "spec: Invalid value: {\"labels\":{\"a\":\"b\"},\"Spec\":{\"Devices\":{\"Requests\":[{\"Name\":\"a\",\"Exactly\":null,\"FirstAvailable\":null}],\"Constraints\":null,\"Config\":null}}}: field is immutable"],
  ["full", { "spec.spec": undefined }, "spec: Invalid value: {\"labels\":{\"a\":\"b\"},\"Spec\":{\"Devices\":{\"Requests\":null,\"Constraints\":null,\"Config\":null}}}: field is immutable"],
  ["full", { "spec.spec.devices.requests[+]": { name: "a2", exactly: { deviceClassName: "gpu" } } }, "spec: Invalid value: {\"labels\":{\"a\":\"b\"},\"Spec\":{\"Devices\":{\"Requests\":[{\"Name\":\"a\",\"Exactly\":{\"DeviceClassName\":\"gpu\",\"Selectors\":null,\"AllocationMod…"],
  ["full", { "spec.metadata": undefined }, "spec: Invalid value: {\"Spec\":{\"Devices\":{\"Requests\":[{\"Name\":\"a\",\"Exactly\":{\"DeviceClassName\":\"gpu\",\"Selectors\":null,\"AllocationMode\":\"ExactCount\",\"Count\":1,\"AdminAccess\":null,\"Tolerations\":null,\"Capacity\":null},\"FirstAvailable\":null}],\"Constraints\":null,\"Config\":null}}}: field is immutable"],
  ["full", { "spec.metadata.labels.zz": "1" }, "spec: Invalid value: {\"labels\":{\"a\":\"b\",\"zz\":\"1\"},\"Spec\":{\"Devices\":{\"Requests\":[{\"Name\":\"a\",\"Exactly\":{\"DeviceClassName\":\"gpu\",\"Selectors\":null,\"AllocationMode\":\"ExactCount\",\"Count\":1,\"AdminAccess\":null,\"Tolerations\":null,\"Capacity\":null},\"FirstAvailable\":null}],\"Constraints\":null,\"Config\":null}}}: field is immutable"],
  ["full", { "spec.spec.devices.requests[0].name": undefined }, `spec.spec.devices.requests[0].name: Invalid value: "": ${DNS_LABEL}`, "spec: Invalid value: {\"labels\":{\"a\":\"b\"},\"Spec\":{\"Devices\":{\"Requests\":[{\"Name\":\"\",\"Exactly\":{\"DeviceClassName\":\"gpu\",\"Selectors\":null,\"AllocationMode\":\"ExactCount\",\"Count\":1,\"AdminAccess\":null,\"Tolerations\":null,\"Capacity\":null},\"FirstAvailable\":null}],\"Constraints\":null,\"Config\":null}}}: field is immutable"],
]);
