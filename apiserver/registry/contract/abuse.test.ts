import test from "ava";
import { type ServersOn, STORES, startServersOn } from "../../testing/both-stores.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";

const JSON_PATCH = "application/json-patch+json";

for (const kind of STORES) {
  let servers: ServersOn;
  let client: TestClient;
  let other: TestClient;
  let counter = 0;

  test.serial.before(`${kind}: start`, async () => {
    servers = await startServersOn(kind);
    client = new TestClient(servers.server);
    other = new TestClient(await servers.more(), servers.server.admin);
  });

  test.after.always(`${kind}: stop`, async () => {
    client?.close();
    other?.close();
    await servers?.stop();
  });

  const namespace = async (): Promise<string> => {
    const name = `abuse-${counter++}`;
    await client.post("/api/v1/namespaces", { metadata: { name } });
    return `/api/v1/namespaces/${name}`;
  };

  const fill = async (path: string, names: readonly string[]): Promise<void> => {
    for (const name of names) await client.post(path, { metadata: { name } });
  };

  test.serial(`${kind}: a page that was compacted meanwhile is 410, with a token that goes on at the newest state`, async (t) => {
    const secrets = `${await namespace()}/secrets`;
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
    await servers.server.store.compact(await servers.server.store.revision());
    const expired = await client.get(`${secrets}?limit=10&continue=${first.body.metadata.continue}`);
    t.is(expired.status, 410);
    t.is(expired.body.reason, "Expired");
    const rest = await client.get(`${secrets}?limit=10&continue=${expired.body.metadata.continue}`);
    t.deepEqual(names(rest.body), ["b", "bb", "c", "d"]);
  });

  test.serial(`${kind}: a watch from a compacted version is an ERROR event 410`, async (t) => {
    const secrets = `${await namespace()}/secrets`;
    await fill(secrets, ["a"]);
    await servers.server.store.compact(await servers.server.store.revision());
    const watch = await client.watch(`${secrets}?watch=1&resourceVersion=1`);
    t.is(watch.status, 200);
    t.like(await watch.next(), { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    t.is(await watch.next(), undefined);
  });

  test.serial(`${kind}: a forged continue token is refused, or leads nowhere else`, async (t) => {
    const [mine, theirs] = [`${await namespace()}/secrets`, `${await namespace()}/secrets`];
    await fill(mine, ["a", "b"]);
    await fill(theirs, ["x"]);
    const token = (content: object) => Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", ...content })).toString("base64url");
    const now = Number((await client.get(mine)).body.metadata.resourceVersion);
    const refused = ["garbage!", "abc", "e30", token({ rv: now }), token({ rv: 0, start: "a" }), token({ rv: 1.5, start: "a" }), token({ rv: now, start: "../../secrets/x" }), token({ rv: now, start: ["a"] }), token({ v: "v2", rv: now, start: "a" })];
    for (const text of refused) {
      const { status, body } = await client.get(`${mine}?limit=1&continue=${encodeURIComponent(text)}`);
      t.deepEqual([status, body.reason], [400, "BadRequest"], text);
    }
    const future = await client.get(`${mine}?limit=1&continue=${token({ rv: now + 1_000_000, start: "a" })}`);
    t.true([410, 504].includes(future.status), future.text);
    // A start that is well formed is only a place in the same list.
    for (const start of ["b", "\0", "zzz", "a/b", "/abuse-0/x", "é".repeat(10_000)]) {
      const { status, body } = await client.get(`${mine}?limit=5&continue=${token({ rv: -1, start })}`);
      t.is(status, 200);
      t.true(names(body).every((name) => ["a", "b"].includes(name)));
    }
  });

  test.serial(`${kind}: a version that is yet to come: lists and reads do not wait for ever, a watch is quiet`, async (t) => {
    const secrets = `${await namespace()}/secrets`;
    await fill(secrets, ["a"]);
    const far = Number((await client.get(secrets)).body.metadata.resourceVersion) + 1_000_000;
    for (const path of [secrets, `${secrets}/a`]) t.is((await client.get(`${path}?resourceVersion=${far}`)).status, 504);
    const watch = await client.watch(`${secrets}?watch=1&resourceVersion=${far}&timeoutSeconds=1`);
    t.is(watch.status, 200);
    t.is(await watch.next(), undefined);
  });

  test.serial(`${kind}: of 100 updates of one version through two servers one wins, of 100 patches all`, async (t) => {
    const maps = `${await namespace()}/configmaps`;
    const { body } = await client.post(maps, { metadata: { name: "a" } });
    const server = (i: number) => (i % 2 === 0 ? client : other);
    const updates = await Promise.all(Array.from({ length: 100 }, (_, i) => server(i).put(`${maps}/a`, { ...body, data: { winner: String(i) } })));
    const won = updates.filter(({ status }) => status === 200);
    t.is(won.length, 1);
    t.true(updates.every((answer) => answer.status === 200 || answer.body.reason === "Conflict"));
    const patches = await Promise.all(Array.from({ length: 100 }, (_, i) => server(i).patch(`${maps}/a`, { data: { [`k${i}`]: "v" } })));
    t.deepEqual([...new Set(patches.map(({ status }) => status))], [200]);
    t.is(new Set(patches.map((answer) => answer.body.metadata.resourceVersion)).size, 100);
    t.deepEqual(Object.keys((await other.get(`${maps}/a`)).body.data).length, 101);
  });

  test.serial(`${kind}: giant JSON patches are refused quickly and change nothing`, async (t) => {
    const path = `${await namespace()}/configmaps/a`;
    await client.post(path.slice(0, -2), { metadata: { name: "a" }, data: { k: "x".repeat(1000) } });
    const ask = async (operations: unknown): Promise<number> => (await client.patch(path, operations, JSON_PATCH)).status;
    const test_ = { op: "test", path: "/data/k", value: "x".repeat(1000) };
    t.is(await ask(Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "ConfigMap" }))), 413);
    t.is(await ask(Array.from({ length: 4_000 }, () => test_)), 413);
    // Each copy doubles what there is.
    t.is(await ask(Array.from({ length: 60 }, (_, i) => ({ op: "copy", from: "/data", path: `/data/c${i}` }))), 422);
    t.is(await ask([{ op: "add", path: `/data${"/a".repeat(100_000)}`, value: "v" }]), 422);
    t.is(await ask([{ op: "add", path: "/metadata/annotations", value: { big: "y".repeat(300_000) } }]), 422);
    t.is(await ask(`[{"op":"add","path":"/data/l","value":${"[".repeat(20_000)}${"]".repeat(20_000)}}]`), 400);
    t.is(await ask([{ op: "replace", path: "", value: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b" } } }]), 400);
    const { body } = await client.get(path);
    t.deepEqual(body.data, { k: "x".repeat(1000) });
    t.is(body.metadata.annotations, undefined);
    t.is(await ask(Array.from({ length: 10_000 }, () => ({ op: "test", path: "/kind", value: "ConfigMap" }))), 200);
  });
}

function names(list: Json): string[] {
  return list.items.map((item: Json) => item.metadata.name);
}
