import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { mutatingAdmissionPolicyBinding } from "./mutating-admission-policy-binding.ts";

const bases = {
  min: { spec: { policyName: "p" } },
};

ruleTests(mutatingAdmissionPolicyBinding, bases, [
  ["min", { "spec.paramRef": {}, "spec.matchResources": {} }, "spec.paramRef: Required value: one of name or selector must be specified", "spec.paramRef.parameterNotFoundAction: Required value"],
  ["min", { "spec.paramRef": { namespace: "m", parameterNotFoundAction: "Allow" }, "spec.matchResources": {} }, "spec.paramRef: Required value: one of name or selector must be specified"],
  ["min", { "spec": undefined }, "spec.policyName: Required value"],
  ["min", { "spec.paramRef": { name: "../x", namespace: "m", parameterNotFoundAction: "Allow" }, "spec.matchResources": {} }, "spec.paramRef.name: Invalid value: \"../x\": may not contain '/'"],
  ["min", { "spec.paramRef": { name: "n", namespace: "m", parameterNotFoundAction: "a..b" }, "spec.matchResources": {} }, "spec.paramRef.parameterNotFoundAction: Unsupported value: \"a..b\": supported values: \"Deny\", \"Allow\""],
  ["min", { "spec.matchResources": { resourceRules: [{ apiGroups: ["g"], apiVersions: ["v1"], operations: ["DELETE"], resources: ["a"] }] } }, "spec.matchResources.resourceRules.operations: Unsupported value: \"DELETE\": supported values: \"*\", \"CONNECT\", \"CREATE\", \"UPDATE\""],
  ["min", { "spec.policyName": "A" }, `spec.policyName: Invalid value: "A": ${DNS_SUBDOMAIN}`],
  ["min", { "spec.policyName": `${long(254)}` }, `spec.policyName: Invalid value: "${long(254)}": must be no more than 253 characters`],
]);
