import { long, ruleTests, updateTests } from "../../testing/kind-rules.ts";
import { DNS_SUBDOMAIN } from "../../testing/rule-texts.ts";
import { clusterRoleBinding } from "./cluster-role-binding.ts";

const bases = {
  min: { roleRef: { kind: "ClusterRole", name: "r" } },
  full: { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "r" }, subjects: [{ kind: "User", name: "u" }, { kind: "Group", name: "g" }, { kind: "ServiceAccount", name: "s", namespace: "n" }] },
};

ruleTests(clusterRoleBinding, bases, [
  ["min", { "roleRef.kind": "Role" }, "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""],
  ["min", { "subjects": [{ kind: "ServiceAccount", name: "a" }] }, "subjects[0].namespace: Required value"],
  ["min", { "roleRef.apiGroup": "foo" }, "roleRef.apiGroup: Unsupported value: \"foo\": supported values: \"rbac.authorization.k8s.io\""],
  ["full", { "subjects[2].kind": undefined, "subjects[2].name": undefined, "subjects[2].namespace": undefined }, "subjects[2].name: Required value", "subjects[2].kind: Unsupported value: \"\": supported values: \"ServiceAccount\", \"User\", \"Group\""],
  ["full", { "subjects[2].kind": undefined }, "subjects[2].kind: Unsupported value: \"\": supported values: \"ServiceAccount\", \"User\", \"Group\""],
  ["full", { "subjects[2].name": "a..b" }, `subjects[2].name: Invalid value: "a..b": ${DNS_SUBDOMAIN}`],
  ["min", { "roleRef": undefined }, "roleRef.kind: Unsupported value: \"\": supported values: \"ClusterRole\"", "roleRef.name: Required value"],
  ["min", { "roleRef.name": "x/y/z" }, "roleRef.name: Invalid value: \"x/y/z\": may not contain '/'"],
  ["full", { "subjects[2].name": `${long(254)}` }, `subjects[2].name: Invalid value: "${long(254)}": must be no more than 253 characters`],
]);

updateTests(clusterRoleBinding, bases, [
  ["full", { "roleRef.name": undefined }, "roleRef.name: Required value", "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"ClusterRole\",\"Name\":\"\"}: cannot change roleRef"],
  ["full", { "roleRef": undefined }, "roleRef.kind: Unsupported value: \"\": supported values: \"ClusterRole\"", "roleRef.name: Required value", "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"\",\"Name\":\"\"}: cannot change roleRef"],
  ["full", { "roleRef.apiGroup": "rbac.authorization.k8s.iox" }, "roleRef.apiGroup: Unsupported value: \"rbac.authorization.k8s.iox\": supported values: \"rbac.authorization.k8s.io\"", "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.iox\",\"Kind\":\"ClusterRole\",\"Name\":\"r\"}: cannot change roleRef"],
]);
