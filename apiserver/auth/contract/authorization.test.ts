import test from "ava";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";
import { TestClient } from "../../testing/test-client.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const ROLE_GROUP = "rbac.authorization.k8s.io";

let server: TestServer;
let admin: TestClient;
let counter = 0;

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
});

test.after.always(async () => {
  admin?.close();
  await server?.stop();
});

async function namespace(): Promise<{ name: string; path: string; rbac: string }> {
  const name = `rbac-${counter++}`;
  await admin.post("/api/v1/namespaces", { metadata: { name } });
  await admin.post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
  return { name, path: `/api/v1/namespaces/${name}`, rbac: `${RBAC}/namespaces/${name}` };
}

async function as(commonName: string, organizations: string[] = []): Promise<TestClient> {
  return new TestClient(server, await server.clientCertificate({ commonName, organizations }));
}

const binding = (name: string, kind: string, role: string, user: string) => ({ metadata: { name }, roleRef: { apiGroup: ROLE_GROUP, kind, name: role }, subjects: [{ kind: "User", apiGroup: ROLE_GROUP, name: user }] });

test("who has no role may do nothing but look at what is served", async (t) => {
  const { path } = await namespace();
  const ann = await as("ann");
  const refused = await ann.get(`${path}/secrets/x`);
  t.is(refused.status, 403);
  t.is(refused.body.message, `secrets "x" is forbidden: User "ann" cannot get resource "secrets" in API group "" in the namespace "${path.split("/").at(-1)}"`);
  t.is((await ann.post(`${path}/configmaps`, { metadata: { name: "a" } })).status, 403);
  t.is((await ann.get("/metrics")).body.message, 'forbidden: User "ann" cannot get path "/metrics"');
  for (const open of ["/api", "/apis", "/apis/apps/v1", "/openapi/v3", "/version"]) t.is((await ann.get(open)).status, 200, open);
  ann.close();
});

test("a role binding allows what its role says, where it lies, at once", async (t) => {
  const { path, rbac } = await namespace();
  const other = await namespace();
  const bob = await as("bob");
  await admin.post(`${rbac}/roles`, { metadata: { name: "r" }, rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "create"] }] });
  await admin.post(`${rbac}/rolebindings`, binding("b", "Role", "r", "bob"));
  t.is((await bob.post(`${path}/configmaps`, { metadata: { name: "a" } })).status, 201);
  t.is((await bob.get(`${path}/configmaps`)).status, 200);
  t.is((await bob.delete(`${path}/configmaps/a`)).status, 403);
  t.is((await bob.get(`${other.path}/configmaps`)).status, 403);
  t.is((await bob.get("/api/v1/configmaps")).status, 403);
  await admin.delete(`${rbac}/rolebindings/b`);
  t.is((await bob.get(`${path}/configmaps`)).status, 403);
  bob.close();
});

test("nobody grants what he has not", async (t) => {
  const { rbac } = await namespace();
  const eve = await as("eve");
  await admin.post(`${rbac}/roles`, { metadata: { name: "r" }, rules: [{ apiGroups: [ROLE_GROUP], resources: ["roles", "rolebindings"], verbs: ["create", "update", "patch", "get"] }] });
  await admin.post(`${rbac}/rolebindings`, binding("b", "Role", "r", "eve"));
  const created = await eve.post(`${rbac}/roles`, { metadata: { name: "more" }, rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }] });
  t.is(created.status, 403);
  t.regex(created.body.message, /is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get"\]\}/);
  t.is((await eve.patch(`${rbac}/roles/r`, { rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] })).status, 403);
  t.is((await eve.post(`${rbac}/rolebindings`, binding("b2", "ClusterRole", "cluster-admin", "eve"))).status, 403);
  t.is((await eve.post(`${rbac}/roles`, { metadata: { name: "same" }, rules: [{ apiGroups: [ROLE_GROUP], resources: ["roles"], verbs: ["get"] }] })).status, 201);
  eve.close();
});

test("nobody lets a role that he does not hold be gathered into his own", async (t) => {
  const mia = await as("mia");
  await admin.post(`${RBAC}/clusterroles`, { metadata: { name: "labels" }, rules: [{ apiGroups: [ROLE_GROUP], resources: ["clusterroles"], verbs: ["get", "update", "patch"] }] });
  await admin.post(`${RBAC}/clusterrolebindings`, binding("labels", "ClusterRole", "labels", "mia"));
  await admin.post(`${RBAC}/clusterroles`, { metadata: { name: "gathers" }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { gathered: "no" } }] } });
  const label = { metadata: { labels: { "rbac.authorization.k8s.io/aggregate-to-edit": "true" } } };
  const refused = await mia.patch(`${RBAC}/clusterroles/cluster-admin`, label);
  t.is(refused.status, 403);
  t.regex(refused.body.message, /is attempting to grant RBAC permissions not currently held/);
  t.is((await mia.patch(`${RBAC}/clusterroles/gathers`, label)).status, 403);
  t.is((await mia.patch(`${RBAC}/clusterroles/gathers`, { aggregationRule: null })).status, 403);
  // What he holds, and what only concerns deletion, he may write.
  t.is((await mia.patch(`${RBAC}/clusterroles/labels`, label)).status, 200);
  t.is((await mia.patch(`${RBAC}/clusterroles/cluster-admin`, { metadata: { finalizers: ["example.com/a"] } })).status, 200);
  await admin.patch(`${RBAC}/clusterroles/cluster-admin`, { metadata: { finalizers: null } });
  mia.close();
});

test("impersonation needs its own permission, and then is the other", async (t) => {
  const { path } = await namespace();
  const headers = { "impersonate-user": "zoe", "impersonate-group": ["team, with comma", "ops"] };
  const seen = await admin.get(`${path}/secrets`, { headers });
  t.is(seen.status, 403);
  t.regex(seen.body.message, /User "zoe"/);
  const carl = await as("carl");
  const refused = await carl.get(`${path}/secrets`, { headers: { "impersonate-user": "kubernetes-admin", "impersonate-group": "system:masters" } });
  t.is(refused.status, 403);
  t.regex(refused.body.message, /cannot impersonate resource "users"/);
  t.is((await admin.get(`${path}/secrets`, { headers: { "impersonate-group": "system:masters" } })).status, 400);
  t.is((await admin.get(`${path}/secrets`, { headers: { "impersonate-extra-__proto__": "x" } })).status, 400);
  t.is((await admin.get(`${path}/secrets`, { headers: { "impersonate-user": "zoe", "impersonate-extra-__proto__": "x" } })).status, 403);
  carl.close();
});

test("a node's agent reads what its pods refer to, and no more", async (t) => {
  const { name, path } = await namespace();
  const node = await as("system:node:n1", ["system:nodes"]);
  for (const secret of ["used", "unused"]) await admin.post(`${path}/secrets`, { metadata: { name: secret } });
  await admin.post(`${path}/configmaps`, { metadata: { name: "settings" } });
  const pod = (podName: string, nodeName: string) => ({ metadata: { name: podName }, spec: { nodeName, containers: [{ name: "c", image: "i", envFrom: [{ configMapRef: { name: "settings" } }], env: [{ name: "A", valueFrom: { secretKeyRef: { name: "used", key: "k" } } }] }] } });
  t.is((await node.get(`${path}/secrets/used`)).status, 403);
  await admin.post(`${path}/pods`, pod("mine", "n1"));
  await admin.post(`${path}/pods`, pod("theirs", "n2"));
  t.is((await node.get(`${path}/secrets/used`)).status, 200);
  t.is((await node.get(`${path}/configmaps/settings`)).status, 200);
  t.is((await node.get(`${path}/secrets/unused`)).body.message, `secrets "unused" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "${name}": no relationship found between node 'n1' and this object`);
  t.is((await node.get(`${path}/secrets`)).status, 403);
  t.is((await node.get(`${path}/pods/mine`)).status, 200);
  t.is((await node.get(`${path}/pods/theirs`)).status, 403);
  t.is((await node.get("/api/v1/pods")).status, 403);
  t.is((await node.get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1")).status, 200);
  t.is((await node.get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn2")).status, 403);
  await admin.delete(`${path}/pods/mine?gracePeriodSeconds=0`);
  t.is((await node.get(`${path}/secrets/used`)).status, 403);
  node.close();
});

test("a node's agent writes its own Node, Lease and pods' status only", async (t) => {
  const { path } = await namespace();
  const node = await as("system:node:w1", ["system:nodes"]);
  t.is((await node.post("/api/v1/nodes", { metadata: { name: "w1", labels: { "kubernetes.io/hostname": "w1" } } })).status, 201);
  t.is((await node.post("/api/v1/nodes", { metadata: { name: "w2" } })).status, 403);
  t.is((await node.patch("/api/v1/nodes/w1/status", { status: { conditions: [{ type: "Ready", status: "True" }] } })).status, 200);
  t.is((await node.patch("/api/v1/nodes/w1", { metadata: { labels: { "node-restriction.kubernetes.io/team": "x" } } })).status, 403);
  t.is((await node.patch("/api/v1/nodes/w1", { spec: { taints: [] } })).status, 403);
  t.is((await node.patch("/api/v1/nodes/w1", { metadata: { labels: { "example.com/zone": "x" } } })).status, 200);
  t.is((await node.delete("/api/v1/nodes/w1")).status, 403);
  const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  t.is((await node.post(leases, { metadata: { name: "w1" }, spec: { holderIdentity: "w1" } })).status, 201);
  t.is((await node.post(leases, { metadata: { name: "w2" } })).status, 403);
  const pod = (name: string, nodeName: string) => ({ metadata: { name }, spec: { nodeName, automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }] } });
  await admin.post(`${path}/pods`, pod("p", "w1"));
  await admin.post(`${path}/pods`, pod("q", "w2"));
  t.is((await node.patch(`${path}/pods/p/status`, { status: { phase: "Running" } })).status, 200);
  t.is((await node.patch(`${path}/pods/q/status`, { status: { phase: "Running" } })).status, 403);
  t.is((await node.patch(`${path}/pods/p`, { metadata: { labels: { a: "b" } } })).status, 403);
  t.is((await node.post(`${path}/pods`, pod("own", "w1"))).status, 403);
  t.is((await node.delete(`${path}/pods/q`)).status, 403);
  t.is((await node.delete(`${path}/pods/p?gracePeriodSeconds=0`)).status, 200);
  node.close();
});

test("a node's agent gets tokens for its pods, bound to them", async (t) => {
  const { path } = await namespace();
  const node = await as("system:node:t1", ["system:nodes"]);
  const ask = (spec: object) => node.post(`${path}/serviceaccounts/default/token`, { spec });
  t.is((await ask({})).status, 403);
  const { body: mine } = await admin.post(`${path}/pods`, { metadata: { name: "p" }, spec: { nodeName: "t1", containers: [{ name: "c", image: "i" }] } });
  const { body: other } = await admin.post(`${path}/pods`, { metadata: { name: "q" }, spec: { nodeName: "t2", containers: [{ name: "c", image: "i" }] } });
  const bound = (pod: { metadata: { name: string; uid: string } }) => ({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.metadata.name, uid: pod.metadata.uid } });
  t.is((await ask(bound(mine))).status, 201);
  t.is((await ask({})).status, 403);
  t.is((await ask(bound(other))).status, 403);
  t.is((await ask({ ...bound(mine), audiences: ["vault"] })).status, 403);
  node.close();
});

test("bootstrap roles are mended at start, unless they say to be left alone", async (t) => {
  const first = await startTestServer();
  const admin = new TestClient(first);
  await admin.patch(`${RBAC}/clusterroles/system:basic-user`, { rules: [] });
  await admin.patch(`${RBAC}/clusterroles/system:monitoring`, { rules: [], metadata: { annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } } });
  await admin.delete(`${RBAC}/clusterrolebindings/system:discovery`);
  const second = await startTestServer({ store: first.store, pki: first.pki });
  t.true((await admin.get(`${RBAC}/clusterroles/system:basic-user`)).body.rules.length > 0);
  t.falsy((await admin.get(`${RBAC}/clusterroles/system:monitoring`)).body.rules?.length);
  t.is((await admin.get(`${RBAC}/clusterrolebindings/system:discovery`)).status, 200);
  admin.close();
  await second.stop();
  await first.stop();
});
