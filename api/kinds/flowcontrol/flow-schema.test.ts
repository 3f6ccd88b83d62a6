import { long, ruleTests } from "../../testing/kind-rules.ts";
import { DNS_LABEL, DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { flowSchema } from "./flow-schema.ts";

const bases = {
  full: { spec: { priorityLevelConfiguration: { name: "exempt" }, matchingPrecedence: 500, distinguisherMethod: { type: "ByUser" }, rules: [{ subjects: [{ kind: "User", user: { name: "u" } }, { kind: "Group", group: { name: "g" } }, { kind: "ServiceAccount", serviceAccount: { namespace: "n", name: "*" } }], resourceRules: [{ verbs: ["get"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }], nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["/healthz"] }] }] } },
};

ruleTests(flowSchema, bases, [
  ["full", { "spec.priorityLevelConfiguration.name": "workload-low", "spec.matchingPrecedence": undefined, "spec.distinguisherMethod": undefined, "spec.rules": undefined, "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.priorityLevelConfiguration.name": "workload-low", "spec.matchingPrecedence": undefined, "spec.distinguisherMethod": undefined, "spec.rules": undefined, "metadata": { name: "a..b" } }, `metadata.name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.rules[0].subjects[2].serviceAccount.namespace": undefined }, "spec.rules[0].subjects[2].serviceAccount.namespace: Required value: must specify namespace for service account"],
  ["full", { "spec.rules[0].nonResourceRules[0].verbs": undefined, "spec.rules[0].nonResourceRules[0].nonResourceURLs": undefined }, "spec.rules[0].nonResourceRules[0].verbs: Required value: verbs must contain at least one value", "spec.rules[0].nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value"],
  ["full", { "spec.rules[0].resourceRules[0].apiGroups[+]": "" }, "spec.rules[0].resourceRules[0].apiGroups: Invalid value: [\"*\",\"\"]: if '*' is present, must not specify other api groups"],
  ["full", { "spec.rules[0].resourceRules[0].verbs[+]": "" }, "spec.rules[0].resourceRules[0].verbs: Unsupported value: [\"get\",\"\"]: supported values: \"create\", \"delete\", \"deletecollection\", \"get\", \"list\", \"patch\", \"proxy\", \"update\", \"watch\""],
  ["full", { "spec.rules[0].subjects[2].serviceAccount": undefined }, "spec.rules[0].subjects[2].serviceAccount: Required value: serviceAccount is required when subject kind is 'ServiceAccount'"],
  ["full", { "spec.rules[0].subjects[2].serviceAccount.namespace": "a..b" }, `spec.rules[0].subjects[2].serviceAccount.namespace: Invalid value: "a..b": ${DNS_LABEL}`],
  ["full", { "spec.rules[0].resourceRules[0].verbs": undefined }, "spec.rules[0].resourceRules[0].verbs: Required value: verbs must contain at least one value"],
  ["full", { "spec.priorityLevelConfiguration.name": `${long(254)}`, "spec.matchingPrecedence": undefined, "spec.distinguisherMethod": undefined, "spec.rules": undefined }, `spec.priorityLevelConfiguration.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "spec.matchingPrecedence": -1 }, "spec.matchingPrecedence: Invalid value: -1: must be a positive value"],
  ["full", { "spec.rules[0].subjects[2].serviceAccount.namespace": `${long(254)}` }, `spec.rules[0].subjects[2].serviceAccount.namespace: Invalid value: "${long(254)}": must be no more than 63 characters`],
  ["full", { "spec.rules[0].subjects[2].serviceAccount.name": "a..b" }, `spec.rules[0].subjects[2].serviceAccount.name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["full", { "spec.matchingPrecedence": 70000 }, "spec.matchingPrecedence: Invalid value: 70000: must not be greater than 10000"],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]": "" }, "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"\": must not be empty"],
  ["full", { "spec.rules[0].subjects": undefined, "spec.rules[0].resourceRules": undefined, "spec.rules[0].nonResourceRules": undefined }, "spec.rules[0].subjects: Required value: subjects must contain at least one value", "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty"],
  ["full", { "spec.rules[0].resourceRules[0].resources[+]": "" }, "spec.rules[0].resourceRules[0].resources: Invalid value: [\"*\",\"\"]: if '*' is present, must not specify other resources"],
  ["full", { "spec.rules[0].resourceRules[0].namespaces[+]": "" }, "spec.rules[0].resourceRules[0].namespaces: Invalid value: [\"*\",\"\"]: if '*' is present, must not specify other namespaces"],
  ["full", { "spec.rules[0].nonResourceRules[0].verbs[+]": "" }, "spec.rules[0].nonResourceRules[0].verbs: Invalid value: [\"*\",\"\"]: if '*' is present, must not specify other verbs"],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs": undefined }, "spec.rules[0].nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value"],
  ["full", { "spec.rules[0].subjects": undefined }, "spec.rules[0].subjects: Required value: subjects must contain at least one value"],
  ["full", { "spec.rules[0].resourceRules[0].verbs": undefined, "spec.rules[0].resourceRules[0].apiGroups": undefined, "spec.rules[0].resourceRules[0].resources": undefined, "spec.rules[0].resourceRules[0].clusterScope": undefined, "spec.rules[0].resourceRules[0].namespaces": undefined }, "spec.rules[0].resourceRules[0].verbs: Required value: verbs must contain at least one value", "spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group", "spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource", "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace"],
  ["full", { "spec.rules[0].subjects[2].serviceAccount.name": undefined }, "spec.rules[0].subjects[2].serviceAccount.name: Required value"],
]);
