import test from "ava";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";
import { TestClient } from "../../testing/test-client.ts";

let server: TestServer;
let client: TestClient;
let counter = 0;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
});

test.after.always(async () => {
  client?.close();
  await server?.stop();
});

/** A namespace of the test's own. */
async function namespace(): Promise<string> {
  const name = `crud-${counter++}`;
  const { status } = await client.post("/api/v1/namespaces", { metadata: { name } });
  if (status !== 201) throw new Error(`namespace ${name}: ${status}`);
  return `/api/v1/namespaces/${name}`;
}

const configMap = (name: string, more: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { k: "v" }, ...more });

test("what is created can be read, and its name is taken", async (t) => {
  const ns = await namespace();
  const created = await client.post(`${ns}/configmaps`, configMap("a"));
  t.is(created.status, 201);
  t.regex(created.body.metadata.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  t.regex(created.body.metadata.resourceVersion, /^\d+$/);
  const read = await client.get(`${ns}/configmaps/a`);
  t.is(read.status, 200);
  t.is(read.text, created.text);
  const again = await client.post(`${ns}/configmaps`, configMap("a"));
  t.is(again.status, 409);
  t.like(again.body, { kind: "Status", reason: "AlreadyExists", message: 'configmaps "a" already exists', details: { name: "a", kind: "configmaps" } });
});

test("the server sets uid, creation time and namespace itself", async (t) => {
  const ns = await namespace();
  const { body } = await client.post(`${ns}/configmaps`, configMap("a", { metadata: { name: "a", uid: "11111111-1111-1111-1111-111111111111", creationTimestamp: "2001-01-01T00:00:00Z", deletionTimestamp: "2001-01-01T00:00:00Z", selfLink: "/x" } }));
  t.not(body.metadata.uid, "11111111-1111-1111-1111-111111111111");
  t.not(body.metadata.creationTimestamp, "2001-01-01T00:00:00Z");
  t.is(body.metadata.deletionTimestamp, undefined);
  t.is(body.metadata.selfLink, undefined);
  const other = await client.post(`${ns}/configmaps`, { metadata: { name: "b", namespace: "elsewhere" } });
  t.is(other.status, 400);
});

test("a resourceVersion on a new object is refused, nothing is written", async (t) => {
  const ns = await namespace();
  const refused = await client.post(`${ns}/configmaps`, { metadata: { name: "a", resourceVersion: "5" } });
  t.is(refused.status, 500);
  t.is((await client.get(`${ns}/configmaps/a`)).status, 404);
});

test("generated names are unique and keep their beginning", async (t) => {
  const ns = await namespace();
  const names = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { status, body } = await client.post(`${ns}/configmaps`, { metadata: { generateName: "gen-" } });
    t.is(status, 201);
    t.regex(body.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    names.add(body.metadata.name);
  }
  t.is(names.size, 20);
});

test("an update of a stale version conflicts; one without a version wins", async (t) => {
  const ns = await namespace();
  const { body: first } = await client.post(`${ns}/configmaps`, configMap("a"));
  const { status, body: second } = await client.put(`${ns}/configmaps/a`, { ...first, data: { k: "2" } });
  t.is(status, 200);
  t.not(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const stale = await client.put(`${ns}/configmaps/a`, { ...first, data: { k: "3" } });
  t.is(stale.status, 409);
  t.is(stale.body.reason, "Conflict");
  t.is((await client.put(`${ns}/configmaps/a`, configMap("a", { data: { k: "4" } }))).status, 200);
  t.deepEqual((await client.get(`${ns}/configmaps/a`)).body.data, { k: "4" });
});

test("an update that changes nothing writes nothing", async (t) => {
  const ns = await namespace();
  const { body } = await client.post(`${ns}/configmaps`, configMap("a"));
  const same = await client.put(`${ns}/configmaps/a`, configMap("a"));
  t.is(same.body.metadata.resourceVersion, body.metadata.resourceVersion);
  const patched = await client.patch(`${ns}/configmaps/a`, { data: { k: "v" } });
  t.is(patched.body.metadata.resourceVersion, body.metadata.resourceVersion);
});

test("the URL's name and namespace must be the object's", async (t) => {
  const ns = await namespace();
  await client.post(`${ns}/configmaps`, configMap("a"));
  t.is((await client.put(`${ns}/configmaps/a`, configMap("b"))).body.message, "the name of the object (b) does not match the name on the URL (a)");
  t.is((await client.put(`${ns}/configmaps/a`, { metadata: {} })).body.message, "the name of the object (a based on URL) was undeterminable: name must be provided");
  t.is((await client.put(`${ns}/configmaps/a`, configMap("a", { metadata: { name: "a", uid: "11111111-1111-1111-1111-111111111111" } }))).status, 409);
});

test("100 racing patches all win, each once", async (t) => {
  const ns = await namespace();
  await client.post(`${ns}/configmaps`, configMap("a", { data: {} }));
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => client.patch(`${ns}/configmaps/a`, { data: { [`k${i}`]: String(i) } })));
  t.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
  t.is(new Set(answers.map((answer) => answer.body.metadata.resourceVersion)).size, 100);
  t.is(Object.keys((await client.get(`${ns}/configmaps/a`)).body.data).length, 100);
});

test("of 100 racing updates of one version exactly one wins", async (t) => {
  const ns = await namespace();
  const { body } = await client.post(`${ns}/configmaps`, configMap("a"));
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => client.put(`${ns}/configmaps/a`, { ...body, data: { winner: String(i) } })));
  const won = answers.filter((answer) => answer.status === 200);
  t.is(won.length, 1);
  t.true(answers.every((answer) => answer.status === 200 || answer.body.reason === "Conflict"));
  t.deepEqual((await client.get(`${ns}/configmaps/a`)).body.data, won[0]?.body.data);
});

test("dry runs answer as the real call and write nothing", async (t) => {
  const ns = await namespace();
  const created = await client.post(`${ns}/configmaps?dryRun=All`, configMap("a"));
  t.is(created.status, 201);
  t.is(created.body.metadata.resourceVersion, undefined);
  t.is((await client.get(`${ns}/configmaps/a`)).status, 404);
  const { body } = await client.post(`${ns}/configmaps`, configMap("a"));
  t.is((await client.post(`${ns}/configmaps?dryRun=All`, configMap("a"))).status, 409);
  t.deepEqual((await client.patch(`${ns}/configmaps/a?dryRun=All`, { data: { k: "2" } })).body.data, { k: "2" });
  t.is((await client.delete(`${ns}/configmaps/a?dryRun=All`)).status, 200);
  const read = await client.get(`${ns}/configmaps/a`);
  t.is(read.body.metadata.resourceVersion, body.metadata.resourceVersion);
  t.is((await client.post(`${ns}/configmaps?dryRun=Some`, configMap("b"))).status, 422);
});

test("finalizers hold a deleted object until they are gone", async (t) => {
  const ns = await namespace();
  await client.post(`${ns}/configmaps`, configMap("a", { metadata: { name: "a", finalizers: ["a.com/b"] } }));
  const deleted = await client.delete(`${ns}/configmaps/a`);
  t.is(deleted.body.metadata.deletionGracePeriodSeconds, 0);
  t.truthy(deleted.body.metadata.deletionTimestamp);
  t.is((await client.post(`${ns}/configmaps`, configMap("a"))).body.message, 'object is being deleted: configmaps "a" already exists');
  t.is((await client.patch(`${ns}/configmaps/a`, { metadata: { finalizers: ["a.com/b", "c.com/d"] } })).status, 422);
  t.is((await client.get(`${ns}/configmaps/a`)).status, 200);
  t.is((await client.patch(`${ns}/configmaps/a`, { metadata: { finalizers: null } })).status, 200);
  t.is((await client.get(`${ns}/configmaps/a`)).status, 404);
});

test("propagation policies leave their finalizers", async (t) => {
  const ns = await namespace();
  for (const [name, policy, finalizer] of [["f", "Foreground", "foregroundDeletion"], ["o", "Orphan", "orphan"]]) {
    await client.post(`${ns}/configmaps`, configMap(name!));
    const { body } = await client.delete(`${ns}/configmaps/${name}`, { propagationPolicy: policy });
    t.deepEqual(body.metadata.finalizers, [finalizer]);
  }
  await client.post(`${ns}/configmaps`, configMap("b"));
  t.is((await client.delete(`${ns}/configmaps/b?propagationPolicy=Background`)).body.status, "Success");
  t.is((await client.delete(`${ns}/configmaps/b?propagationPolicy=Nonsense`)).status, 422);
});

test("preconditions of a deletion are compared", async (t) => {
  const ns = await namespace();
  const { body } = await client.post(`${ns}/configmaps`, configMap("a"));
  t.is((await client.delete(`${ns}/configmaps/a`, { preconditions: { uid: "11111111-1111-1111-1111-111111111111" } })).status, 409);
  t.is((await client.delete(`${ns}/configmaps/a`, { preconditions: { resourceVersion: "1" } })).status, 409);
  t.is((await client.delete(`${ns}/configmaps/a`, { preconditions: { uid: body.metadata.uid, resourceVersion: body.metadata.resourceVersion } })).status, 200);
});

test("preconditions stand in the query too, for one object and for each of a collection", async (t) => {
  const ns = await namespace();
  const { metadata } = (await client.post(`${ns}/configmaps`, configMap("a"))).body;
  t.is((await client.delete(`${ns}/configmaps/a?uid=11111111-1111-1111-1111-111111111111`)).status, 409);
  t.is((await client.delete(`${ns}/configmaps/a?resourceVersion=1`)).status, 409);
  t.is((await client.delete(`${ns}/configmaps?resourceVersion=0`)).status, 409);
  t.is((await client.delete(`${ns}/configmaps/a?resourceVersion=0`, { kind: "DeleteOptions", apiVersion: "v1", dryRun: ["All"] })).status, 200, "a body replaces the query");
  t.is((await client.delete(`${ns}/configmaps/a?uid=${metadata.uid}&resourceVersion=${metadata.resourceVersion}`)).status, 200);
});

test("deletecollection deletes what is selected and answers it", async (t) => {
  const ns = await namespace();
  for (const [name, g] of [["a", "1"], ["b", "1"], ["c", "2"]]) await client.post(`${ns}/configmaps`, configMap(name!, { metadata: { name, labels: { g } } }));
  const { body } = await client.delete(`${ns}/configmaps?labelSelector=g%3D1`);
  t.deepEqual(body.items.map((item: { metadata: { name: string } }) => item.metadata.name), ["a", "b"]);
  t.deepEqual((await client.get(`${ns}/configmaps`)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name), ["c"]);
});

test("a namespace that is not there, or goes, takes nothing new", async (t) => {
  t.like((await client.post("/api/v1/namespaces/nowhere/configmaps", configMap("a"))).body, { code: 404, message: 'namespaces "nowhere" not found' });
  const ns = await namespace();
  const deleted = await client.delete(ns);
  t.is(deleted.body.status.phase, "Terminating");
  const refused = await client.post(`${ns}/configmaps`, configMap("a"));
  t.is(refused.status, 403);
  t.is(refused.body.details.causes[0].reason, "NamespaceTerminating");
  await client.put(`${ns}/finalize`, { apiVersion: "v1", kind: "Namespace", metadata: { name: ns.split("/").at(-1) }, spec: {} });
  t.is((await client.get(ns)).status, 404);
  t.is((await client.delete("/api/v1/namespaces/default")).status, 403);
});

test("pods go gracefully from a node, at once without one", async (t) => {
  const ns = await namespace();
  await client.post(`${ns}/serviceaccounts`, { metadata: { name: "default" } });
  const pod = (name: string, nodeName?: string) => ({ metadata: { name }, spec: { automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }], ...(nodeName === undefined ? {} : { nodeName }) } });
  t.is((await client.post(`${ns}/pods`, pod("p", "n1"))).status, 201);
  const first = await client.delete(`${ns}/pods/p`);
  t.is(first.body.metadata.deletionGracePeriodSeconds, 30);
  t.is(first.body.metadata.generation, 2);
  t.is((await client.delete(`${ns}/pods/p?gracePeriodSeconds=5`)).body.metadata.deletionGracePeriodSeconds, 5);
  t.is((await client.delete(`${ns}/pods/p?gracePeriodSeconds=50`)).body.metadata.deletionGracePeriodSeconds, 5);
  t.is((await client.delete(`${ns}/pods/p?gracePeriodSeconds=0`)).status, 200);
  t.is((await client.get(`${ns}/pods/p`)).status, 404);
  await client.post(`${ns}/pods`, pod("q"));
  t.is((await client.delete(`${ns}/pods/q`)).status, 200);
  t.is((await client.get(`${ns}/pods/q`)).status, 404);
});

test("Events made in one group are read in the other", async (t) => {
  const ns = await namespace();
  const name = ns.split("/").at(-1)!;
  const regarding = { kind: "Pod", namespace: name, name: "p" };
  const { status } = await client.post(`/apis/events.k8s.io/v1/namespaces/${name}/events`, { metadata: { name: "e", namespace: name }, regarding, reason: "Tested", note: "seen", type: "Normal", action: "Test", eventTime: "2026-01-01T00:00:00.000000Z", reportingController: "t.com/t", reportingInstance: "t" });
  t.is(status, 201);
  const core = await client.get(`${ns}/events/e`);
  t.like(core.body, { apiVersion: "v1", involvedObject: regarding, message: "seen" });
  t.is((await client.get(`/apis/events.k8s.io/v1/namespaces/${name}/events/e`)).body.note, "seen");
  t.is((await client.get(`${ns}/events?fieldSelector=involvedObject.name%3Dp`)).body.items.length, 1);
  t.is((await client.get(`${ns}/events?fieldSelector=involvedObject.name%3Dq`)).body.items.length, 0);
});

test("the version begins with major and minor, indented", async (t) => {
  const { text, body } = await client.get("/version");
  t.true(text.startsWith('{\n  "major": "1",\n  "minor": "36",\n  "emulationMajor"'), text);
  t.is(text, JSON.stringify(body, null, 2));
});

test("methods and paths that are none are refused", async (t) => {
  const ns = await namespace();
  t.is((await client.put(`${ns}/configmaps`, configMap("a"))).status, 405);
  t.is((await client.call("OPTIONS", `${ns}/configmaps`)).status, 405);
  t.is((await client.get(`${ns}/nonsense`)).body.reason, "NotFound");
  t.is((await client.get("/apis/nonsense.example.com/v1/things")).text, "404 page not found\n");
  t.is((await client.get(`${ns}/configmaps/..`)).status, 400);
  t.is((await client.get(`${ns}/configmaps/%2e%2e`)).status, 400);
  t.is((await client.get(`${ns}/configmaps/a%2fb`)).status, 404);
});
