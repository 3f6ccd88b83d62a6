import test, { type ExecutionContext } from "ava";
import { STORES, type ServersOn, startServersOn } from "../../testing/both-stores.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";

/**
 * Events are served from the store, not from the watch cache: all that lists, reads and watches promise holds for them too.
 */
interface Place {
  readonly servers: ServersOn;
  readonly client: TestClient;
  /** `/api/v1/namespaces/NAME/events`, of the test's own. */
  namespace(): Promise<string>;
}

/** An Event of the namespace that `events` is the path of. */
const event = (events: string, name: string, about: string, more: object = {}) => ({ metadata: { name }, involvedObject: { kind: "Pod", namespace: events.split("/")[4], name: about, uid: `uid-of-${about}` }, reason: "Tested", message: "m", type: "Normal", ...more });
const names = (list: Json): string[] => list.items.map((item: Json) => item.metadata.name);
const shape = (events: Json[]): string[] => events.map(({ type, object }) => `${type} ${object.metadata.name ?? ""}`.trim());
const versionOf = async (client: TestClient, path: string): Promise<string> => (await client.get(path)).body.metadata.resourceVersion;

for (const store of STORES) {
  let place: Place | undefined;
  let counter = 0;

  test.before(async () => {
    const servers = await startServersOn(store);
    const client = new TestClient(servers.server);
    const namespace = async () => {
      const name = `ev-${counter++}`;
      await client.post("/api/v1/namespaces", { metadata: { name } });
      return `/api/v1/namespaces/${name}/events`;
    };
    place = { servers, client, namespace };
  });

  test.after.always(async () => {
    place?.client.close();
    await place?.servers.stop();
  });

  const on = (title: string, run: (t: ExecutionContext, given: Place & { events: string }) => Promise<void>) =>
    test.serial(`${store}: ${title}`, async (t) => {
      if (place === undefined) throw new Error("no server");
      await run(t, { ...place, events: await place.namespace() });
    });

  on("an event is read as it was written, changed and deleted", async (t, { client, events }) => {
    const made = await client.post(events, event(events, "a", "p"));
    t.is(made.status, 201);
    t.is((await client.get(`${events}/a`)).text, made.text);
    t.is((await client.get(`${events}/a?resourceVersion=${made.body.metadata.resourceVersion}`)).text, made.text);
    t.is((await client.post(events, event(events, "a", "p"))).status, 409);
    t.is((await client.post(`${events}?dryRun=All`, event(events, "a", "p"))).status, 409);
    const counted = await client.patch(`${events}/a`, { count: 2 });
    t.is(counted.body.count, 2);
    t.is((await client.put(`${events}/a`, made.body)).status, 409);
    const replaced = await client.put(`${events}/a`, { ...counted.body, message: "n" });
    t.is(replaced.body.message, "n");
    t.is((await client.get(events.replace("/api/v1/", "/apis/events.k8s.io/v1/"))).body.items[0].note, "n");
    t.is((await client.delete(`${events}/a`)).status, 200);
    t.is((await client.get(`${events}/a`)).status, 404);
    t.is((await client.patch(`${events}/a`, { count: 3 })).status, 404);
    t.is((await client.get(`${events}/a?resourceVersion=999999999`)).status, 504);
  });

  on("lists go on page by page from one state, with selectors too", async (t, { client, events }) => {
    for (const name of ["a", "b", "c", "d", "e"]) await client.post(events, event(events, name, name < "c" ? "p" : "q", { metadata: { name, labels: { vowel: String("ae".includes(name)) } } }));
    const first = await client.get(`${events}?limit=2`);
    t.deepEqual(names(first.body), ["a", "b"]);
    t.is(first.body.metadata.remainingItemCount, 3);
    await client.delete(`${events}/c`);
    await client.post(events, event(events, "cc", "q"));
    const second = await client.get(`${events}?limit=2&continue=${first.body.metadata.continue}`);
    t.deepEqual(names(second.body), ["c", "d"]);
    t.is(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
    const last = await client.get(`${events}?limit=2&continue=${second.body.metadata.continue}`);
    t.deepEqual(names(last.body), ["e"]);
    t.is(last.body.metadata.continue, undefined);
    t.deepEqual(names((await client.get(events)).body), ["a", "b", "cc", "d", "e"]);
    t.deepEqual(names((await client.get(`${events}?fieldSelector=involvedObject.name%3Dq,reason%3DTested`)).body), ["cc", "d", "e"]);
    t.deepEqual(names((await client.get(`${events}?fieldSelector=involvedObject.name!%3Dq`)).body), ["a", "b"]);
    t.deepEqual(names((await client.get(`${events}?fieldSelector=involvedObject.name%3D`)).body), []);
    t.deepEqual(names((await client.get(`${events}?fieldSelector=metadata.name%3Dd`)).body), ["d"]);
    t.deepEqual(names((await client.get(`${events}?labelSelector=vowel%3Dtrue`)).body), ["a", "e"]);
    t.deepEqual(names((await client.get(`${events.replace("/api/v1/", "/apis/events.k8s.io/v1/")}?fieldSelector=regarding.name%3Dp`)).body), ["a", "b"]);
    const some = await client.get(`${events}?limit=2&fieldSelector=involvedObject.name%3Dq`);
    t.deepEqual(names(some.body), ["cc", "d"]);
    t.is(some.body.metadata.remainingItemCount, undefined);
    const others = await client.get(`${events}?limit=2&fieldSelector=involvedObject.name%3Dq&continue=${some.body.metadata.continue}`);
    t.deepEqual([names(others.body), others.body.metadata.continue], [["e"], undefined]);
  });

  on("resourceVersion and its match decide how old a list may be", async (t, { client, events }) => {
    await client.post(events, event(events, "a", "p"));
    const then = await versionOf(client, events);
    await client.post(events, event(events, "b", "p"));
    t.deepEqual(names((await client.get(`${events}?resourceVersion=${then}&resourceVersionMatch=Exact`)).body), ["a"]);
    t.deepEqual(names((await client.get(`${events}?resourceVersion=${then}&limit=5`)).body), ["a"]);
    t.deepEqual(names((await client.get(`${events}?resourceVersion=${then}`)).body), ["a", "b"]);
    t.deepEqual(names((await client.get(`${events}?resourceVersion=0`)).body), ["a", "b"]);
    t.is((await client.get(`${events}?resourceVersion=999999999`)).status, 504);
  });

  on("a list of more than fits in memory at once is whole, as bytes and as a table", async (t, { client, events }) => {
    const all = Array.from({ length: 1234 }, (_, index) => `e-${String(index).padStart(4, "0")}`);
    for (let at = 0; at < all.length; at += 100) await Promise.all(all.slice(at, at + 100).map((name) => client.post(events, event(events, name, "p"))));
    const list = await client.get(events);
    t.deepEqual(names(list.body), all);
    const table = await client.get(events, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    t.is(table.body.rows.length, all.length);
    const deleted = await client.delete(events);
    t.is(deleted.body.items.length, all.length);
    t.deepEqual(names((await client.get(events)).body), []);
  });

  on("a watch tells what happens, live and from the past; a deleted event is shown as it was last", async (t, { client, events }) => {
    const before = await versionOf(client, events);
    const live = await client.watch(`${events}?watch=1&resourceVersion=${before}`);
    await client.post(events, event(events, "a", "p"));
    await client.patch(`${events}/a`, { count: 7 });
    await client.delete(`${events}/a`);
    const told = await live.take(3);
    t.deepEqual(shape(told), ["ADDED a", "MODIFIED a", "DELETED a"]);
    t.is(told[2].object.count, 7);
    t.is(new Set(told.map(({ object }) => object.metadata.resourceVersion)).size, 3);
    live.close();
    const again = await client.watch(`${events}?watch=1&resourceVersion=${before}`);
    t.deepEqual(await again.take(3), told);
    again.close();
  });

  on("events come into a watch's selector and leave it", async (t, { client, events }) => {
    const live = await client.watch(`${events}?watch=1&resourceVersion=${await versionOf(client, events)}&labelSelector=in%3Dyes`);
    await client.post(events, event(events, "a", "p"));
    await client.patch(`${events}/a`, { metadata: { labels: { in: "yes" } } });
    await client.patch(`${events}/a`, { count: 2 });
    await client.patch(`${events}/a`, { metadata: { labels: { in: "no" } } });
    await client.post(events, event(events, "b", "p", { metadata: { name: "b", labels: { in: "yes" } } }));
    await client.delete(`${events}/b`);
    t.deepEqual(shape(await live.take(5)), ["ADDED a", "MODIFIED a", "DELETED a", "ADDED b", "DELETED b"]);
    live.close();
  });

  on("a watch may begin with all that is there", async (t, { client, events }) => {
    for (const name of ["a", "b"]) await client.post(events, event(events, name, name));
    const whole = await client.watch(`${events}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
    const some = await client.watch(`${events}?watch=1&fieldSelector=involvedObject.name%3Db`);
    t.deepEqual(shape(await whole.take(3)), ["ADDED a", "ADDED b", "BOOKMARK"]);
    t.deepEqual(shape(await some.take(1)), ["ADDED b"]);
    await client.post(events, event(events, "c", "b"));
    t.deepEqual(shape(await whole.take(1)), ["ADDED c"]);
    t.deepEqual(shape(await some.take(1)), ["ADDED c"]);
    for (const watch of [whole, some]) watch.close();
  });

  on("what is compacted cannot be watched or listed any more", async (t, { client, servers, events }) => {
    await client.post(events, event(events, "a", "p"));
    const old = await versionOf(client, events);
    const page = await client.get(`${events}?limit=1&resourceVersion=${old}`);
    t.is(page.status, 200);
    // More than is kept here for watches from the past.
    for (let index = 0; index < 200; index++) await client.patch(`${events}/a`, { count: index + 2, message: "x".repeat(1000) });
    await servers.server.store.compact(Number(await versionOf(client, events)));
    const watch = await client.watch(`${events}?watch=1&resourceVersion=${old}`);
    t.like((await watch.next()).object, { kind: "Status", code: 410, reason: "Expired" });
    watch.close();
    t.is((await client.get(`${events}?resourceVersion=${old}&resourceVersionMatch=Exact`)).status, 410);
    t.is((await client.get(events)).body.items[0].count, 201);
  });

  on("another server's events are there at once", async (t, { client, servers, events }) => {
    const server = await servers.more({}, 300);
    const other = new TestClient(server);
    t.teardown(() => {
      other.close();
    });
    await client.post(events, event(events, "a", "p"));
    t.is((await other.get(`${events}/a`)).status, 200);
    t.deepEqual(names((await other.get(events)).body), ["a"]);
    t.is((await other.patch(`${events}/a`, { count: 2 })).body.count, 2);
    t.is((await client.get(`${events}/a`)).body.count, 2);
  });

  // The last one: other events would hang on the same lease.
  on("whose time is over, watchers learn of, each with its last state", async (t, { client, servers, events }) => {
    for (const name of ["a", "b"]) await client.post(events, event(events, name, "p", { count: 3 }));
    const live = await client.watch(`${events}?watch=1&resourceVersion=${await versionOf(client, events)}`);
    const { store } = servers.server;
    const prefix = `/registry/events/${events.split("/")[4]}/`;
    const { items } = await store.range({ start: prefix, end: `${prefix}~` });
    for (const lease of new Set(items.map((item) => item.lease))) await store.revokeLease(lease);
    const told = await live.take(2);
    t.deepEqual(shape(told), ["DELETED a", "DELETED b"]);
    t.deepEqual(told.map(({ object }) => object.count), [3, 3]);
    live.close();
    t.deepEqual(names((await client.get(events)).body), []);
  });
}
