import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
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
  ["full", { "spec.matchingPrecedence": 1 }, "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
  ["full", { "spec.distinguisherMethod.type": "ByNode" }, "spec.distinguisherMethod.type: Unsupported value: {\"Type\":\"ByNode\"}: supported values: \"ByNamespace\", \"ByUser\""],
  ["full", { "spec.priorityLevelConfiguration.name": undefined }, "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"],
  ["full", { "spec.rules[0].subjects[0].kind": "Node" }, "spec.rules[0].subjects[0].kind: Unsupported value: \"Node\": supported values: \"Group\", \"ServiceAccount\", \"User\""],
  ["full", { "spec.rules[0].subjects[0].user": undefined }, "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'"],
  ["full", { "spec.rules[0].subjects[0].user.name": undefined }, "spec.rules[0].subjects[0].user.name: Required value"],
  ["full", { "spec.rules[0].subjects[1].group": undefined }, "spec.rules[0].subjects[1].group: Required value: group is required when subject kind is 'Group'"],
  ["full", { "spec.rules[0].subjects[0].group": { name: "g" } }, "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'"],
  ["full", { "spec.rules[0].subjects[1].user": { name: "u" } }, "spec.rules[0].subjects[1].user: Forbidden: user is forbidden when subject kind is not 'User'"],
  ["full", { "spec.rules[0].subjects[2].user": { name: "u" }, "spec.rules[0].subjects[2].group": { name: "g" } }, "spec.rules[0].subjects[2].user: Forbidden: user is forbidden when subject kind is not 'User'", "spec.rules[0].subjects[2].group: Forbidden: group is forbidden when subject kind is not 'Group'"],
  ["full", { "spec.rules[0].resourceRules[0].verbs": ["*", "get"] }, "spec.rules[0].resourceRules[0].verbs: Invalid value: [\"*\",\"get\"]: if '*' is present, must not specify other verbs"],
  ["full", { "spec.rules[0].resourceRules[0].apiGroups": undefined }, "spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group"],
  ["full", { "spec.rules[0].resourceRules[0].resources": ["*", "pods"] }, "spec.rules[0].resourceRules[0].resources: Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other resources"],
  ["full", { "spec.rules[0].resourceRules[0].clusterScope": undefined, "spec.rules[0].resourceRules[0].namespaces": undefined }, "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace"],
  ["full", { "spec.rules[0].resourceRules[0].namespaces": ["*", "a"] }, "spec.rules[0].resourceRules[0].namespaces: Invalid value: [\"*\",\"a\"]: if '*' is present, must not specify other namespaces"],
  ["full", { "spec.rules[0].resourceRules[0].namespaces": ["A"] }, `spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "A": each member of this list must be '*' or a DNS-1123 label; ${DNS_LABEL}`],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs": ["*", "/a"] }, "spec.rules[0].nonResourceRules[0].nonResourceURLs: Invalid value: [\"*\",\"/a\"]: if '*' is present, must not specify other non-resource URLs"],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs": ["a"] }, "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"a\": must start with slash"],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs": ["/a b"] }, "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"/a b\": must not contain white-space"],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs": ["/a//b"] }, "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"/a//b\": must not contain double slash"],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs": ["/a*"] }, "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"/a*\": wildcard can only do suffix matching"],
  ["full", { "spec.rules[0].nonResourceRules[0].nonResourceURLs": ["/*/*"] }, "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"/*/*\": wildcard can only do suffix matching"],
  ["full", { "metadata.name": "catch-all" }, "spec: Invalid value: {\"PriorityLevelConfiguration\":{\"Name\":\"exempt\"},\"MatchingPrecedence\":500,\"DistinguisherMethod\":{\"Type\":\"ByUser\"},\"Rules\":[{\"Subjects\":[{\"Kind\":\"User\",\"User\":{\"Name\":\"u\"},\"Group\":null,\"ServiceAccount\":null},{\"Kind\":\"Group\",\"User\":null,\"Group\":{\"Name\":\"g\"},\"ServiceAccount\":null},{\"Kind\":\"ServiceAccount\",\"User\":null,\"Group\":null,\"ServiceAccount\":{\"Namespace\":\"n\",\"Name\":\"*\"}}],\"ResourceRules\":[{\"Verbs\":[\"get\"],\"APIGroups\":[\"*\"],\"Resources\":[\"*\"],\"ClusterScope\":true,\"Namespaces\":[\"*\"]}],\"NonResourceRules\":[{\"Verbs\":[\"*\"],\"NonResourceURLs\":[\"/healthz\"]}]}]}: spec of 'catch-all' must equal the fixed value"],
]);

updateTests(flowSchema, bases, [
  ["full", { "status.conditions": [{ type: "A" }, { type: "A" }] }, "status.conditions[1].type: Duplicate value: \"A\""],
  ["full", { "status.conditions": [{ status: "True" }] }, "status.conditions[0].type: Required value: must not be empty"],
], { subresource: "status" });
