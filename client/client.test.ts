import test, { type ExecutionContext } from "ava";
import { configmaps, namespaces, pods, serviceaccounts } from "../api/resources.ts";
import type { ConfigMap, Pod } from "../api/wire.ts";
import { startTestServer, type TestServer } from "../apiserver/testing/test-server.ts";
import { systemClock } from "../lib/clock.ts";
import { ApiError, type Client, isReason } from "./client.ts";
import { discoverResources } from "./discovery.ts";
import { createHttpClient } from "./http/client.ts";
import { createInProcessClient } from "./in-process/client.ts";

let server: TestServer;
test.before(async () => {
  server = await startTestServer();
});
test.after.always(() => server?.stop());

const transports: Record<string, () => Client> = {
  "in process": () => createInProcessClient(server.handler, { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] }, { clock: systemClock }),
  https: () => createHttpClient({ servers: [server.url], ca: server.ca, clientCertificate: server.admin.certificate, clientKey: server.admin.key }, { clock: systemClock }),
};

let count = 0;
/** One suite, run on every transport: each test has a namespace of its own. */
function suite(title: string, run: (t: ExecutionContext, client: Client, namespace: string) => Promise<void>): void {
  for (const [transport, create] of Object.entries(transports)) {
    test(`${transport}: ${title}`, async (t) => {
      const client = create();
      const namespace = `ns-${++count}`;
      try {
        await client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
        await run(t, client, namespace);
      } finally {
        client.close();
      }
    });
  }
}

const map = (namespace: string, name: string, data: Record<string, string> = {}, labels?: Record<string, string>): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, ...(labels ? { labels } : {}) },
  data,
});

suite("create, get, update, patch, delete; what comes back is frozen and named", async (t, client, namespace) => {
  const key = { namespace, name: "a" };
  const created = await client.create(configmaps, map(namespace, "a", { x: "1" }));
  t.like(created, { apiVersion: "v1", kind: "ConfigMap", data: { x: "1" } });
  t.true(Object.isFrozen(created) && Object.isFrozen(created.metadata) && Object.isFrozen(created.data));
  t.deepEqual(await client.get(configmaps, key), created);
  const updated = await client.update(configmaps, { ...created, data: { x: "2" } });
  t.is(updated.data?.["x"], "2");
  t.like(await client.patch(configmaps, key, "merge", { data: { y: "3" } }), { data: { x: "2", y: "3" } });
  t.like(await client.patch(configmaps, key, "strategic", { data: { x: null } }), { data: { y: "3" } });
  t.like(await client.patch(configmaps, key, "json", [{ op: "replace", path: "/data/y", value: "4" }]), { data: { y: "4" } });
  await client.delete(configmaps, key);
  t.true(isReason(await t.throwsAsync(client.get(configmaps, key)), "NotFound"));
});

suite("what the caller holds is its own: changing it after the call changes nothing", async (t, client, namespace) => {
  const mine = map(namespace, "a", { x: "1" });
  await client.create(configmaps, mine);
  mine.data = { x: "2" };
  t.is((await client.get(configmaps, { namespace, name: "a" })).data?.["x"], "1");
  t.false(Object.isFrozen(mine));
});

suite("refusals are ApiErrors with the server's Status", async (t, client, namespace) => {
  const created = await client.create(configmaps, map(namespace, "a"));
  t.true(isReason(await t.throwsAsync(client.create(configmaps, map(namespace, "a"))), "AlreadyExists"));
  await client.update(configmaps, { ...created, data: { x: "1" } });
  const conflict = await t.throwsAsync(client.update(configmaps, { ...created, data: { x: "2" } }), { instanceOf: ApiError });
  t.is(conflict?.status.code, 409);
  t.is(conflict?.status.reason, "Conflict");
  t.is(conflict?.status.details?.name, "a");
  const invalid = await t.throwsAsync(client.create(configmaps, map(namespace, "Not A Name")), { instanceOf: ApiError });
  t.is(invalid?.status.reason, "Invalid");
  t.is(invalid?.status.details?.causes?.[0]?.field, "metadata.name");
});

suite("dry run writes nothing", async (t, client, namespace) => {
  await client.create(configmaps, map(namespace, "a"), { dryRun: true });
  t.true(isReason(await t.throwsAsync(client.get(configmaps, { namespace, name: "a" })), "NotFound"));
});

suite("lists: selectors, pages, metadata only", async (t, client, namespace) => {
  for (let i = 0; i < 5; i++) await client.create(configmaps, map(namespace, `m${i}`, { i: String(i) }, { parity: i % 2 === 0 ? "even" : "odd" }));
  const names = (list: { items: readonly { metadata: { name?: string } }[] }) => list.items.map(({ metadata }) => metadata.name);
  const even = await client.list(configmaps, { namespace, labelSelector: "parity in (even)" });
  t.deepEqual(names(even), ["m0", "m2", "m4"]);
  t.like(even.items[0], { apiVersion: "v1", kind: "ConfigMap" });
  t.deepEqual(names(await client.list(configmaps, { namespace, fieldSelector: "metadata.name=m3" })), ["m3"]);
  const first = await client.list(configmaps, { namespace, limit: 3 });
  t.deepEqual(names(first), ["m0", "m1", "m2"]);
  t.truthy(first.metadata.continue);
  t.deepEqual(names(await client.list(configmaps, { namespace, limit: 3, continue: first.metadata.continue ?? "" })), ["m3", "m4"]);
  t.deepEqual(names(await client.list(configmaps, { namespace, metadataOnly: true })), ["m0", "m1", "m2", "m3", "m4"]);
  t.true((await client.list(configmaps)).items.length >= 5);
});

suite("watch: from a revision, in order, with deletions, until the caller ends it", async (t, client, namespace) => {
  const { metadata } = await client.list(configmaps, { namespace });
  const created = await client.create(configmaps, map(namespace, "a", { x: "1" }));
  await client.update(configmaps, { ...created, data: { x: "2" } });
  await client.create(configmaps, map(namespace, "other", {}, { skip: "yes" }));
  const stop = new AbortController();
  const seen: unknown[] = [];
  for await (const batch of client.watch(configmaps, { namespace, resourceVersion: metadata.resourceVersion ?? "", labelSelector: "!skip" }, stop.signal)) {
    for (const { type, object } of batch) seen.push([type, object.metadata.name, object.data?.["x"], Object.isFrozen(object)]);
    if (seen.length === 2) await client.delete(configmaps, { namespace, name: "a" });
    if (seen.length === 3) stop.abort();
  }
  t.deepEqual(seen, [
    ["ADDED", "a", "1", true],
    ["MODIFIED", "a", "2", true],
    ["DELETED", "a", "2", true],
  ]);
});

suite("watch: ends by itself when its time is over", async (t, client, namespace) => {
  for await (const _ of client.watch(configmaps, { namespace, timeout_s: 1 }, new AbortController().signal));
  t.pass();
});

suite("watch: a revision that is gone is an ApiError", async (t, client, namespace) => {
  const read = async () => {
    for await (const _ of client.watch(configmaps, { namespace, resourceVersion: "1" }, new AbortController().signal));
  };
  await server.store.compact(await server.store.revision());
  const error = await t.throwsAsync(read(), { instanceOf: ApiError });
  t.is(error?.status.code, 410);
});

suite("subresources: binding, status", async (t, client, namespace) => {
  const key = { namespace, name: "p" };
  const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: key, spec: { containers: [{ name: "c", image: "i" }], automountServiceAccountToken: false } };
  await client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: "default" } });
  await client.create(pods, pod);
  await client.createSubresource(pods, key, "binding", { apiVersion: "v1", kind: "Binding", metadata: key, target: { kind: "Node", name: "n1" } });
  const bound = await client.get(pods, key);
  t.is(bound.spec?.nodeName, "n1");
  t.is((await client.update(pods, { ...bound, status: { ...bound.status, phase: "Running" } }, { subresource: "status" })).status?.phase, "Running");
  await client.delete(pods, key, { gracePeriodSeconds: 0, preconditions: { uid: bound.metadata.uid ?? "" } });
  t.true(isReason(await t.throwsAsync(client.get(pods, key)), "NotFound"));
});

suite("deletecollection, preconditions", async (t, client, namespace) => {
  await client.create(configmaps, map(namespace, "a", {}, { x: "y" }));
  const b = await client.create(configmaps, map(namespace, "b"));
  t.true(isReason(await t.throwsAsync(client.delete(configmaps, { namespace, name: "b" }, { preconditions: { uid: "other" } })), "Conflict"));
  await client.deleteCollection(configmaps, { namespace, labelSelector: "x=y" });
  t.deepEqual((await client.list(configmaps, { namespace })).items.map(({ metadata }) => metadata.uid), [b.metadata.uid]);
});

suite("raw requests and discovery", async (t, client) => {
  const response = await client.request({ path: "/version" });
  let text = "";
  for await (const chunk of response.chunks) text += Buffer.from(chunk).toString();
  t.is(response.status, 200);
  t.is((JSON.parse(text) as { major: string }).major, "1");
  t.is((await t.throwsAsync(client.request({ path: "/nowhere" }), { instanceOf: ApiError }))?.status.code, 404);
  const { resources, failed } = await discoverResources(client);
  t.deepEqual(failed, []);
  t.like(resources.find(({ resource, group }) => resource === "deployments" && group === "apps"), { kind: "Deployment", version: "v1", namespaced: true });
  t.true(resources.find(({ resource }) => resource === "pods")?.subresources.includes("binding"));
  t.true(resources.find(({ resource }) => resource === "nodes")?.verbs.includes("watch"));
});

suite("a call that the caller gives up", async (t, client, namespace) => {
  const caller = new AbortController();
  caller.abort(new Error("enough"));
  const watched: unknown[] = [];
  for await (const batch of client.watch(configmaps, { namespace }, caller.signal)) watched.push(batch);
  t.deepEqual(watched, []);
});
