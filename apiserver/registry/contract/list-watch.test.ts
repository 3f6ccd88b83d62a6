import test from "ava";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";

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

async function namespace(): Promise<string> {
  const name = `lw-${counter++}`;
  await client.post("/api/v1/namespaces", { metadata: { name } });
  return `/api/v1/namespaces/${name}/secrets`;
}

async function fill(secrets: string, names: readonly string[], labels?: (name: string) => Record<string, string>): Promise<void> {
  for (const name of names) await client.post(secrets, { metadata: { name, labels: labels?.(name) ?? { n: name } } });
}

const names = (list: Json): string[] => list.items.map((item: Json) => item.metadata.name);
const shape = (events: Json[]): string[] => events.map((event) => `${event.type} ${event.object.metadata.name ?? ""}`.trim());

test("a list goes on page by page from one state", async (t) => {
  const secrets = await namespace();
  await fill(secrets, ["a", "b", "c", "d", "e"]);
  const first = await client.get(`${secrets}?limit=2`);
  t.deepEqual(names(first.body), ["a", "b"]);
  t.is(first.body.metadata.remainingItemCount, 3);
  await client.delete(`${secrets}/c`);
  await fill(secrets, ["cc"]);
  const second = await client.get(`${secrets}?limit=2&continue=${first.body.metadata.continue}`);
  t.deepEqual(names(second.body), ["c", "d"]);
  t.is(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  const last = await client.get(`${secrets}?limit=2&continue=${second.body.metadata.continue}`);
  t.deepEqual(names(last.body), ["e"]);
  t.is(last.body.metadata.continue, undefined);
});

test("forged continue tokens are refused", async (t) => {
  const secrets = await namespace();
  for (const token of ["garbage!", "abc", "e30", Buffer.from('{"v":"meta.k8s.io/v1","rv":5,"start":"../../pods/x"}').toString("base64url")]) {
    const { status, body } = await client.get(`${secrets}?limit=1&continue=${encodeURIComponent(token)}`);
    t.is(status, 400);
    t.true(body.message.startsWith("invalid continue token: continue key is not valid"));
  }
});

test("resourceVersion and its match decide how old a list may be", async (t) => {
  const secrets = await namespace();
  await fill(secrets, ["a"]);
  const { body: then } = await client.get(secrets);
  const rv = then.metadata.resourceVersion;
  await fill(secrets, ["b"]);
  t.deepEqual(names((await client.get(`${secrets}?resourceVersion=${rv}&resourceVersionMatch=Exact`)).body), ["a"]);
  t.deepEqual(names((await client.get(`${secrets}?resourceVersion=${rv}&resourceVersionMatch=NotOlderThan`)).body), ["a", "b"]);
  t.deepEqual(names((await client.get(`${secrets}?resourceVersion=${rv}&limit=5`)).body), ["a"]);
  t.deepEqual(names((await client.get(`${secrets}?resourceVersion=0`)).body), ["a", "b"]);
  t.is((await client.get(`${secrets}?resourceVersionMatch=Exact`)).status, 422);
  t.is((await client.get(`${secrets}?resourceVersion=abc`)).status, 400);
  const future = await client.get(`${secrets}?resourceVersion=999999999`);
  t.is(future.status, 504);
  t.is(future.body.details.causes[0].reason, "ResourceVersionTooLarge");
});

test("selectors choose what is listed", async (t) => {
  const secrets = await namespace();
  await fill(secrets, ["a", "b", "c"], (name) => (name === "c" ? {} : { env: name }));
  t.deepEqual(names((await client.get(`${secrets}?labelSelector=env`)).body), ["a", "b"]);
  t.deepEqual(names((await client.get(`${secrets}?labelSelector=env%20notin%20(a)`)).body), ["b", "c"]);
  t.deepEqual(names((await client.get(`${secrets}?fieldSelector=metadata.name%3Db,type%3DOpaque`)).body), ["b"]);
  t.is((await client.get(`${secrets}?fieldSelector=data.x%3D1`)).status, 400);
  t.is((await client.get(`${secrets}?labelSelector=%3D`)).status, 400);
});

test("a watch tells what happens, from any version on", async (t) => {
  const secrets = await namespace();
  const rv = (await client.get(secrets)).body.metadata.resourceVersion;
  const live = await client.watch(`${secrets}?watch=1&resourceVersion=${rv}`);
  await fill(secrets, ["a"]);
  await client.patch(`${secrets}/a`, { data: { x: "eA==" } });
  const { body: deleted } = await client.delete(`${secrets}/a`);
  t.is(deleted.status, "Success");
  const events = await live.take(3);
  t.deepEqual(shape(events), ["ADDED a", "MODIFIED a", "DELETED a"]);
  const versions = events.map((event) => Number(event.object.metadata.resourceVersion));
  t.deepEqual([...versions].sort((a, b) => a - b), versions);
  t.is(new Set(versions).size, 3);
  live.close();
  const replayed = await client.watch(`${secrets}?watch=1&resourceVersion=${rv}`);
  t.deepEqual(await replayed.take(3), events);
  replayed.close();
});

test("objects come into a selector and leave it", async (t) => {
  const secrets = await namespace();
  const watch = await client.watch(`${secrets}?watch=1&resourceVersion=${(await client.get(secrets)).body.metadata.resourceVersion}&labelSelector=in%3Dyes`);
  await client.post(secrets, { metadata: { name: "a" } });
  await client.patch(`${secrets}/a`, { metadata: { labels: { in: "yes" } } });
  await client.patch(`${secrets}/a`, { data: { x: "eA==" } });
  const { body: left } = await client.patch(`${secrets}/a`, { metadata: { labels: { in: "no" } } });
  const events = await watch.take(3);
  t.deepEqual(shape(events), ["ADDED a", "MODIFIED a", "DELETED a"]);
  t.is(events[2].object.metadata.resourceVersion, left.metadata.resourceVersion);
  t.is(events[2].object.metadata.labels.in, "yes");
  watch.close();
});

test("sendInitialEvents ends its list with a marked bookmark", async (t) => {
  const secrets = await namespace();
  await fill(secrets, ["a", "b"]);
  const watch = await client.watch(`${secrets}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
  const events = await watch.take(3);
  t.deepEqual(shape(events), ["ADDED a", "ADDED b", "BOOKMARK"]);
  t.is(events[2].object.metadata.annotations["k8s.io/initial-events-end"], "true");
  await fill(secrets, ["c"]);
  t.deepEqual(shape(await watch.take(1)), ["ADDED c"]);
  watch.close();
});

test("a watch ends after timeoutSeconds", async (t) => {
  const secrets = await namespace();
  const rv = (await client.get(secrets)).body.metadata.resourceVersion;
  const watch = await client.watch(`${secrets}?watch=1&resourceVersion=${rv}&timeoutSeconds=1&allowWatchBookmarks=true`);
  t.deepEqual(shape(await watch.take(5)), ["BOOKMARK"]);
});

test("bad watch options are refused", async (t) => {
  const secrets = await namespace();
  t.is((await client.get(`${secrets}?watch=1&resourceVersion=abc`)).status, 500);
  t.is((await client.get(`${secrets}?watch=1&timeoutSeconds=abc`)).status, 400);
  t.is((await client.get(`${secrets}?watch=1&sendInitialEvents=true`)).status, 422);
});

test("Tables and metadata alone, for one object, lists and watches", async (t) => {
  const secrets = await namespace();
  await fill(secrets, ["a"]);
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const table = (await client.get(secrets, { accept })).body;
  t.is(table.kind, "Table");
  t.is(table.rows[0].cells[0], "a");
  t.is(table.rows[0].object.kind, "PartialObjectMetadata");
  t.is((await client.get(`${secrets}/a`, { accept })).body.kind, "Table");
  const partial = (await client.get(secrets, { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" })).body;
  t.is(partial.items[0].metadata.name, "a");
  t.is(partial.items[0].type, undefined);
  const watch = await client.watch(`${secrets}?watch=1`, { accept });
  const event = await watch.next();
  t.is(event.object.kind, "Table");
  t.truthy(event.object.columnDefinitions);
  watch.close();
  const refused = await client.get(secrets, { accept: "text/html" });
  t.deepEqual([refused.status, refused.text], [406, JSON.stringify(refused.body, null, 2)]);
});

test("a long list is streamed whole and in order", async (t) => {
  const secrets = await namespace();
  const data = { x: Buffer.alloc(20_000, "x").toString("base64") };
  const wanted = Array.from({ length: 40 }, (_, i) => `s${String(i).padStart(3, "0")}`);
  await Promise.all(wanted.map((name) => client.post(secrets, { metadata: { name }, data })));
  const { headers, body } = await client.get(secrets);
  t.is(headers["transfer-encoding"], "chunked");
  t.deepEqual(names(body), wanted);
  t.true(body.items.every((item: Json) => item.data.x === data.x));
  t.is(body.items[0].kind, undefined);
});

test("pods are listed and watched by their node", async (t) => {
  const pods = (await namespace()).replace("/secrets", "/pods");
  await client.post(pods.replace("/pods", "/serviceaccounts"), { metadata: { name: "default" } });
  const pod = (name: string, nodeName: string) => ({ metadata: { name }, spec: { nodeName, automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }] } });
  const node = `n-${counter}`;
  for (const [name, on] of [["b", node], ["a", node], ["c", "other"]]) await client.post(pods, pod(name!, on!));
  const list = (await client.get(`/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`)).body;
  t.deepEqual(names(list), ["a", "b"]);
  const watch = await client.watch(`/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3D${node}&resourceVersion=${list.metadata.resourceVersion}`);
  await client.post(pods, pod("d", "other"));
  await client.post(pods, pod("e", node));
  t.deepEqual(shape(await watch.take(1)), ["ADDED e"]);
  watch.close();
});
