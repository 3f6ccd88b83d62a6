import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { validatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts";

const bases = {
  min: { spec: { policyName: "p", validationActions: ["Deny"] } },
  full: { spec: { policyName: "p", validationActions: ["Warn", "Audit"], paramRef: { parameterNotFoundAction: "Deny", selector: {} }, matchResources: { resourceRules: [{ apiGroups: ["g.io"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["things"] }] } } },
};

ruleTests(validatingAdmissionPolicyBinding, bases, [
  ["full", { "spec.matchResources.resourceRules[0].apiVersions[0]": "" }, "spec.matchResources.resourceRules[0].apiVersions[0]: Required value"],
  ["full", { "spec.matchResources.resourceRules[0].resources": undefined }, "spec.matchResources.resourceRules[0].resources: Required value"],
  ["full", { "spec.matchResources.resourceRules[0].apiGroups": undefined }, "spec.matchResources.resourceRules[0].apiGroups: Required value"],
  ["min", { "spec.policyName": undefined }, "spec.policyName: Required value"],
  ["full", { "spec.paramRef.parameterNotFoundAction": undefined }, "spec.paramRef.parameterNotFoundAction: Required value"],
  ["min", { "spec.validationActions": ["Warn", "Audit"], "spec.paramRef": { selector: {}, parameterNotFoundAction: "Deny" }, "spec.matchResources": { resourceRules: [{}] } }, "spec.matchResources.resourceRules[0].operations: Required value", "spec.matchResources.resourceRules[0].apiGroups: Required value", "spec.matchResources.resourceRules[0].apiVersions: Required value", "spec.matchResources.resourceRules[0].resources: Required value"],
  ["min", { "spec.validationActions": undefined }, "spec.validationActions: Required value: at least one validation action is required"],
  ["min", { "spec.policyName": "a..b" }, `spec.policyName: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.matchResources.resourceRules[0].resources[0]": "" }, "spec.matchResources.resourceRules[0].resources[0]: Required value"],
  ["full", { "spec.paramRef.selector": undefined }, "spec.paramRef: Required value: one of name or selector must be specified"],
  ["min", { "spec": undefined }, "spec.policyName: Required value", "spec.validationActions: Required value: at least one validation action is required"],
  ["full", { "spec.paramRef.parameterNotFoundAction": undefined, "spec.paramRef.selector": undefined }, "spec.paramRef: Required value: one of name or selector must be specified", "spec.paramRef.parameterNotFoundAction: Required value"],
  ["min", { "spec.validationActions": ["Deny", "Warn"] }, "spec.validationActions: Invalid value: [\"Deny\",\"Warn\"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"],
  ["min", { "spec.validationActions": ["Deny", "Deny"] }, "spec.validationActions[1]: Duplicate value: \"Deny\""],
  ["min", { "spec.validationActions": ["Log"] }, "spec.validationActions[0]: Unsupported value: \"Log\": supported values: \"Audit\", \"Deny\", \"Warn\""],
  ["min", { "spec.paramRef": { name: "a", selector: {}, parameterNotFoundAction: "Deny" } }, "spec.paramRef.name: Forbidden: name and selector are mutually exclusive", "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive"],
  ["min", { "spec.paramRef": { name: "a/b", parameterNotFoundAction: "Deny" } }, "spec.paramRef.name: Invalid value: \"a/b\": may not contain '/'"],
  ["min", { "spec.policyName": `${long(254)}` }, `spec.policyName: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.paramRef.parameterNotFoundAction": `${long(254)}` }, `spec.paramRef.parameterNotFoundAction: Unsupported value: "${long(254)}": supported values: "Deny", "Allow"`],
  ["full", { "spec.matchResources.resourceRules[0].operations[0]": `${long(254)}` }, `spec.matchResources.resourceRules[0].operations[0]: Unsupported value: "${long(254)}": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"`],
]);
