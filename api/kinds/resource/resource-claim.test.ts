import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN, IDENTIFIER } from "../../testing/rule-texts.ts";
import { resourceClaim } from "./resource-claim.ts";

const bases = {
  min: { spec: {} },
  tolerations: { spec: { devices: { requests: [{ name: "a", exactly: { deviceClassName: "gpu", count: 3, tolerations: [{}, { key: "k", operator: "Exists", effect: "NoExecute" }] } }] } } },
  requests: { spec: { devices: { requests: [{ exactly: { deviceClassName: "gpu" }, name: "a" }, { exactly: { adminAccess: false, allocationMode: "All", deviceClassName: "gpu", selectors: [{ cel: { expression: "true" } }] }, name: "b" }, { firstAvailable: [{ deviceClassName: "gpu", name: "s" }, { allocationMode: "ExactCount", count: 2, deviceClassName: "gpu", name: "t" }], name: "c" }], constraints: [{ matchAttribute: "d.example.com/x", requests: ["a", "b"] }], config: [{ opaque: { driver: "d.example.com", parameters: {} }, requests: ["a"] }] } } },
};

ruleTests(resourceClaim, bases, [
  ["tolerations", { "spec.devices.requests[0].exactly": undefined }, "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"],
  ["requests", { "spec.devices.requests[2].firstAvailable[0].deviceClassName": `${long(254)}` }, `spec.devices.requests[2].firstAvailable[0].deviceClassName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["requests", { "spec.devices.config[0].requests[0]": "" }, `spec.devices.config[0].requests[0]: Invalid value: "": ${DNS_LABEL}`, "spec.devices.config[0].requests[0]: Invalid value: \"\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"],
  ["requests", { "spec.devices.requests[1]": undefined }, "spec.devices.constraints[0].requests[1]: Invalid value: \"b\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"],
  ["min", { "spec.devices": { requests: [{ name: "a", exactly: {} }] } }, "spec.devices.requests[0].exactly.deviceClassName: Required value"],
  ["requests", { "spec.devices.requests[1].name": undefined }, `spec.devices.requests[1].name: Invalid value: "": ${DNS_LABEL}`, "spec.devices.constraints[0].requests[1]: Invalid value: \"b\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"],
  ["requests", { "spec.devices.constraints[0].matchAttribute": "" }, `spec.devices.constraints[0].matchAttribute: Invalid value: "": ${IDENTIFIER}`, "spec.devices.constraints[0].matchAttribute: Invalid value: \"\": a fully qualified name must be a domain and a name separated by a slash"],
  ["tolerations", { "spec.devices.requests[+]": { name: "a", exactly: { deviceClassName: "gpu", count: 3, tolerations: [{}, { key: "k", operator: "Exists", effect: "NoExecute" }] } } }, "spec.devices.requests[1]: Duplicate value: \"a\""],
  ["requests", { "spec.devices.requests[1].name": `${long(254)}` }, `spec.devices.requests[1].name: Invalid value: "${long(254)}": must be no more than 63 characters`, "spec.devices.constraints[0].requests[1]: Invalid value: \"b\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"],
  ["requests", { "spec.devices.config[0].opaque.driver": `${long(254)}` }, "spec.devices.config[0].opaque.driver: Too long: may not be more than 63 bytes", `spec.devices.config[0].opaque.driver: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["tolerations", { "spec.devices.requests[0].name": undefined }, `spec.devices.requests[0].name: Invalid value: "": ${DNS_LABEL}`],
  ["requests", { "spec.devices.config[0].opaque": undefined, "spec.devices.config[0].requests": undefined }, "spec.devices.config[0].opaque: Required value"],
  ["requests", { "spec.devices.requests[2].firstAvailable[0].name": `${long(254)}` }, `spec.devices.requests[2].firstAvailable[0].name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["requests", { "spec.devices.requests[2].firstAvailable[+]": { name: "s", deviceClassName: "gpu" } }, "spec.devices.requests[2].firstAvailable[2]: Duplicate value: \"s\""],
  ["requests", { "spec.devices.requests[2].firstAvailable[0].name": undefined }, `spec.devices.requests[2].firstAvailable[0].name: Invalid value: "": ${DNS_LABEL}`],
  ["requests", { "spec.devices.constraints[0].requests[0]": "" }, `spec.devices.constraints[0].requests[0]: Invalid value: "": ${DNS_LABEL}`, "spec.devices.constraints[0].requests[0]: Invalid value: \"\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"],
  ["requests", { "spec.devices.requests[2].firstAvailable[0].deviceClassName": undefined }, "spec.devices.requests[2].firstAvailable[0].deviceClassName: Required value"],
  ["requests", { "spec.devices.config[0].requests[0]": `${long(254)}` }, `spec.devices.config[0].requests[0]: Invalid value: "${long(254)}": must be no more than 63 characters`, `spec.devices.config[0].requests[0]: Invalid value: "${long(254)}": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`],
  ["requests", { "spec.devices.requests": undefined }, "spec.devices.constraints[0].requests[0]: Invalid value: \"a\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'", "spec.devices.constraints[0].requests[1]: Invalid value: \"b\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'", "spec.devices.config[0].requests[0]: Invalid value: \"a\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"],
  ["requests", { "spec.devices.requests[0].name": `${long(254)}` }, `spec.devices.requests[0].name: Invalid value: "${long(254)}": must be no more than 63 characters`, "spec.devices.constraints[0].requests[0]: Invalid value: \"a\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'", "spec.devices.config[0].requests[0]: Invalid value: \"a\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"],
  ["tolerations", { "spec.devices.requests[0].name": `${long(254)}` }, `spec.devices.requests[0].name: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["min", { "spec.devices": { requests: [{}] } }, `spec.devices.requests[0].name: Invalid value: "": ${DNS_LABEL}`, "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"],
  ["requests", { "spec.devices.requests[2].firstAvailable[1].count": -1 }, "spec.devices.requests[2].firstAvailable[1].count: Invalid value: -1: must be greater than zero"],
  ["requests", { "spec.devices.config[0].opaque.driver": "a..b" }, `spec.devices.config[0].opaque.driver: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["requests", { "spec.devices.constraints[0].requests[+]": "a" }, "spec.devices.constraints[0].requests[2]: Duplicate value: \"a\""],
  ["requests", { "spec.devices.constraints[0].matchAttribute": "../x" }, `spec.devices.constraints[0].matchAttribute: Invalid value: "..": ${DNS_SUBDOMAIN}`],
  ["requests", { "spec.devices.config[0].opaque.parameters": undefined }, "spec.devices.config[0].opaque.parameters: Required value"],
]);

updateTests(resourceClaim, bases, [
  ["requests", { "status": { reservedFor: [{ resource: "pods", name: "p", uid: "u" }] } }, "status.reservedFor: Forbidden: may not be specified when `allocated` is not set"],
], { subresource: "status" });
