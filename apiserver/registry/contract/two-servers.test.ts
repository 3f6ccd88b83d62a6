import test from "ava";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";

let one: TestServer;
let two: TestServer;
let first: TestClient;
let second: TestClient;

test.before(async () => {
  one = await startTestServer({ serviceClusterIPRange: "10.96.0.0/28" });
  two = await startTestServer({ store: one.store, pki: one.pki, serviceClusterIPRange: "10.96.0.0/28" });
  first = new TestClient(one);
  second = new TestClient(two, one.admin);
});

test.after.always(async () => {
  first?.close();
  second?.close();
  await two?.stop();
  await one?.stop();
});

const BASE = "/api/v1/namespaces/default";
const shape = (events: Json[]): string[] => events.map((event) => `${event.type} ${event.object.metadata.name}`);

test("what one server acknowledged the other shows at once", async (t) => {
  for (let i = 0; i < 50; i++) {
    const { body } = await first.post(`${BASE}/configmaps`, { metadata: { name: `fresh-${i}` } });
    const read = await second.get(`${BASE}/configmaps/fresh-${i}`);
    t.is(read.status, 200);
    t.is(read.body.metadata.resourceVersion, body.metadata.resourceVersion);
    await second.patch(`${BASE}/configmaps/fresh-${i}`, { data: { i: String(i) } });
    const listed = await first.get(`${BASE}/configmaps?fieldSelector=metadata.name%3Dfresh-${i}`);
    t.is(listed.body.items[0].data.i, String(i));
    await first.delete(`${BASE}/configmaps/fresh-${i}`);
    t.is((await second.get(`${BASE}/configmaps/fresh-${i}`)).status, 404);
  }
});

test("patches through both never lose one another", async (t) => {
  await first.post(`${BASE}/configmaps`, { metadata: { name: "shared" }, data: {} });
  const writes = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? first : second).patch(`${BASE}/configmaps/shared`, { data: { [`k${i}`]: "v" } }));
  t.true((await Promise.all(writes)).every(({ status }) => status === 200));
  t.is(Object.keys((await second.get(`${BASE}/configmaps/shared`)).body.data).length, 100);
});

test("a watch at either shows the same history, wherever it was written", async (t) => {
  const { body } = await first.get(`${BASE}/secrets`);
  const query = `${BASE}/secrets?watch=1&resourceVersion=${body.metadata.resourceVersion}`;
  const watches = [await first.watch(query), await second.watch(query)];
  await first.post(`${BASE}/secrets`, { metadata: { name: "a" } });
  await second.post(`${BASE}/secrets`, { metadata: { name: "b" } });
  await second.delete(`${BASE}/secrets/a`);
  const [ours, theirs] = await Promise.all(watches.map((watch) => watch.take(3)));
  t.deepEqual(shape(ours!), ["ADDED a", "ADDED b", "DELETED a"]);
  t.deepEqual(theirs, ours);
  for (const watch of watches) watch.close();
});

test("a server that starts later replays what came before its start", async (t) => {
  const { body } = await first.get(`${BASE}/endpoints`);
  await first.post(`${BASE}/endpoints`, { metadata: { name: "a" } });
  await first.patch(`${BASE}/endpoints/a`, { metadata: { labels: { a: "b" } } });
  const third = await startTestServer({ store: one.store, pki: one.pki });
  const client = new TestClient(third, one.admin);
  await first.delete(`${BASE}/endpoints/a`);
  const query = `${BASE}/endpoints?watch=1&resourceVersion=${body.metadata.resourceVersion}`;
  const [old, fresh] = [await first.watch(query), await client.watch(query)];
  const events = await fresh.take(3);
  t.deepEqual(shape(events), ["ADDED a", "MODIFIED a", "DELETED a"]);
  t.deepEqual(await old.take(3), events);
  old.close();
  fresh.close();
  client.close();
  await third.stop();
});

test.serial("no two Services have one address or port, and the range is given out to its end", async (t) => {
  const make = (client: TestClient, i: number) => client.post(`${BASE}/services`, { metadata: { name: `s${i}` }, spec: { type: "NodePort", ports: [{ port: 80 }] } });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => make(i % 2 === 0 ? first : second, i)));
  const made = answers.filter(({ status }) => status === 201).map(({ body }) => body);
  // Fourteen usable addresses; default/kubernetes has the first.
  t.is(made.length, 13);
  t.true(answers.every(({ status, body }) => status === 201 || /range is full|could not be completed/.test(body.message)));
  t.is(new Set(made.map(({ spec }) => spec.clusterIP)).size, 13);
  t.is(new Set(made.map(({ spec }) => spec.ports[0].nodePort)).size, 13);
  const { name } = made[0].metadata;
  await second.delete(`${BASE}/services/${name}`);
  const again = await first.post(`${BASE}/services`, { metadata: { name: "again" }, spec: { clusterIP: made[0].spec.clusterIP, ports: [{ port: 80 }] } });
  t.is(again.status, 201);
  const taken = await second.post(`${BASE}/services`, { metadata: { name: "taken" }, spec: { clusterIP: made[0].spec.clusterIP, ports: [{ port: 80 }] } });
  t.is(taken.status, 422);
  t.regex(taken.body.message, /provided IP is already allocated/);
});

test.serial("a Service keeps its addresses through updates and changes of type", async (t) => {
  for (const { metadata } of (await first.get(`${BASE}/services`)).body.items) if (metadata.name !== "kubernetes") await first.delete(`${BASE}/services/${metadata.name}`);
  const { body: made } = await first.post(`${BASE}/services`, { metadata: { name: "s" }, spec: { type: "NodePort", ports: [{ port: 80 }] } });
  const { body: put } = await second.put(`${BASE}/services/s`, { metadata: { name: "s" }, spec: { type: "NodePort", ports: [{ port: 80, targetPort: 8080 }] } });
  t.is(put.spec.clusterIP, made.spec.clusterIP);
  t.is(put.spec.ports[0].nodePort, made.spec.ports[0].nodePort);
  const { body: external } = await first.patch(`${BASE}/services/s`, { spec: { type: "ExternalName", externalName: "a.example", ports: [{ port: 80 }] } });
  t.is(external.spec.clusterIP, undefined);
  const other = await second.post(`${BASE}/services`, { metadata: { name: "o" }, spec: { clusterIP: made.spec.clusterIP, ports: [{ port: 80 }] } });
  t.is(other.status, 201);
});

test("a server may go at any time: the other has everything", async (t) => {
  const third = await startTestServer({ store: one.store, pki: one.pki });
  const client = new TestClient(third, one.admin);
  const writes = Array.from({ length: 40 }, (_, i) => client.post(`${BASE}/configmaps`, { metadata: { name: `going-${i}` } }).then(({ status }) => status, () => 0));
  const stopped = third.stop();
  const statuses = await Promise.all(writes);
  await stopped;
  for (const [i, status] of statuses.entries()) if (status === 201) t.is((await first.get(`${BASE}/configmaps/going-${i}`)).status, 200);
  client.close();
  t.pass();
});
