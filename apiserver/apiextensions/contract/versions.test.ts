import test from "ava";
import { STORES, startServersOn } from "../../testing/both-stores.ts";
import { type ConversionWebhook, startConversionWebhook } from "../../testing/conversion-webhook.ts";
import { ANYTHING, DEFINITIONS, definitionOf, establish, untilDefinition } from "../../testing/custom-definitions.ts";
import { startFakeNode } from "../../testing/fake-node.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import { startTestServer } from "../../testing/test-server.ts";

const spec = (properties: object) => ({ openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } });
const text = { type: "string" };

/** v1 has `host: a:1`, v2 has `name: a` and `port: 1`. */
function convert(object: Json, apiVersion: string): Json {
  const { host = ":0", name = "", port = 0 } = object.spec ?? {};
  const [oldName, oldPort] = host.split(":");
  const wanted = apiVersion.endsWith("/v1") ? { host: `${name}:${port}` } : { name: oldName, port: Number(oldPort) };
  return { ...object, apiVersion, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, converted: apiVersion } }, spec: wanted };
}

for (const store of STORES) {
  const open: { client: TestClient; webhook: ConversionWebhook; stop(): Promise<void> }[] = [];
  const the = () => open[0]!;

  test.before(`${store}: start`, async () => {
    const servers = await startServersOn(store);
    open.push({ client: new TestClient(servers.server), webhook: await startConversionWebhook(servers.server, convert), stop: () => servers.stop() });
  });

  test.after.always(`${store}: stop`, async () => {
    for (const one of open) {
      one.client.close();
      await one.stop();
      await one.webhook.stop();
    }
  });

  test(`${store}: with the strategy None versions differ by their names and schemas alone`, async (t) => {
    const { client } = the();
    const versions = [
      { name: "v1", served: true, storage: true, schema: spec({ a: text }) },
      { name: "v2beta1", served: true, storage: false, deprecated: true, schema: spec({ a: text, b: { ...text, default: "B" } }) },
      { name: "v0", served: false, storage: false, schema: { openAPIV3Schema: ANYTHING } },
    ];
    await establish(client, definitionOf("notes", { group: "notes.example.com", versions }));
    const v1 = "/apis/notes.example.com/v1/namespaces/default/notes";
    const v2 = "/apis/notes.example.com/v2beta1/namespaces/default/notes";
    const made = await client.post(v2, { apiVersion: "notes.example.com/v2beta1", kind: "Note", metadata: { name: "n" }, spec: { a: "1", b: "2" } });
    t.deepEqual(made.body.spec, { a: "1", b: "B" });
    t.is(made.headers["warning"], '299 - "notes.example.com/v2beta1 Note is deprecated; use notes.example.com/v1 Note"');
    t.deepEqual((await client.get(`${v1}/n`)).body.spec, { a: "1" });
    const listed = await client.get(v2);
    t.deepEqual(listed.body.items.map((item: Json) => [item.apiVersion, item.spec]), [["notes.example.com/v2beta1", { a: "1", b: "B" }]]);
    t.is((await client.get("/apis/notes.example.com/v0/namespaces/default/notes")).text, "404 page not found\n");
    const watch = await client.watch(`${v2}?watch=1&resourceVersion=${made.body.metadata.resourceVersion}`);
    const patched = await client.patch(`${v1}/n`, { spec: { a: "3" } });
    t.is(patched.body.metadata.generation, 2);
    t.like(await watch.next(), { type: "MODIFIED", object: { apiVersion: "notes.example.com/v2beta1", spec: { a: "3", b: "B" }, metadata: { resourceVersion: patched.body.metadata.resourceVersion } } });
    watch.close();
    t.regex((await client.post(v2, { apiVersion: "notes.example.com/v1", kind: "Note", metadata: { name: "m" } })).body.message, /does not match the expected API version \(notes.example.com\/v2beta1\)/);
    const group = await client.get("/apis/notes.example.com");
    t.is(group.body.preferredVersion.version, "v1");
    // Two versions, one store.
    const counted = (await client.get("/metrics")).text.split("\n").filter((line) => line.includes("notes.notes.example.com"));
    t.deepEqual(counted.filter((line) => line.includes("objects")), ['apiserver_storage_objects{resource="notes.notes.example.com"} 1']);
  });

  test(`${store}: the storage version moves on, and objects with their next write`, async (t) => {
    const { client } = the();
    const versions = (storage: string) => ["v1", "v2"].map((name) => ({ name, served: true, storage: name === storage, schema: { openAPIV3Schema: ANYTHING } }));
    await establish(client, definitionOf("pages", { versions: versions("v1") }));
    const path = "/apis/example.com/v1/namespaces/default/pages";
    const made = await client.post(path, { apiVersion: "example.com/v1", kind: "Page", metadata: { name: "p" }, spec: { x: 1 } });
    const before = (await client.get("/apis/example.com/v1")).body.resources.find((one: Json) => one.name === "pages").storageVersionHash;
    const moved = await client.patch(`${DEFINITIONS}/pages.example.com`, { spec: { versions: versions("v2") } });
    t.deepEqual(moved.body.status.storedVersions, ["v1", "v2"]);
    const { body: read } = await client.get(`${path}/p`);
    t.is(read.metadata.resourceVersion, made.body.metadata.resourceVersion);
    t.not((await client.get("/apis/example.com/v1")).body.resources.find((one: Json) => one.name === "pages").storageVersionHash, before);
    const rewritten = await client.put(`${path}/p`, read);
    t.not(rewritten.body.metadata.resourceVersion, read.metadata.resourceVersion);
    t.is((await client.put(`${path}/p`, rewritten.body)).body.metadata.resourceVersion, rewritten.body.metadata.resourceVersion);
    const done = await client.patch(`${DEFINITIONS}/pages.example.com/status`, { status: { storedVersions: ["v2"] } });
    t.deepEqual(done.body.status.storedVersions, ["v2"]);
    t.is((await client.patch(`${DEFINITIONS}/pages.example.com`, { spec: { versions: versions("v2").slice(1) } })).status, 200);
    t.is((await client.get("/apis/example.com/v2/namespaces/default/pages/p")).body.spec.x, 1);
  });

  test.serial(`${store}: a webhook converts what is read, listed, watched and written`, async (t) => {
    const { client, webhook } = the();
    const versions = [
      { name: "v1", served: true, storage: true, schema: spec({ host: text }) },
      { name: "v2", served: true, storage: false, schema: spec({ name: text, port: { type: "integer" } }), selectableFields: [{ jsonPath: ".spec.name" }] },
    ];
    const conversion = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: webhook.url, caBundle: webhook.caBundle } } };
    await establish(client, definitionOf("hosts", { versions, spec: { conversion } }));
    const v1 = "/apis/example.com/v1/namespaces/default/hosts";
    const v2 = "/apis/example.com/v2/namespaces/default/hosts";
    const host = (name: string) => ({ apiVersion: "example.com/v2", kind: "Host", metadata: { name }, spec: { name, port: 80 } });
    const { body: list } = await client.get(v2);
    const watch = await client.watch(`${v2}?watch=1&resourceVersion=${list.metadata.resourceVersion}`);
    const made = await client.post(v2, host("a"));
    t.is(made.status, 201);
    t.deepEqual([made.body.apiVersion, made.body.spec, made.body.metadata.generation], ["example.com/v2", { name: "a", port: 80 }, 1]);
    t.deepEqual((await client.get(`${v1}/a`)).body.spec, { host: "a:80" });
    for (const name of ["b", "c", "d"]) await client.post(v2, host(name));
    t.deepEqual((await watch.take(4)).map((event) => [event.type, event.object.spec.name]), ["a", "b", "c", "d"].map((name) => ["ADDED", name]));
    watch.close();
    await client.patch(`${v1}/d`, { spec: { host: "z:1" } });
    webhook.asked.length = 0;
    t.deepEqual((await client.get(v2)).body.items.map((item: Json) => item.spec.name), ["a", "b", "c", "z"]);
    t.deepEqual((await client.get(`${v2}?fieldSelector=spec.name%3Dz`)).body.items.map((item: Json) => item.metadata.name), ["d"]);
    t.true(webhook.asked.reduce((sum, count) => sum + count, 0) <= 1, "what was converted once is not converted again");
    const patched = await client.patch(`${v2}/a`, { spec: { port: 81 } });
    t.deepEqual([patched.body.spec, patched.body.metadata.generation], [{ name: "a", port: 81 }, 2]);
    t.is((await client.call("DELETE", `${v2}?fieldSelector=spec.name%3Dz`)).body.items.length, 1);
  });

  test.serial(`${store}: a webhook whose bundle is its own certificate, and no authority's, is believed`, async (t) => {
    const { client, webhook } = the();
    const versions = ["v1", "v2"].map((name) => ({ name, served: true, storage: name === "v1", schema: { openAPIV3Schema: ANYTHING } }));
    const conversion = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: webhook.url, caBundle: webhook.ownBundle } } };
    await establish(client, definitionOf("pins", { versions, spec: { conversion } }));
    const made = await client.post("/apis/example.com/v2/namespaces/default/pins", { apiVersion: "example.com/v2", kind: "Pin", metadata: { name: "p" }, spec: { name: "a", port: 1 } });
    t.is(made.status, 201, made.body.message);
  });

  test.serial(`${store}: a webhook that fails is named in the answer, and stands in the way of nothing else`, async (t) => {
    const { client, webhook } = the();
    const good = webhook.answer;
    const versions = [
      { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: ANYTHING } },
      { name: "v2", served: true, storage: false, schema: { openAPIV3Schema: ANYTHING } },
    ];
    const conversion = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: webhook.url, caBundle: webhook.caBundle } } };
    await establish(client, definitionOf("brittles", { versions, spec: { conversion } }));
    const v1 = "/apis/example.com/v1/namespaces/default/brittles";
    const v2 = "/apis/example.com/v2/namespaces/default/brittles";
    await client.post(v1, { apiVersion: "example.com/v1", kind: "Brittle", metadata: { name: "x" }, spec: { host: "a:1" } });
    const answers: [(review: Json) => Json, RegExp][] = [
      [({ kind, apiVersion, request }) => ({ kind, apiVersion, response: { uid: request.uid, result: { status: "Failure", message: "I will not" } } }), /^conversion webhook for example.com\/v1, Kind=Brittle failed: I will not$/],
      [({ kind, apiVersion, request }) => ({ kind, apiVersion, response: { uid: "other", result: { status: "Success" }, convertedObjects: request.objects } }), /failed: expected response.uid=/],
      [({ kind, apiVersion, request }) => ({ kind, apiVersion, response: { uid: request.uid, result: { status: "Success" }, convertedObjects: [] } }), /returned 0 objects, expected 1/],
      [({ kind, apiVersion, request }) => ({ kind, apiVersion, response: { uid: request.uid, result: { status: "Success" }, convertedObjects: request.objects } }), /invalid groupVersion \(expected example.com\/v2, received example.com\/v1\)/],
      [(review) => ({ ...good(review), response: { ...good(review).response, convertedObjects: review.request.objects.map((object: Json) => ({ ...convert(object, "example.com/v2"), metadata: { ...object.metadata, name: "y" } })) } }), /must have the same name: x != y/],
    ];
    for (const [answer, message] of answers) {
      webhook.answer = answer;
      const { status, body } = await client.get(`${v2}/x`);
      t.is(status, 500);
      t.regex(body.message, message);
    }
    t.is((await client.get(v2)).status, 500);
    t.is((await client.get(v1)).body.items.length, 1);
    const watch = await client.watch(`${v2}?watch=1&resourceVersion=0`);
    t.like(await watch.next(), { type: "ERROR", object: { kind: "Status", code: 500 } });
    t.is(await watch.next(), undefined);
    webhook.answer = good;
    t.deepEqual((await client.get(`${v2}/x`)).body.spec, { name: "a", port: 1 });
    // Deleted with its definition, though the webhook is dead.
    webhook.answer = answers[0]![0];
    await client.delete(`${DEFINITIONS}/brittles.example.com`);
    await untilDefinition(client, "brittles.example.com", (now) => now === undefined);
    webhook.answer = good;
    t.is((await client.get(v1)).status, 404);
  });
}

test("a webhook behind a Service is asked through the agent of its pod's node", async (t) => {
  const server = await startTestServer();
  const client = new TestClient(server);
  const webhook = await startConversionWebhook(server, convert, ["hook.default.svc"]);
  const node = await startFakeNode(server, client, "n1");
  t.teardown(async () => {
    client.close();
    node.close();
    await webhook.stop();
    await server.stop();
  });
  const core = "/api/v1/namespaces/default";
  const ip = "10.1.2.3";
  node.routes.set(`${ip}:8443`, webhook.port);
  const service = { namespace: "default", name: "hook", path: "/convert", port: 443 };
  const conversion = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1beta1", "v1"], clientConfig: { service, caBundle: webhook.caBundle } } };
  const versions = ["v1", "v2"].map((name) => ({ name, served: true, storage: name === "v1", schema: { openAPIV3Schema: ANYTHING } }));
  await establish(client, definitionOf("hosts", { versions, spec: { conversion } }));
  await client.post("/apis/example.com/v1/namespaces/default/hosts", { apiVersion: "example.com/v1", kind: "Host", metadata: { name: "h" }, spec: { host: "a:1" } });
  const path = "/apis/example.com/v2/namespaces/default/hosts/h";
  const before = await client.get(path);
  t.is(before.status, 500);
  t.regex(before.body.message, /conversion webhook for example.com\/v1, Kind=Host failed: Post "https:\/\/hook.default.svc:443\/convert": service\/hook in "default" is not present/);
  await client.post(`${core}/serviceaccounts`, { metadata: { name: "default" } });
  await client.post(`${core}/pods`, { metadata: { name: "hook" }, spec: { nodeName: "n1", automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }] } });
  await client.patch(`${core}/pods/hook/status`, { status: { phase: "Running", podIP: ip, podIPs: [{ ip }] } });
  await client.post(`${core}/services`, { metadata: { name: "hook" }, spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }] } });
  const targetRef = { kind: "Pod", namespace: "default", name: "hook" };
  await client.post("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", { metadata: { name: "hook-1", labels: { "kubernetes.io/service-name": "hook" } }, addressType: "IPv4", ports: [{ name: "https", port: 8443, protocol: "TCP" }], endpoints: [{ addresses: [ip], conditions: { ready: true }, targetRef }] });
  const read = await client.get(path);
  t.deepEqual(read.body.spec, { name: "a", port: 1 }, read.text);
});
