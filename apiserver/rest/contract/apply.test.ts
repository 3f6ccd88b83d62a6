import test from "ava";
import { type ServersOn, STORES, startServersOn } from "../../testing/both-stores.ts";
import { type Json, TestClient, type TestResponse } from "../../testing/test-client.ts";

const APPLY = "application/apply-patch+yaml";

for (const kind of STORES) {
  let servers: ServersOn;
  let client: TestClient;
  let counter = 0;

  test.serial.before(`${kind}: start`, async () => {
    servers = await startServersOn(kind);
    client = new TestClient(servers.server);
  });

  test.after.always(`${kind}: stop`, async () => {
    client?.close();
    await servers?.stop();
  });

  const namespace = async (): Promise<string> => {
    const name = `ssa-${counter++}`;
    await client.post("/api/v1/namespaces", { metadata: { name } });
    return name;
  };

  /** A caller with these verbs on ConfigMaps and Leases of a namespace, and no others. */
  const callerWith = async (ns: string, verbs: string[]): Promise<TestClient> => {
    const user = `user-${counter++}`;
    await client.post(`/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/roles`, { metadata: { name: user }, rules: [{ apiGroups: ["", "coordination.k8s.io"], resources: ["configmaps", "leases"], verbs }] });
    await client.post(`/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/rolebindings`, { metadata: { name: user }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user }, subjects: [{ kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io" }] });
    return new TestClient(servers.server, await servers.server.clientCertificate({ commonName: user }));
  };

  test.serial(`${kind}: apply creates, a second time changes nothing, and what is no longer said goes`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a?fieldManager=m1`;
    const made = await client.patch(path, configMap({ data: { k: "v", l: "w" } }), APPLY);
    t.is(made.status, 201);
    t.deepEqual(managers(made.body), [["m1", "Apply", "v1", { "f:data": { "f:k": {}, "f:l": {} } }]]);
    const again = await client.patch(path, configMap({ data: { k: "v", l: "w" } }), APPLY);
    t.is(again.status, 200);
    t.is(again.text, made.text);
    const less = await client.patch(path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {l: x}\n", APPLY);
    t.deepEqual(less.body.data, { l: "x" });
    t.not(less.body.metadata.resourceVersion, made.body.metadata.resourceVersion);
  });

  test.serial(`${kind}: a field of another manager is a conflict by name, until it is forced`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a`;
    await client.patch(`${path}?fieldManager=m1`, configMap({ data: { k: "v" } }), APPLY);
    await client.patch(`${path}?fieldManager=editor`, { data: { l: "1" } });
    const refused = await client.patch(`${path}?fieldManager=m2`, configMap({ data: { k: "w", l: "2" } }), APPLY);
    t.is(refused.status, 409);
    t.is(refused.body.message, 'Apply failed with 2 conflicts: conflicts with "editor" using v1:\n- .data.l\nconflicts with "m1":\n- .data.k');
    t.deepEqual(refused.body.details.causes, [
      { reason: "FieldManagerConflict", message: 'conflict with "editor" using v1', field: ".data.l" },
      { reason: "FieldManagerConflict", message: 'conflict with "m1"', field: ".data.k" },
    ]);
    t.deepEqual((await client.get(path)).body.data, { k: "v", l: "1" });
    const forced = await client.patch(`${path}?fieldManager=m2&force=true`, configMap({ data: { k: "w", l: "2" } }), APPLY);
    t.deepEqual(forced.body.data, { k: "w", l: "2" });
    t.deepEqual(managers(forced.body), [["m2", "Apply", "v1", { "f:data": { "f:k": {}, "f:l": {} } }]]);
  });

  test.serial(`${kind}: what a request must and must not say`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a`;
    const ask = async (query: string, type = APPLY, body: unknown = configMap({})): Promise<unknown[]> => short(await client.patch(`${path}?${query}`, body, type));
    t.deepEqual(await ask(""), [422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch']);
    t.deepEqual(await ask("fieldManager=m&force=true", "application/merge-patch+json"), [422, 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch']);
    t.deepEqual(await ask("fieldManager=m", "application/apply-patch+cbor"), [415, "415: Unsupported Media Type"]);
    t.deepEqual(await ask("fieldManager=m", APPLY, { ...configMap({}), kind: "Secret" }), [400, "invalid object type: /v1, Kind=Secret"]);
    t.deepEqual(await ask("fieldManager=m", APPLY, configMap({ metadata: { name: "b" } })), [400, "the name of the object (b) does not match the name on the URL (a)"]);
    t.deepEqual(await ask("fieldManager=m", APPLY, configMap({ metadata: { name: "a", managedFields: [{}] } })), [400, "metadata.managedFields must be nil"]);
    t.is((await ask("fieldManager=m", APPLY, configMap({ bogus: 1 })))[0], 500);
    t.is((await client.get(path)).status, 404);
  });

  test.serial(`${kind}: keys that stand twice are warned of, or refused`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a?fieldManager=m`;
    const twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: '1'\n  k: '2'\n";
    const refused = await client.patch(`${path}&fieldValidation=Strict`, twice, APPLY);
    t.deepEqual(short(refused), [400, 'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key "k" already set in map']);
    const made = await client.patch(path, twice, APPLY);
    t.is(made.status, 201);
    t.regex(String(made.headers.warning), /already set in map/);
  });

  test.serial(`${kind}: a dry run shows what would be`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a`;
    const shown = await client.patch(`${path}?fieldManager=m&dryRun=All`, configMap({ data: { k: "v" } }), APPLY);
    t.is(shown.status, 201);
    t.deepEqual(managers(shown.body), [["m", "Apply", "v1", { "f:data": { "f:k": {} } }]]);
    t.is((await client.get(path)).status, 404);
  });

  test.serial(`${kind}: who may not create does not create by apply, nor by PUT`, async (t) => {
    const ns = await namespace();
    const [maps, leases] = [`/api/v1/namespaces/${ns}/configmaps`, `/apis/coordination.k8s.io/v1/namespaces/${ns}/leases`];
    const changer = await callerWith(ns, ["get", "patch", "update"]);
    const maker = await callerWith(ns, ["create", "patch", "update"]);
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec: { holderIdentity: "h" } };
    const refusals = [await changer.patch(`${maps}/a?fieldManager=m`, configMap({}), APPLY), await changer.patch(`${maps}/a?fieldManager=m&dryRun=All`, configMap({}), APPLY), await changer.put(`${leases}/l`, lease)];
    for (const refused of refusals) {
      t.is(refused.status, 403);
      t.regex(refused.body.message, /cannot create resource "(configmaps|leases)"/);
    }
    t.is((await client.get(`${maps}/a`)).status, 404);
    t.is((await client.get(`${leases}/l`)).status, 404);
    t.is((await maker.patch(`${maps}/a?fieldManager=m`, configMap({}), APPLY)).status, 201);
    const made = await maker.put(`${leases}/l`, lease);
    t.is(made.status, 201);
    t.is((await changer.patch(`${maps}/a?fieldManager=m`, configMap({ data: { k: "v" } }), APPLY)).status, 200);
    t.is((await changer.put(`${leases}/l`, made.body)).status, 200);
    changer.close();
    maker.close();
  });

  test.serial(`${kind}: uid and resourceVersion of a configuration are preconditions`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a?fieldManager=m`;
    const named = (more: object) => configMap({ metadata: { name: "a", ...more }, data: { k: "v" } });
    const gone = await client.patch(path, named({ uid: "11111111-1111-1111-1111-111111111111" }), APPLY);
    t.deepEqual(short(gone), [409, 'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid 11111111-1111-1111-1111-111111111111, and no existing object was found']);
    const nameless = await client.patch(path, configMap({ metadata: { uid: "1" } }), APPLY);
    t.deepEqual(short(nameless), [409, 'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid 1, and no existing object was found']);
    const made = await client.patch(path, named({}), APPLY);
    const { uid, resourceVersion } = made.body.metadata;
    t.is((await client.patch(path, configMap({ metadata: { name: "a", uid, resourceVersion }, data: { k: "w" } }), APPLY)).status, 200);
    t.is((await client.patch(path, named({ resourceVersion }), APPLY)).status, 409);
  });

  test.serial(`${kind}: many apply at once, and each has his part`, async (t) => {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps/a`;
    const names = Array.from({ length: 30 }, (_, i) => `m${i}`);
    const answers = await Promise.all(names.map((name) => client.patch(`${path}?fieldManager=${name}`, configMap({ data: { [name]: "v" } }), APPLY)));
    t.deepEqual(answers.map(({ status }) => status).sort(), [...Array<number>(29).fill(200), 201]);
    const { body } = await client.get(path);
    t.deepEqual(Object.keys(body.data).sort(), [...names].sort());
    t.deepEqual(managers(body).sort(), names.map((name) => [name, "Apply", "v1", { "f:data": { [`f:${name}`]: {} } }]).sort());
  });

  test.serial(`${kind}: kubectl's client-side apply is taken over`, async (t) => {
    const maps = `/api/v1/namespaces/${await namespace()}/configmaps`;
    const last = "kubectl.kubernetes.io/last-applied-configuration";
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "v" } };
    await client.post(`${maps}?fieldManager=kubectl-client-side-apply`, { ...config, metadata: { name: "a", annotations: { [last]: `${JSON.stringify(config)}\n` } } });
    const other = await client.patch(`${maps}/a?fieldManager=other`, { ...config, data: { k: "w" } }, APPLY);
    t.is(other.status, 409);
    const taken = await client.patch(`${maps}/a?fieldManager=kubectl`, { ...config, data: { k: "w" } }, APPLY);
    t.is(taken.status, 200);
    t.deepEqual(taken.body.data, { k: "w" });
    t.like(JSON.parse(taken.body.metadata.annotations[last]), { data: { k: "w" } });
  });
}

function configMap(more: Record<string, unknown>): Record<string, unknown> {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, ...more };
}

function managers(object: Json): unknown[] {
  return (object.metadata.managedFields ?? []).map((entry: Json) => [entry.manager, entry.operation, entry.apiVersion, entry.fieldsV1]);
}

function short({ status, body }: TestResponse): unknown[] {
  return [status, body.message];
}
