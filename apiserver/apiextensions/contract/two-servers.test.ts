import test from "ava";
import { type ServersOn, STORES, startServersOn } from "../../testing/both-stores.ts";
import { ANYTHING, DEFINITIONS, definitionOf, establish, hasCondition, untilDefinition } from "../../testing/custom-definitions.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";

interface Pair {
  readonly servers: ServersOn;
  readonly first: TestClient;
  readonly second: TestClient;
}

for (const store of STORES) {
  const open: Pair[] = [];
  const the = () => open[0]!;

  test.before(`${store}: start`, async () => {
    const servers = await startServersOn(store);
    const other = await servers.more();
    open.push({ servers, first: new TestClient(servers.server), second: new TestClient(other, servers.server.admin) });
  });

  test.after.always(`${store}: stop`, async () => {
    for (const { servers, first, second } of open) {
      first.close();
      second.close();
      await servers.stop();
    }
  });

  test(`${store}: what one server established the other serves at once`, async (t) => {
    const { first, second } = the();
    for (let i = 0; i < 10; i++) {
      const group = `at-once-${i}.example.com`;
      await establish(first, definitionOf("things", { group }));
      const things = `/apis/${group}/v1/namespaces/default/things`;
      const made = await second.post(things, { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "a" } });
      t.is(made.status, 201, made.text);
      t.is((await first.get(`${things}/a`)).status, 200);
      t.truthy((await second.get(`/apis/${group}/v1`)).body.resources);
    }
  });

  test(`${store}: a schema that changed at one holds at the other within an event's time`, async (t) => {
    const { first, second } = the();
    const group = "changes.example.com";
    await establish(first, definitionOf("things", { group, schema: { type: "object", properties: { spec: { type: "object", properties: { a: { type: "string" } } } } } }));
    const things = `/apis/${group}/v1/namespaces/default/things`;
    await second.post(things, { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "a" }, spec: { a: "1" } });
    const { body: now } = await second.get(things);
    const watch = await second.watch(`${things}?watch=1&resourceVersion=${now.metadata.resourceVersion}`);
    const schema = { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: { type: "string" }, b: { type: "string", default: "new" } } } } } };
    await first.patch(`${DEFINITIONS}/things.${group}`, [{ op: "replace", path: "/spec/versions/0/schema", value: schema }], "application/json-patch+json");
    // The other server's watches of the old form end when it has the new one.
    t.is(await watch.next(), undefined);
    t.deepEqual((await second.get(`${things}/a`)).body.spec, { a: "1", b: "new" });
  });

  test(`${store}: of two definitions that want one name, made at two servers at once, one gets it`, async (t) => {
    const { first, second } = the();
    for (let i = 0; i < 8; i++) {
      const group = `race-${i}.example.com`;
      const names = { kind: "Same" };
      await Promise.all([first.post(DEFINITIONS, definitionOf("ones", { group, names: { ...names, singular: "one" } })), second.post(DEFINITIONS, definitionOf("twos", { group, names: { ...names, singular: "two" } }))]);
      const judged = (definition: Json | undefined) => definition?.status.conditions?.some((condition: Json) => condition.type === "NamesAccepted") && (hasCondition(definition, "Established") || hasCondition(definition, "NamesAccepted", "False"));
      const [one, two] = await Promise.all([untilDefinition(second, `ones.${group}`, judged), untilDefinition(first, `twos.${group}`, judged)]);
      t.deepEqual([hasCondition(one, "Established"), hasCondition(two, "Established")].sort(), [false, true], group);
    }
  });

  test(`${store}: no object outlives its definition, however many are made while it goes`, async (t) => {
    const { first, second } = the();
    const group = "outlive.example.com";
    await establish(first, definitionOf("things", { group }));
    const things = `/apis/${group}/v1/namespaces/default/things`;
    const made: number[] = [];
    let going = true;
    const writer = async (client: TestClient, who: string) => {
      for (let i = 0; going; i++) made.push((await client.post(things, { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: `${who}-${i}` } })).status);
    };
    const writers = [writer(first, "a"), writer(second, "b"), writer(second, "c")];
    while (made.length < 50) await first.get(things);
    await first.delete(`${DEFINITIONS}/things.${group}`);
    await untilDefinition(second, `things.${group}`, (now) => now === undefined);
    going = false;
    await Promise.all(writers);
    t.true(made.includes(201) && made.every((status) => [201, 404, 405].includes(status)), [...new Set(made)].join());
    const { store: kept } = the().servers.server;
    const left = await kept.range({ start: `/registry/${group}/`, end: `/registry/${group}0`, limit: 10 });
    t.deepEqual(left.items.map((item) => item.key), []);
  });
}

test("a server that dies while it deletes a definition's objects leaves the rest to another", async (t) => {
  const servers = await startServersOn("etcd");
  const first = new TestClient(servers.server);
  const dying = await servers.more();
  const client = new TestClient(dying, servers.server.admin);
  t.teardown(async () => {
    first.close();
    client.close();
    await servers.stop();
  });
  const group = "dies.example.com";
  await establish(first, definitionOf("things", { group, schema: ANYTHING }));
  const things = `/apis/${group}/v1/namespaces/default/things`;
  const names = Array.from({ length: 300 }, (_, i) => `t-${i}`);
  await Promise.all(names.map((name) => first.post(things, { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name, finalizers: name === "t-0" ? ["example.com/hold"] : [] } })));
  const { body: list } = await first.get(things);
  const watch = await first.watch(`${things}?watch=1&resourceVersion=${list.metadata.resourceVersion}`);
  await client.delete(`${DEFINITIONS}/things.${group}`);
  await watch.take(20);
  // Its store is gone from one moment to the next: nothing that it still meant to do happens.
  await dying.store.close();
  await first.patch(`${things}/t-0`, { metadata: { finalizers: null } });
  await untilDefinition(first, `things.${group}`, (now) => now === undefined);
  const left = await servers.server.store.range({ start: `/registry/${group}/`, end: `/registry/${group}0`, limit: 10 });
  t.is(left.items.length, 0);
  watch.close();
});
