import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_1035, DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { apiService } from "./api-service.ts";

const bases = {
  min: { metadata: { name: "v1.x.example.com" }, spec: { group: "x.example.com", version: "v1", groupPriorityMinimum: 1, versionPriority: 1 } },
};

ruleTests(apiService, bases, [
  ["min", { "spec.insecureSkipTLSVerify": true, "spec.caBundle": "AAAA", "spec.service": { name: "a", namespace: "b" } }, "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present"],
  ["min", { "spec.versionPriority": 1001 }, "spec.versionPriority: Invalid value: 1001: must be positive and less than 1000"],
  ["min", { "spec.service": { name: "a", namespace: "b", port: 70000 }, "spec.insecureSkipTLSVerify": true }, "spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive"],
  ["min", { "spec.group": "a..b" }, "metadata.name: Invalid value: \"v1.x.example.com\": must be `spec.version+\".\"+spec.group`: \"v1.a..b\"", `spec.group: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.groupPriorityMinimum": 1000, "spec.versionPriority": 15, "spec.insecureSkipTLSVerify": true, "spec.service": { name: "b" } }, "spec.service.namespace: Required value"],
  ["min", { "spec.version": undefined }, "metadata.name: Invalid value: \"v1.x.example.com\": must be `spec.version+\".\"+spec.group`: \".x.example.com\"", `spec.version: Invalid value: "": ${DNS_1035}`],
  ["min", { "spec.version": `${long(254)}` }, `metadata.name: Invalid value: "v1.x.example.com": must be \`spec.version+"."+spec.group\`: "${long(254)}.x.example.com"`, `spec.version: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["min", { "spec.group": `${long(254)}` }, `metadata.name: Invalid value: "v1.x.example.com": must be \`spec.version+"."+spec.group\`: "v1.${long(254)}"`, `spec.group: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["min", { "spec.group": undefined }, "metadata.name: Invalid value: \"v1.x.example.com\": must be `spec.version+\".\"+spec.group`: \"v1.\""],
  ["min", { "spec.version": undefined, "metadata.name": ".x.example.com" }, `spec.version: Invalid value: "": ${DNS_1035}`],
  ["min", { "spec.version": "V1", "metadata.name": "V1.x.example.com" }, `spec.version: Invalid value: "V1": ${DNS_1035}`],
  ["min", { "spec.groupPriorityMinimum": 0 }, "spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000"],
  ["min", { "spec.groupPriorityMinimum": 20001 }, "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000"],
  ["min", { "spec.versionPriority": 0 }, "spec.versionPriority: Invalid value: 0: must be positive and less than 1000"],
  ["min", { "spec.caBundle": "AAAA" }, "spec.caBundle: Invalid value: \"3 bytes\": local APIServices may not have a caBundle"],
  ["min", { "spec.insecureSkipTLSVerify": true }, "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify"],
  ["min", { "spec.service": { namespace: "a" } }, "spec.service.name: Required value"],
  ["min", { "spec.service": { namespace: "a", name: "b", port: 0 } }, "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive"],
  ["min", { "metadata.name": "a/b" }, "metadata.name: Invalid value: \"a/b\": may not contain '/'"],
]);

updateTests(apiService, bases, [
  ["min", { "status.conditions[0].status": "Maybe" }, "status.conditions[0].status: Unsupported value: \"Maybe\": supported values: \"True\", \"False\", \"Unknown\""],
], { subresource: "status" });
