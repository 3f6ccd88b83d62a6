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

async function fill(secrets: string, names: readonly string[]): Promise<void> {
  for (const name of names) await client.post(secrets, { metadata: { name } });
}

const names = (list: Json): string[] => list.items.map((item: Json) => item.metadata.name);

test.serial("a compacted page is 410 with a token that goes on at the newest state", async (t) => {
  const secrets = await namespace();
  await fill(secrets, ["a", "b", "c", "d"]);
  const first = await client.get(`${secrets}?limit=1`);
  await fill(secrets, ["bb"]);
  // Only the newest pages are kept: others push this one out.
  for (let i = 0; i < 20; i++) {
    await client.patch(`${secrets}/a`, { metadata: { labels: { i: String(i) } } });
    await client.get(`${secrets}?limit=1`);
  }
  const stillThere = await client.get(`${secrets}?limit=10&continue=${first.body.metadata.continue}`);
  t.deepEqual(names(stillThere.body), ["b", "c", "d"]);
  await server.store.compact(await server.store.revision());
  const expired = await client.get(`${secrets}?limit=10&continue=${first.body.metadata.continue}`);
  t.is(expired.status, 410);
  t.is(expired.body.reason, "Expired");
  const rest = await client.get(`${secrets}?limit=10&continue=${expired.body.metadata.continue}`);
  t.deepEqual(names(rest.body), ["b", "bb", "c", "d"]);
});

test.serial("a watch from a compacted version is an ERROR event 410", async (t) => {
  const secrets = await namespace();
  await fill(secrets, ["a"]);
  await server.store.compact(await server.store.revision());
  const watch = await client.watch(`${secrets}?watch=1&resourceVersion=1`);
  t.is(watch.status, 200);
  t.like(await watch.next(), { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
  t.is(await watch.next(), undefined);
});
