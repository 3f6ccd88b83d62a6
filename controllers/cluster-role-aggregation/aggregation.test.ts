import assert from "node:assert/strict";
import { clusterroles } from "../../api/resources.ts";
import type { ClusterRole, PolicyRule } from "../../api/wire.ts";
import { clusterTest } from "../testing/cluster-test.ts";

const rule = (resource: string): PolicyRule => ({ apiGroups: [""], resources: [resource], verbs: ["get"] });
const role = (name: string, more: Partial<ClusterRole>, labels?: Record<string, string>): ClusterRole => ({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name, ...(labels ? { labels } : {}) }, ...more });

clusterTest("the parts' rules come together, each once, and follow the parts", async (t, cluster) => {
  cluster.startManager();
  const part = { part: "yes" };
  await cluster.admin.create(clusterroles, role("b", { rules: [rule("pods"), rule("nodes")] }, part));
  await cluster.admin.create(clusterroles, role("a", { rules: [rule("pods")] }, part));
  await cluster.admin.create(clusterroles, role("whole", { aggregationRule: { clusterRoleSelectors: [{ matchLabels: part }] }, rules: [rule("by-hand")] }));
  const rules = async () => (await cluster.admin.get(clusterroles, { name: "whole" })).rules;
  await cluster.eventually(async () => assert.deepEqual(await rules(), [rule("pods"), rule("nodes")]));
  await cluster.admin.patch(clusterroles, { name: "b" }, "merge", { rules: [rule("secrets")] });
  await cluster.eventually(async () => assert.deepEqual(await rules(), [rule("pods"), rule("secrets")]));
  await cluster.admin.create(clusterroles, role("empty", { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { none: "such" } }] }, rules: [rule("by-hand")] }));
  await cluster.pass(1000);
  t.deepEqual((await cluster.admin.get(clusterroles, { name: "empty" })).rules, [rule("by-hand")]);
});

clusterTest("admin, edit and view of a new cluster get their rules", async (t, cluster) => {
  cluster.startManager();
  await cluster.eventually(async () => {
    for (const name of ["admin", "edit", "view"]) assert.ok(((await cluster.admin.get(clusterroles, { name })).rules ?? []).length > 0, name);
  });
  const { rules = [] } = await cluster.admin.get(clusterroles, { name: "view" });
  t.false(rules.some(({ resources = [] }) => resources.includes("secrets")), "view does not show secrets");
});
