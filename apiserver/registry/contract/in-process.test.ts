import test from "ava";
import type { ApiResponse, WatchEvent } from "../../../api/exchange.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

let server: TestServer;
let client: TestClient;
const BASE = "/api/v1/namespaces/default";

test.before(async () => {
  server = await startTestServer({ watchBuffer: { maxItems: 50, maxBytes: 1 << 20 } });
  client = new TestClient(server);
});

test.after.always(async () => {
  client?.close();
  await server?.stop();
});

async function call(method: string, url: string, object?: unknown, signal = new AbortController().signal): Promise<ApiResponse> {
  return await server.handler({ method, url, headers: { accept: "application/json", "content-type": "application/json" }, user: { name: "system:kube-scheduler", groups: ["system:masters"] }, ...(object === undefined ? {} : { body: { type: "object", object } }), signal, acceptsObjects: true });
}

function objectOf(response: ApiResponse): Json {
  if (response.body.type !== "object") throw new Error(`${response.status}: ${response.body.type}`);
  return response.body.object;
}

test("objects go in and out as they are, frozen, and the server keeps a copy of its own", async (t) => {
  const mine = { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", labels: { a: "b" } }, data: { k: "v" } };
  const created = await call("POST", `${BASE}/configmaps`, mine);
  t.is(created.status, 201);
  mine.data.k = "changed";
  const read = objectOf(await call("GET", `${BASE}/configmaps/a`));
  t.is(read.data.k, "v");
  t.deepEqual(read, (await client.get(`${BASE}/configmaps/a`)).body);
  t.throws(() => {
    read.data.k = "x";
  });
  t.is(objectOf(await call("GET", `${BASE}/configmaps/a`)), read);
  const list = objectOf(await call("GET", `${BASE}/configmaps?labelSelector=a`));
  t.is(list.items[0], read);
  t.is(list.kind, "ConfigMapList");
});

test("refusals are Status objects", async (t) => {
  const missing = await call("GET", `${BASE}/configmaps/none`);
  t.is(missing.status, 404);
  t.like(objectOf(missing), { kind: "Status", reason: "NotFound" });
  const invalid = await call("POST", `${BASE}/configmaps`, { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "B_" } });
  t.is(invalid.status, 422);
});

test("a watch hands out the shared objects in batches and ends with its signal", async (t) => {
  const stop = new AbortController();
  const { metadata } = objectOf(await call("GET", `${BASE}/secrets`));
  const response = await call("GET", `${BASE}/secrets?watch=1&resourceVersion=${metadata.resourceVersion}`, undefined, stop.signal);
  if (response.body.type !== "watch") throw new Error(response.body.type);
  const batches = response.body.batches[Symbol.asyncIterator]();
  await client.post(`${BASE}/secrets`, { metadata: { name: "a" } });
  await client.delete(`${BASE}/secrets/a`);
  const events: WatchEvent[] = [];
  while (events.length < 2) events.push(...((await batches.next()).value as WatchEvent[]));
  t.deepEqual(events.map(({ type }) => type), ["ADDED", "DELETED"]);
  t.true(Object.isFrozen(events[0]?.object.metadata));
  stop.abort();
  t.true((await batches.next()).done);
});

test("authorization holds for in-process callers too", async (t) => {
  const response = await server.handler({ method: "GET", url: `${BASE}/secrets`, headers: {}, user: { name: "system:kube-scheduler", groups: [] }, signal: new AbortController().signal, acceptsObjects: true });
  t.is(response.status, 403);
});

test("a reader that does not read is cut off, and nobody else notices", async (t) => {
  const [slow, quick] = [await call("GET", `${BASE}/endpoints?watch=1`), await call("GET", `${BASE}/endpoints?watch=1`)];
  if (slow.body.type !== "watch" || quick.body.type !== "watch") throw new Error("no watch");
  const seen: string[] = [];
  const { batches } = quick.body;
  const reading = (async () => {
    for await (const batch of batches) {
      for (const event of batch) seen.push(event.object.metadata.resourceVersion ?? "");
      if (seen.length === 101) return;
    }
  })();
  const idle = slow.body.batches[Symbol.asyncIterator]();
  const put = (n: number) => call("PUT", `${BASE}/endpoints/e`, { kind: "Endpoints", apiVersion: "v1", metadata: { name: "e", labels: { n: String(n) } } });
  await put(1000);
  t.is(((await idle.next()).value as WatchEvent[]).length, 1);
  for (let n = 0; n < 100; n++) await put(n);
  await reading;
  t.is(new Set(seen).size, 101);
  t.true((await idle.next()).done);
});
