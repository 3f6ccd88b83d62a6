import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_1035, DNS_SUBDOMAIN, NAME_PART } from "../../testing/rule-texts.ts";
import { validatingAdmissionPolicy } from "./validating-admission-policy.ts";

const bases = {
  full: { spec: { failurePolicy: "Ignore", paramKind: { apiVersion: "v1", kind: "ConfigMap" }, matchConstraints: { matchPolicy: "Exact", namespaceSelector: {}, objectSelector: { matchLabels: { a: "b" } }, resourceRules: [{ apiGroups: ["g.io"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["things"], scope: "Namespaced", resourceNames: ["n"] }], excludeResourceRules: [{ apiGroups: [""], apiVersions: ["*"], operations: ["*"], resources: ["*"] }] }, matchConditions: [{ name: "m", expression: "true" }], variables: [{ name: "v", expression: "1" }], validations: [{ expression: "variables.v == 1", message: "m", reason: "Forbidden", messageExpression: "'a'" }], auditAnnotations: [{ key: "k", valueExpression: "'v'" }] } },
  simple: { spec: { matchConstraints: { resourceRules: [{ apiGroups: ["g.io"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["things"] }] }, validations: [{ expression: "true" }] } },
};

ruleTests(validatingAdmissionPolicy, bases, [
  ["simple", { "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.matchConditions[0].name": "../x" }, `spec.matchConditions[0].name: Invalid value: "../x": prefix part ${DNS_SUBDOMAIN}`],
  ["full", { "spec.paramKind.apiVersion": "a..b" }, `spec.paramKind.apiVersion: Invalid value: "a..b": ${DNS_1035}`],
  ["full", { "spec.matchConditions[+]": { name: "m", expression: "true" } }, "spec.matchConditions[1].name: Duplicate value: \"m\""],
  ["simple", { "spec.matchConstraints.resourceRules": undefined }, "spec.matchConstraints.resourceRules: Required value"],
  ["full", { "spec.matchConstraints.excludeResourceRules[0].apiVersions": undefined }, "spec.matchConstraints.excludeResourceRules[0].apiVersions: Required value"],
  ["full", { "spec.matchConstraints.excludeResourceRules[0].operations": undefined }, "spec.matchConstraints.excludeResourceRules[0].operations: Required value"],
  ["full", { "spec.auditAnnotations[0].valueExpression": undefined }, "spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified"],
  ["full", { "spec.matchConditions[0].name": "Bad_Value!" }, `spec.matchConditions[0].name: Invalid value: "Bad_Value!": name part ${NAME_PART}`],
  ["full", { "spec.matchConditions[0].name": undefined, "spec.matchConditions[0].expression": undefined }, "spec.matchConditions[0].expression: Required value", "spec.matchConditions[0].name: Required value"],
  ["simple", { "spec.matchConstraints.resourceRules[0].apiVersions[0]": "" }, "spec.matchConstraints.resourceRules[0].apiVersions[0]: Required value"],
  ["full", { "spec.paramKind.kind": undefined }, "spec.paramKind.kind: Required value"],
  ["full", { "spec.matchConstraints.excludeResourceRules[0].operations[0]": "" }, "spec.matchConstraints.excludeResourceRules[0].operations[0]: Unsupported value: \"\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\""],
  ["simple", { "spec.matchConstraints.resourceRules[0].apiGroups": undefined }, "spec.matchConstraints.resourceRules[0].apiGroups: Required value"],
  ["full", { [`spec.matchConstraints.objectSelector.matchLabels.${long(64, "k")}`]: "1" }, `spec.matchConstraints.objectSelector.matchLabels: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`],
  ["full", { "spec.failurePolicy": "" }, "spec.failurePolicy: Unsupported value: \"\": supported values: \"Fail\", \"Ignore\""],
  ["full", { "spec.matchConstraints.resourceRules[0].resourceNames[0]": "../x" }, "spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: \"../x\": may not contain '/'"],
  ["full", { "spec.matchConstraints.excludeResourceRules[0].apiGroups": undefined, "spec.matchConstraints.excludeResourceRules[0].apiVersions": undefined, "spec.matchConstraints.excludeResourceRules[0].operations": undefined, "spec.matchConstraints.excludeResourceRules[0].resources": undefined }, "spec.matchConstraints.excludeResourceRules[0].operations: Required value", "spec.matchConstraints.excludeResourceRules[0].apiGroups: Required value", "spec.matchConstraints.excludeResourceRules[0].apiVersions: Required value", "spec.matchConstraints.excludeResourceRules[0].resources: Required value"],
  ["simple", { "spec.validations": undefined }, "spec.validations: Required value: validations or auditAnnotations must contain at least one item", "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item"],
  ["full", { "spec.matchConstraints.excludeResourceRules[0].resources": undefined }, "spec.matchConstraints.excludeResourceRules[0].resources: Required value"],
  ["full", { "spec.auditAnnotations[+]": { key: "k", valueExpression: "'v'" } }, "spec.auditAnnotations[1].key: Duplicate value: \"k\""],
  ["full", { "spec.matchConditions[0].name": undefined }, "spec.matchConditions[0].name: Required value"],
]);
