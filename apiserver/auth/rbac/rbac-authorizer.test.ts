import test from "ava";
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from "../../../api/wire.ts";
import type { AccessRequest } from "../authorizer.ts";
import { bootstrapPolicy } from "./bootstrap-policy.ts";
import { missingRules } from "./escalation.ts";
import { RbacAuthorizer } from "./rbac-authorizer.ts";
import { RbacIndex } from "./rbac-index.ts";

const GROUP = "rbac.authorization.k8s.io";
const role = (name: string, namespace: string, rules: PolicyRule[]): Role => ({ apiVersion: `${GROUP}/v1`, kind: "Role", metadata: { name, namespace }, rules });
const clusterRole = (name: string, rules: PolicyRule[]): ClusterRole => ({ apiVersion: `${GROUP}/v1`, kind: "ClusterRole", metadata: { name }, rules });
const subject = (kind: string, name: string, namespace?: string) => ({ kind, name, ...(namespace === undefined ? { apiGroup: GROUP } : { namespace }) });
const roleBinding = (name: string, namespace: string, kind: string, roleName: string, subjects: ReturnType<typeof subject>[]): RoleBinding => ({
  apiVersion: `${GROUP}/v1`,
  kind: "RoleBinding",
  metadata: { name, namespace },
  roleRef: { apiGroup: GROUP, kind, name: roleName },
  subjects,
});
const clusterRoleBinding = (name: string, roleName: string, subjects: ReturnType<typeof subject>[]): ClusterRoleBinding => ({
  apiVersion: `${GROUP}/v1`,
  kind: "ClusterRoleBinding",
  metadata: { name },
  roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: roleName },
  subjects,
});

function ask(words: string, user = "ann", groups: string[] = []): AccessRequest {
  const [verb = "", target = "", namespace = "", name = ""] = words.split(" ");
  if (target.startsWith("/")) return { user: { name: user, groups }, verb, resourceRequest: false, group: "", version: "", resource: "", subresource: "", namespace: "", name: "", path: target };
  const [qualified = "", subresource = ""] = target.split("/");
  const [resource = "", ...group] = qualified.split(".");
  return { user: { name: user, groups }, verb, resourceRequest: true, group: group.join("."), version: "v1", resource, subresource, namespace: namespace === "-" ? "" : namespace, name, path: "" };
}

function setUp() {
  const index = new RbacIndex();
  const authorizer = new RbacAuthorizer(index);
  return { index, verdict: (request: AccessRequest) => authorizer.authorize(request).verdict };
}

test("a Role holds in its namespace, for its verbs, groups, resources and names", (t) => {
  const { index, verdict } = setUp();
  index.setRole(role("reader", "a", [{ verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "pods/log"] }, { verbs: ["update"], apiGroups: ["apps"], resources: ["*/scale"] }, { verbs: ["get", "create"], apiGroups: [""], resources: ["secrets"], resourceNames: ["one"] }]));
  index.setBinding(roleBinding("b", "a", "Role", "reader", [subject("User", "ann")]));
  for (const allowed of ["get pods a x", "list pods a", "get pods/log a x", "update deployments.apps/scale a x", "get secrets a one"]) t.is(verdict(ask(allowed)), "allow", allowed);
  for (const refused of ["get pods b x", "list pods -", "watch pods a", "get pods/exec a x", "get pods.metrics a x", "update deployments.apps a x", "get secrets a two", "list secrets a", "create secrets a"])
    t.is(verdict(ask(refused)), "no-opinion", refused);
  t.is(verdict(ask("get pods a x", "bob")), "no-opinion");
});

test("a ClusterRole bound in a namespace holds there only; bound cluster-wide, everywhere", (t) => {
  const { index, verdict } = setUp();
  index.setRole(clusterRole("viewer", [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]));
  index.setBinding(roleBinding("b", "a", "ClusterRole", "viewer", [subject("Group", "devs")]));
  t.is(verdict(ask("delete pods a x", "x", ["devs"])), "allow");
  t.is(verdict(ask("delete pods b x", "x", ["devs"])), "no-opinion");
  t.is(verdict(ask("get nodes - n", "x", ["devs"])), "no-opinion");
  index.setBinding(clusterRoleBinding("c", "viewer", [subject("Group", "devs")]));
  t.is(verdict(ask("get nodes - n", "x", ["devs"])), "allow");
});

test("service accounts, paths, and what is taken back", (t) => {
  const { index, verdict } = setUp();
  index.setRole(clusterRole("paths", [{ verbs: ["get"], nonResourceURLs: ["/metrics", "/apis/*"] }]));
  const binding = clusterRoleBinding("b", "paths", [subject("ServiceAccount", "robot", "a")]);
  index.setBinding(binding);
  const robot = "system:serviceaccount:a:robot";
  t.is(verdict(ask("get /apis/apps", robot)), "allow");
  t.is(verdict(ask("get /apis", robot)), "no-opinion");
  t.is(verdict(ask("post /metrics", robot)), "no-opinion");
  index.setBinding({ ...binding, subjects: [subject("ServiceAccount", "other", "a")] });
  t.is(verdict(ask("get /apis/apps", robot)), "no-opinion");
  t.is(verdict(ask("get /apis/apps", "system:serviceaccount:a:other")), "allow");
  index.removeBinding(binding);
  t.is(verdict(ask("get /apis/apps", "system:serviceaccount:a:other")), "no-opinion");
});

test("the bootstrap policy lets each component do its work and no more", (t) => {
  const { index, verdict } = setUp();
  for (const one of bootstrapPolicy.clusterRoles) index.setRole(one);
  for (const one of bootstrapPolicy.clusterRoleBindings) index.setBinding(one);
  t.is(verdict(ask("create pods/binding a x", "system:kube-scheduler")), "allow");
  t.is(verdict(ask("get secrets a x", "system:kube-scheduler")), "no-opinion");
  t.is(verdict(ask("delete deployments.apps a x", "system:kube-controller-manager")), "allow");
  t.is(verdict(ask("get /version", "anyone", ["system:unauthenticated"])), "allow");
  t.is(verdict(ask("get /apis/apps", "anyone", ["system:authenticated"])), "allow");
  t.is(verdict(ask("list pods a", "anyone", ["system:authenticated"])), "no-opinion");
  t.is(verdict(ask("get secrets a x", "system:node:n", ["system:nodes", "system:authenticated"])), "no-opinion");
});

test("nobody grants what he has not himself", (t) => {
  const { index } = setUp();
  index.setRole(clusterRole("some", [{ verbs: ["get", "list"], apiGroups: ["", "apps"], resources: ["pods", "*/scale"] }, { verbs: ["get"], nonResourceURLs: ["/apis/*"] }]));
  index.setBinding(clusterRoleBinding("b", "some", [subject("User", "ann")]));
  const ann = { name: "ann", groups: [] };
  t.deepEqual(missingRules(index, ann, "a", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["x"] }, { verbs: ["list"], apiGroups: ["apps"], resources: ["deployments/scale"] }, { verbs: ["get"], nonResourceURLs: ["/apis/apps"] }]), []);
  t.deepEqual(missingRules(index, ann, "a", [{ verbs: ["get", "delete"], apiGroups: [""], resources: ["pods"] }]), [{ verbs: ["delete"], apiGroups: [""], resources: ["pods"] }]);
  t.is(missingRules(index, ann, "a", [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]).length, 1);
  // A rule that multiplies to billions is not taken apart.
  const many = (prefix: string) => Array.from({ length: 5_000 }, (_, i) => prefix + i);
  const vast = { verbs: many("v"), apiGroups: many("g"), resources: many("r") };
  t.deepEqual(missingRules(index, ann, "a", [vast]), [vast]);
});

test("default roles: nobody's edit writes endpoints, and charts and joining nodes find the roles they bind", (t) => {
  const rulesOf = (name: string) => bootstrapPolicy.clusterRoles.find(({ metadata }) => metadata.name === name)?.rules ?? [];
  const writers = bootstrapPolicy.clusterRoles.filter(({ rules }) => rules?.some(({ verbs, resources }) => resources?.includes("endpoints") && verbs.includes("update")));
  t.deepEqual(writers.map(({ metadata }) => metadata.name), []);
  t.true(rulesOf("system:aggregate-to-view").some(({ resources }) => resources?.includes("resourceclaimtemplates")));
  t.true(rulesOf("system:node-proxier").some(({ resources }) => resources?.includes("servicecidrs")));
  t.deepEqual(rulesOf("system:certificates.k8s.io:kubelet-serving-approver"), [{ verbs: ["approve"], apiGroups: ["certificates.k8s.io"], resources: ["signers"], resourceNames: ["kubernetes.io/kubelet-serving"] }]);
  for (const name of ["node-bootstrapper", "node-problem-detector", "persistent-volume-provisioner", "volume-scheduler", "kube-dns", "kube-aggregator", "certificates.k8s.io:certificatesigningrequests:nodeclient"]) t.true(rulesOf(`system:${name}`).length > 0, name);
});
