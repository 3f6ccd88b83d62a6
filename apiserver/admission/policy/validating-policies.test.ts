import test from "ava";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

const API = "/apis/admissionregistration.k8s.io/v1";
let server: TestServer;
let admin: TestClient;
let count = 0;

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
});
test.after.always(async () => {
  admin?.close();
  await server?.stop();
});

interface Given {
  readonly policy?: object;
  readonly binding?: object;
  readonly validations?: object[];
}

/** A namespace in which ConfigMaps are under the policy; its name, and how to write into it. */
async function governed({ policy = {}, binding = {}, validations = [] }: Given) {
  const name = `vap-${count++}`;
  await admin.post("/api/v1/namespaces", { metadata: { name, labels: { team: "a" } } });
  const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE", "DELETE"], resources: ["configmaps"] };
  const made = await admin.post(`${API}/validatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: { resourceRules: [rule] }, validations, ...policy } });
  if (made.status !== 201) throw new Error(made.text);
  const bound = await admin.post(`${API}/validatingadmissionpolicybindings`, { metadata: { name }, spec: { policyName: name, validationActions: ["Deny"], matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }, ...binding } });
  if (bound.status !== 201) throw new Error(bound.text);
  const path = `/api/v1/namespaces/${name}/configmaps`;
  const create = async (map: string, more: object = {}, client = admin) => {
    const { status, body, headers } = await client.post(path, { metadata: { name: map, ...more }, data: { size: "3" } });
    return { status, message: body.message as string | undefined, reason: body.reason as string | undefined, warning: headers["warning"] };
  };
  return { name, path, create };
}

const text = (name: string, message: string, map = "a") => `configmaps "${map}" is forbidden: ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: ${message}`;

test("a broken rule refuses creation, change and deletion, in the policy's words", async (t) => {
  const { name, path, create } = await governed({ validations: [{ expression: "object == null ? false : object.metadata.name.size() < 3", messageExpression: "object == null ? 'kept' : object.metadata.name + ' is long'" }, { expression: "true", reason: "Forbidden" }] });
  t.deepEqual(await create("long"), { status: 422, message: text(name, "long is long", "long"), reason: "Invalid", warning: undefined });
  t.is((await create("a")).status, 201);
  t.is((await admin.delete(`${path}/a`)).body.message, text(name, "kept"));
  t.is((await admin.get(`${path}/a`)).status, 200);
});

test("other namespaces, resources and objects are not concerned; the reason names the code", async (t) => {
  const { name, path, create } = await governed({ validations: [{ expression: "false", message: "no", reason: "Forbidden" }], binding: { matchResources: { namespaceSelector: { matchLabels: { team: "a" } }, objectSelector: { matchLabels: { under: "rule" } } } }, policy: {} });
  t.is((await create("free")).status, 201);
  t.deepEqual(await create("a", { labels: { under: "rule" } }), { status: 403, message: text(name, "no"), reason: "Forbidden", warning: undefined });
  t.is((await admin.post(path.replace("configmaps", "secrets"), { metadata: { name: "a", labels: { under: "rule" } } })).status, 201);
  t.is((await admin.post("/api/v1/namespaces/default/configmaps", { metadata: { name: "a", labels: { under: "rule" } } })).status, 201);
});

test("a failing expression refuses, unless failures are to be ignored; an endless one is ended", async (t) => {
  const strict = await governed({ validations: [{ expression: "object.metadata.labels['x'] == 'y'" }] });
  t.is((await strict.create("a")).message, text(strict.name, "expression 'object.metadata.labels['x'] == 'y'' resulted in error: no such key: labels"));
  const lax = await governed({ validations: [{ expression: "object.metadata.labels['x'] == 'y'" }], policy: { failurePolicy: "Ignore" } });
  t.is((await lax.create("a")).status, 201);
  const list = `[${Array.from({ length: 40 }, (_, i) => i).join(",")}]`;
  const endless = await governed({ validations: [{ expression: `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))` }] });
  t.regex((await endless.create("a")).message ?? "", /denied request: (?:validation failed due to running out of cost budget|expression .* resulted in error: operation cancelled: actual cost limit exceeded)/);
});

test("conditions and variables: what a policy looks at, and what it computes once", async (t) => {
  const { name, create } = await governed({
    policy: { matchConditions: [{ name: "not-robots", expression: "!request.userInfo.username.startsWith('robot')" }], variables: [{ name: "size", expression: "int(object.data.size)" }, { name: "double", expression: "variables.size * 2" }] },
    validations: [{ expression: "variables.double < 6", messageExpression: "'double is ' + string(variables.double)" }],
  });
  t.is((await create("a")).message, text(name, "double is 6"));
  const robot = new TestClient(server, server.admin, { "impersonate-user": "robot-1", "impersonate-group": ["system:masters"] });
  t.is((await create("a", {}, robot)).status, 201);
  robot.close();
});

test("parameters: by name, by selector, and none", async (t) => {
  const policy = { paramKind: { apiVersion: "v1", kind: "ConfigMap" } };
  const validations = [{ expression: "int(object.data.size) <= int(params.data.most)", messageExpression: "'at most ' + params.data.most" }];
  await admin.post("/api/v1/namespaces/default/configmaps", { metadata: { name: "most", labels: { limit: "yes" } }, data: { most: "2" } });
  for (const paramRef of [{ name: "most", namespace: "default", parameterNotFoundAction: "Deny" }, { selector: { matchLabels: { limit: "yes" } }, namespace: "default", parameterNotFoundAction: "Deny" }]) {
    const { name, create } = await governed({ policy, validations, binding: { paramRef } });
    t.is((await create("a")).message, text(name, "at most 2"));
  }
  const deny = await governed({ policy, validations, binding: { paramRef: { name: "none", namespace: "default", parameterNotFoundAction: "Deny" } } });
  t.is((await deny.create("a")).message, text(deny.name, "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"));
  const allow = await governed({ policy, validations, binding: { paramRef: { name: "none", namespace: "default", parameterNotFoundAction: "Allow" } } });
  t.is((await allow.create("a")).status, 201);
  // Events are in no cache, and reviews are kept nowhere.
  for (const paramKind of [{ apiVersion: "v1", kind: "Event" }, { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }]) {
    const odd = await governed({ policy: { paramKind }, validations, binding: { paramRef: { name: "none", namespace: "default", parameterNotFoundAction: "Allow" } } });
    t.is((await odd.create("a")).message, text(odd.name, `failed to configure binding: paramKind kind \`${paramKind.apiVersion}, Kind=${paramKind.kind}\` not known`));
  }
});

test("the authorizer answers for the caller, for others and for the request itself", async (t) => {
  const { name, create } = await governed({ validations: [{ expression: "authorizer.group('').resource('secrets').namespace('kube-system').check('get').allowed() && !authorizer.serviceAccount('default', 'nobody').path('/metrics').check('get').allowed()", message: "not you" }, { expression: "authorizer.requestResource.check('create').allowed()" }] });
  t.is((await create("a")).status, 201);
  await admin.post(`/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings`, { metadata: { name: "edit" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" }, subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "bob" }] });
  const bob = new TestClient(server, server.admin, { "impersonate-user": "bob" });
  t.is((await create("b", {}, bob)).message, text(name, "not you", "b"));
  bob.close();
});

test("Warn tells in a header; a policy that goes is forgotten", async (t) => {
  const { name, create } = await governed({ validations: [{ expression: "false", message: "always" }], binding: { validationActions: ["Warn", "Audit"] } });
  const warned = await create("a");
  t.is(warned.status, 201);
  t.is(warned.warning, `299 - "Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${name}': always"`);
  await admin.delete(`${API}/validatingadmissionpolicies/${name}`);
  t.is((await create("b")).warning, undefined);
});

test("the body of a subresource's action is what a policy on that subresource sees", async (t) => {
  const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["serviceaccounts/token"] };
  const { name, path } = await governed({ policy: { matchConstraints: { resourceRules: [rule] } }, validations: [{ expression: "object.spec.expirationSeconds <= 600", messageExpression: "'too long: ' + string(object.spec.expirationSeconds) + ' for ' + request.subResource" }] });
  const accounts = path.replace("configmaps", "serviceaccounts");
  await admin.post(accounts, { metadata: { name: "robot" } });
  const refused = await admin.post(`${accounts}/robot/token`, { spec: {} });
  t.is(refused.body.message, `serviceaccounts "robot" is forbidden: ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: too long: 3600 for token`);
  t.is((await admin.post(`${accounts}/robot/token`, { spec: { expirationSeconds: 600 } })).status, 201);
});
