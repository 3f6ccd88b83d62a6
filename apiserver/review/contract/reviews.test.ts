import test, { type ExecutionContext } from "ava";
import { decodeMessage, encodeProtobuf, openEnvelope } from "../../../api/codec/protobuf.ts";
import { startServerOn, STORES } from "../../testing/both-stores.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import type { TestServer } from "../../testing/test-server.ts";

const AUTHORIZATION = "/apis/authorization.k8s.io/v1";
const AUTHENTICATION = "/apis/authentication.k8s.io/v1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

interface Place {
  readonly server: TestServer;
  readonly admin: TestClient;
  /** Acts as somebody else. */
  as(user: string, groups?: string[]): TestClient;
}

for (const store of STORES) {
  let place: Place;
  const clients: TestClient[] = [];

  test.before(async () => {
    const server = await startServerOn(store);
    const client = (headers: Record<string, string | string[]> = {}) => {
      const made = new TestClient(server, server.admin, headers);
      clients.push(made);
      return made;
    };
    place = { server, admin: client(), as: (user, groups = []) => client({ "impersonate-user": user, ...(groups.length === 0 ? {} : { "impersonate-group": groups }) }) };
    await place.admin.post("/api/v1/namespaces", { metadata: { name: "team" } });
    await place.admin.post(`${RBAC}/namespaces/team/roles`, { metadata: { name: "reader" }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }, { apiGroups: [""], resources: ["secrets"], resourceNames: ["a"], verbs: ["get"] }] });
    await place.admin.post(`${RBAC}/namespaces/team/rolebindings`, { metadata: { name: "bob" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" }, subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "bob" }] });
  });

  test.after.always(async () => {
    for (const client of clients) client.close();
    await place?.server.stop();
  });

  const suite = (title: string, run: (t: ExecutionContext, place: Place) => Promise<void>) => test(`${store}: ${title}`, (t) => run(t, place));
  const ask = async (client: TestClient, spec: object, kind = "subjectaccessreviews"): Promise<Json> => (await client.post(`${AUTHORIZATION}/${kind}`, { spec })).body;

  suite("SubjectAccessReview is decided as a request would be, with the reason", async (t, { admin }) => {
    const about = { namespace: "team", verb: "list", resource: "pods" };
    t.deepEqual((await ask(admin, { user: "bob", resourceAttributes: about })).status, { allowed: true, reason: 'RBAC: allowed by RoleBinding "bob/team" of Role "reader" to User "bob"' });
    t.deepEqual((await ask(admin, { user: "bob", resourceAttributes: { ...about, namespace: "other" } })).status, { allowed: false });
    t.deepEqual((await ask(admin, { user: "bob", resourceAttributes: { ...about, verb: "get", resource: "secrets", name: "a" } })).status.allowed, true);
    t.deepEqual((await ask(admin, { user: "bob", resourceAttributes: { ...about, verb: "get", resource: "secrets", name: "b" } })).status, { allowed: false });
    t.deepEqual((await ask(admin, { user: "x", groups: ["system:masters"], resourceAttributes: { verb: "*", resource: "*", group: "*" } })).status, { allowed: true });
    t.true((await ask(admin, { user: "x", groups: ["system:authenticated"], nonResourceAttributes: { path: "/healthz", verb: "get" } })).status.allowed);
  });

  suite("a node may list only its own pods: selectors count", async (t, { admin }) => {
    const node = { user: "system:node:n1", groups: ["system:nodes"] };
    const list = { verb: "list", resource: "pods" };
    const of = async (name: string) => (await ask(admin, { ...node, resourceAttributes: { ...list, fieldSelector: { requirements: [{ key: "spec.nodeName", operator: "In", values: [name] }] } } })).status.allowed;
    t.true(await of("n1"));
    t.false(await of("n2"));
    t.true((await ask(admin, { ...node, resourceAttributes: { ...list, fieldSelector: { rawSelector: "spec.nodeName=n1" } } })).status.allowed);
    t.false((await ask(admin, { ...node, resourceAttributes: list })).status.allowed);
  });

  suite("reviews are validated as Kubernetes does", async (t, { admin }) => {
    const refused: [string, object, string][] = [
      ["subjectaccessreviews", { user: "bob" }, "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"],
      ["subjectaccessreviews", { resourceAttributes: {} }, 'spec.user: Invalid value: "": at least one of user or group must be specified'],
      ["subjectaccessreviews", { user: "b", resourceAttributes: {}, nonResourceAttributes: { path: "/<a>", verb: "get" } }, 'spec.nonResourceAttributes: Invalid value: {"Path":"/\\u003ca\\u003e","Verb":"get"}: cannot be specified in combination with resourceAttributes'],
      ["subjectaccessreviews", { user: "b", resourceAttributes: { fieldSelector: {} } }, "spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required"],
      ["subjectaccessreviews", { user: "b", resourceAttributes: { fieldSelector: { rawSelector: "a=b", requirements: [{ key: "a", operator: "Exists" }] } } }, 'spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements'],
      ["subjectaccessreviews", { user: "b", resourceAttributes: { fieldSelector: { requirements: [{ operator: "In", key: "a" }] } } }, "spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
      ["subjectaccessreviews", { user: "b", resourceAttributes: { labelSelector: { requirements: [{ key: "a", operator: "Exists", values: ["x"] }] } } }, "spec.resourceAttributes.labelSelector.requirements[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"],
      ["selfsubjectaccessreviews", {}, "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"],
      ["namespaces/team/localsubjectaccessreviews", { user: "b", resourceAttributes: { namespace: "other" } }, 'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace'],
      ["namespaces/team/localsubjectaccessreviews", { user: "b", nonResourceAttributes: { path: "/", verb: "get" } }, 'spec.nonResourceAttributes: Invalid value: {"Path":"/","Verb":"get"}: disallowed on this kind of request'],
    ];
    for (const [kind, spec, message] of refused) {
      const { status, body } = await admin.post(`${AUTHORIZATION}/${kind}`, { spec });
      t.is(status, 422, message);
      t.is(body.message, `.authorization.k8s.io "" is invalid: ${message}`);
      t.deepEqual(body.details.group, "authorization.k8s.io");
    }
    const { body } = await admin.post(`${AUTHORIZATION}/selfsubjectaccessreviews?fieldManager=me`, { metadata: { labels: { a: "b" } }, spec: { resourceAttributes: { verb: "get" } } });
    t.regex(body.message, /metadata: Invalid value: \{"labels":\{"a":"b"\},"managedFields":\[\{"manager":"me","operation":"Update",.*\}\]\}: must be empty$/);
  });

  suite("unknown fields are warned of, or refused where that is asked; a dry run answers alike", async (t, { admin }) => {
    const review = { spec: { user: "bob", resourceAttributes: { verb: "get", resource: "pods" }, colour: "red" } };
    t.regex(String((await admin.post(`${AUTHORIZATION}/subjectaccessreviews`, review)).headers["warning"]), /unknown field \\?"spec.colour/);
    t.is((await admin.post(`${AUTHORIZATION}/subjectaccessreviews?fieldValidation=Strict`, review)).status, 400);
    const dry = await admin.post(`${AUTHORIZATION}/subjectaccessreviews?dryRun=All`, { spec: { user: "bob", resourceAttributes: { namespace: "team", verb: "list", resource: "pods" } } });
    t.is(dry.status, 201);
    t.true(dry.body.status.allowed);
    t.is((await admin.get(`${AUTHORIZATION}/subjectaccessreviews`)).status, 405);
    t.is((await admin.post(`${AUTHORIZATION}/selfsubjectaccessreviews`, review, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" })).status, 406);
  });

  suite("who may create which review", async (t, { as }) => {
    const spec = { user: "bob", resourceAttributes: { namespace: "team", verb: "get", resource: "pods" } };
    const bob = as("bob");
    t.is((await bob.post(`${AUTHORIZATION}/subjectaccessreviews`, { spec })).status, 403);
    t.is((await bob.post(`${AUTHORIZATION}/namespaces/team/localsubjectaccessreviews`, { spec })).status, 403);
    t.is((await bob.post(`${AUTHENTICATION}/tokenreviews`, { spec: { token: "x" } })).status, 403);
    t.is((await bob.post(`${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: { resourceAttributes: spec.resourceAttributes } })).status, 201);
    t.is((await bob.post(`${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace: "team" } })).status, 201);
    t.is((await bob.post(`${AUTHENTICATION}/selfsubjectreviews`, {})).status, 201);
  });

  suite("SelfSubjectRulesReview tells the rules of a namespace, and where they are not all", async (t, { as }) => {
    const bob = (await as("bob").post(`${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace: "team" } })).body;
    t.deepEqual(bob.spec, {});
    t.false(bob.status.incomplete);
    t.true(bob.status.resourceRules.some((rule: Json) => rule.resources[0] === "secrets" && rule.resourceNames[0] === "a"));
    t.true(bob.status.nonResourceRules.some((rule: Json) => rule.nonResourceURLs.includes("/healthz")));
    const node = (await as("system:node:n1", ["system:nodes"]).post(`${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace: "team" } })).body;
    t.true(node.status.incomplete);
    t.is(node.status.evaluationError, "node authorizer does not support user rule resolution");
    const missing = await as("bob").post(`${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: {} });
    t.is(missing.status, 400);
    t.is(missing.body.message, "no namespace on request");
  });

  suite("SelfSubjectReview says who one is, impersonated or not", async (t, { admin, as }) => {
    t.like((await admin.post(`${AUTHENTICATION}/selfsubjectreviews`, {})).body.status.userInfo, { username: "admin", uid: "1", groups: ["system:masters", "system:authenticated"] });
    t.deepEqual((await as("bob", ["a", "b"]).post(`${AUTHENTICATION}/selfsubjectreviews`, {})).body.status.userInfo, { username: "bob", groups: ["a", "b", "system:authenticated"] });
    const nameless = await admin.post(`${AUTHENTICATION}/selfsubjectreviews`, {}, { headers: { "impersonate-group": "a" } });
    t.is(nameless.status, 400);
    t.is(nameless.body.message, 'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"a"}, Extra:map[string][]string(nil)} without impersonating a user name');
  });

  suite("TokenReview knows tokens of any audience, until their account is gone", async (t, { admin }) => {
    const accounts = "/api/v1/namespaces/team/serviceaccounts";
    await admin.post(accounts, { metadata: { name: "robot" } });
    const token = async (audiences: string[]) => (await admin.post(`${accounts}/robot/token`, { spec: { audiences } })).body.status.token as string;
    const review = async (spec: object) => (await admin.post(`${AUTHENTICATION}/tokenreviews`, { spec })).body.status;
    const [ours, theirs] = [await token([]), await token(["vault", "other"])];
    const own = await review({ token: ours });
    t.like(own, { authenticated: true, audiences: ["https://kubernetes.default.svc"] });
    t.is(own.user.username, "system:serviceaccount:team:robot");
    t.true(own.user.groups.includes("system:serviceaccounts:team"));
    t.regex(own.user.extra["authentication.kubernetes.io/credential-id"][0], /^JTI=/);
    t.deepEqual((await review({ token: theirs, audiences: ["x", "vault"] })).audiences, ["vault"]);
    t.deepEqual(await review({ token: theirs }), { user: {}, error: "invalid bearer token" });
    t.deepEqual(await review({ token: ours, audiences: ["vault"] }), { user: {}, error: "invalid bearer token" });
    t.is((await admin.post(`${AUTHENTICATION}/tokenreviews`, { spec: {} })).body.message, "token is required for TokenReview in authentication");
    await admin.delete(`${accounts}/robot`);
    t.deepEqual(await review({ token: ours }), { user: {}, error: "invalid bearer token" });
  });

  suite("typed clients speak protobuf", async (t, { admin }) => {
    const definition = "io.k8s.api.authorization.v1.SubjectAccessReview";
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", metadata: {}, spec: { user: "bob", resourceAttributes: { namespace: "team", verb: "list", resource: "pods" } } };
    const type = "application/vnd.kubernetes.protobuf";
    const answer = await admin.open("POST", `${AUTHORIZATION}/subjectaccessreviews`, { body: Buffer.from(encodeProtobuf(definition, review)), type, accept: type });
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const envelope = openEnvelope(Buffer.concat(chunks));
    t.is(answer.statusCode, 201);
    t.like(decodeMessage(definition, envelope.message), { status: { allowed: true } } as never);
  });
}
