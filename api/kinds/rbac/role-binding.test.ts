import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { roleBinding } from "./role-binding.ts";

const bases = {
  full: { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "r" }, subjects: [{ kind: "User", name: "u" }, { kind: "Group", name: "g", apiGroup: "rbac.authorization.k8s.io" }, { kind: "ServiceAccount", name: "s", namespace: "n" }] },
};

ruleTests(roleBinding, bases, [
  ["full", { "roleRef": undefined, "subjects": undefined }, "roleRef.kind: Unsupported value: \"\": supported values: \"Role\", \"ClusterRole\"", "roleRef.name: Required value"],
  ["full", { "roleRef.apiGroup": "foo", "roleRef.kind": "Role", "subjects": undefined }, "roleRef.apiGroup: Unsupported value: \"foo\": supported values: \"rbac.authorization.k8s.io\""],
  ["full", { "roleRef.apiGroup": undefined, "roleRef.kind": "Role", "roleRef.name": undefined, "subjects": undefined }, "roleRef.name: Required value"],
  ["full", { "roleRef.apiGroup": undefined, "roleRef.kind": "Role", "subjects": [{ kind: "User" }] }, "subjects[0].name: Required value"],
  ["full", { "roleRef.apiGroup": undefined, "roleRef.kind": "Role", "subjects": [{ kind: "ServiceAccount", name: "a" }] }],
  ["full", { "roleRef.apiGroup": undefined, "roleRef.kind": "Role", "subjects": [{ kind: "ServiceAccount", name: "a", namespace: "n", apiGroup: "rbac.authorization.k8s.io" }] }, "subjects[0].apiGroup: Unsupported value: \"rbac.authorization.k8s.io\": supported values: \"\""],
  ["full", { "roleRef.apiGroup": undefined, "roleRef.kind": "Role", "subjects": [{ kind: "User", name: "a", apiGroup: "foo" }] }, "subjects[0].apiGroup: Unsupported value: \"foo\": supported values: \"rbac.authorization.k8s.io\""],
  ["full", { "subjects[2].name": `${long(254)}` }, `subjects[2].name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["full", { "roleRef.name": "x/y/z" }, "roleRef.name: Invalid value: \"x/y/z\": may not contain '/'"],
  ["full", { "subjects[0]": {} }, "subjects[0].name: Required value", "subjects[0].kind: Unsupported value: \"\": supported values: \"ServiceAccount\", \"User\", \"Group\""],
  ["full", { "subjects[2].name": "x/y/z" }, `subjects[2].name: Invalid value: "x/y/z": ${DNS_SUBDOMAIN}`],
]);

updateTests(roleBinding, bases, [
  ["full", { "roleRef.name": undefined }, "roleRef.name: Required value", "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"ClusterRole\",\"Name\":\"\"}: cannot change roleRef"],
  ["full", { "roleRef.kind": "Role" }, "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"Role\",\"Name\":\"r\"}: cannot change roleRef"],
  ["full", { "roleRef": undefined }, "roleRef.kind: Unsupported value: \"\": supported values: \"Role\", \"ClusterRole\"", "roleRef.name: Required value", "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"\",\"Name\":\"\"}: cannot change roleRef"],
]);
