import test from "ava";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

const API = "/apis/admissionregistration.k8s.io/v1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
let server: TestServer;
let admin: TestClient;
let ann: TestClient;

async function allow(name: string, rules: object[]): Promise<void> {
  await admin.post(`${RBAC}/clusterroles`, { metadata: { name }, rules });
  await admin.post(`${RBAC}/clusterrolebindings`, { metadata: { name }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name }, subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "ann" }] });
}

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
  ann = new TestClient(server, server.admin, { "impersonate-user": "ann" });
  await allow("policies", [{ apiGroups: ["admissionregistration.k8s.io"], resources: ["*"], verbs: ["*"] }]);
});
test.after.always(async () => {
  admin?.close();
  ann?.close();
  await server?.stop();
});

const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] };
const policy = (name: string, kind: string) => ({ metadata: { name }, spec: { paramKind: { apiVersion: "v1", kind }, matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "params.data == null" }] } });
const binding = (name: string, policyName: string, params: object) => ({ metadata: { name }, spec: { policyName, validationActions: ["Audit"], paramRef: { parameterNotFoundAction: "Allow", ...params } } });

test.serial("a policy names only parameters that its writer may read all of", async (t) => {
  const refused = await ann.post(`${API}/validatingadmissionpolicies`, policy("p", "Secret"));
  t.is(refused.status, 422);
  t.is(refused.body.message, 'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: spec.paramKind: Forbidden: user &{ann  [system:authenticated] map[]} must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)');
  t.is((await admin.post(`${API}/validatingadmissionpolicies`, policy("p", "Secret"))).status, 201);
  t.is((await ann.patch(`${API}/validatingadmissionpolicies/p`, { metadata: { labels: { a: "b" } } })).status, 200);
  await allow("maps", [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get"] }]);
  t.is((await ann.post(`${API}/validatingadmissionpolicies`, policy("maps", "ConfigMap"))).status, 201);
});

test.serial("a binding gives a policy only objects that its writer may read", async (t) => {
  await admin.post(`${API}/validatingadmissionpolicies`, policy("q", "Secret"));
  await allow("one", [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get"] }]);
  const path = `${API}/validatingadmissionpolicybindings`;
  const refused = await ann.post(path, binding("other", "q", { name: "other", namespace: "default" }));
  t.is(refused.body.message, 'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "other" is invalid: spec.paramRef: Forbidden: user &{ann  [system:authenticated] map[]} does not have "get" permission on the object referenced by paramRef');
  t.is((await ann.post(path, binding("all", "q", { selector: {} }))).status, 422);
  t.is((await ann.post(path, binding("mine", "q", { name: "mine", namespace: "default" }))).status, 201);
  t.is((await ann.patch(`${path}/mine`, { spec: { paramRef: { name: "other" } } })).status, 422);
  t.is((await admin.post(path, binding("other", "q", { name: "other", namespace: "default" }))).status, 201);
});
