import test from "ava";
import { STORES, startServersOn } from "../../testing/both-stores.ts";
import { DEFINITIONS, definitionOf, establish } from "../../testing/custom-definitions.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import type { TestServer } from "../../testing/test-server.ts";

const SCHEMA = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        color: { type: "string", default: "red" },
        count: { type: "integer" },
        replicas: { type: "integer" },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        list: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
      },
    },
    status: { type: "object", properties: { replicas: { type: "integer" }, selector: { type: "string" }, phase: { type: "string" } } },
  },
};

for (const store of STORES) {
  const open: { client: TestClient; server: TestServer; stop(): Promise<void> }[] = [];
  const the = () => open[0]!;

  test.before(`${store}: start`, async () => {
    const servers = await startServersOn(store);
    const client = new TestClient(servers.server);
    open.push({ client, server: servers.server, stop: () => servers.stop() });
    const version = {
      subresources: { status: {}, scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas", labelSelectorPath: ".status.selector" } },
      selectableFields: [{ jsonPath: ".spec.color" }, { jsonPath: ".spec.count" }],
      additionalPrinterColumns: [
        { name: "Color", type: "string", jsonPath: ".spec.color", description: "The color." },
        { name: "Count", type: "integer", jsonPath: ".spec.count", priority: 1 },
        { name: "Since", type: "date", jsonPath: ".metadata.creationTimestamp" },
      ],
    };
    await establish(client, definitionOf("boxes", { schema: SCHEMA, version, names: { kind: "Box", singular: "box" } }));
    await establish(client, definitionOf("shelves", { scope: "Cluster", names: { kind: "Shelf", singular: "shelf" } }));
  });

  test.after.always(`${store}: stop`, async () => {
    for (const one of open) {
      one.client.close();
      await one.stop();
    }
  });

  const BOXES = "/apis/example.com/v1/namespaces/default/boxes";
  const box = (name: string, more: object = {}) => ({ apiVersion: "example.com/v1", kind: "Box", metadata: { name }, ...more });

  test(`${store}: what the schema does not know is pruned, warned of or refused; defaults are filled in`, async (t) => {
    const { client } = the();
    const spec = { count: 1, other: 1, free: { x: { y: 1 } }, list: [{ name: "a", extra: 1 }] };
    const made = await client.post(BOXES, box("pruned", { spec, extra: 1 }));
    t.is(made.status, 201);
    t.deepEqual(made.body.spec, { color: "red", count: 1, free: { x: { y: 1 } }, list: [{ name: "a" }] });
    t.deepEqual([made.headers["warning"]].flat().join().match(/unknown field \\"[^"\\]+/g), ['unknown field \\"extra', 'unknown field \\"spec.list[0].extra', 'unknown field \\"spec.other']);
    const strict = await client.post(`${BOXES}?fieldValidation=Strict`, box("strict", { spec }));
    t.is(strict.body.message, 'Box in version "v1" cannot be handled as a Box: strict decoding error: unknown field "spec.list[0].extra", unknown field "spec.other"');
    const ignored = await client.post(`${BOXES}?fieldValidation=Ignore`, box("ignored", { spec }));
    t.is(ignored.headers["warning"], undefined);
    const twice = await client.post(`${BOXES}?fieldValidation=Strict`, '{"apiVersion":"example.com/v1","kind":"Box","metadata":{"name":"t"},"spec":{"count":1,"count":2}}');
    t.regex(twice.body.message, /strict decoding error: duplicate field "spec.count"/);
    const patched = await client.patch(`${BOXES}/pruned?fieldValidation=Strict`, { spec: { other: 2 } });
    t.is(patched.status, 422);
    t.is(patched.body.details.causes[0].field, "patch");
    t.regex(patched.body.message, /strict decoding error: unknown field "spec.other"/);
  });

  test(`${store}: patches but strategic merge; no protobuf`, async (t) => {
    const { client } = the();
    await client.post(BOXES, box("patched", { spec: { count: 1, list: [{ name: "a" }] } }));
    t.is((await client.patch(`${BOXES}/patched`, [{ op: "add", path: "/spec/list/-", value: { name: "b" } }], "application/json-patch+json")).body.spec.list.length, 2);
    t.is((await client.patch(`${BOXES}/patched`, { spec: { count: null } })).body.spec.count, undefined);
    t.is((await client.patch(`${BOXES}/patched`, {}, "application/strategic-merge-patch+json")).status, 415);
    const applied = await client.patch(`${BOXES}/patched?fieldManager=me`, box("patched", { spec: { count: 5 } }), "application/apply-patch+yaml");
    t.is(applied.body.spec.count, 5);
    const read = await client.get(`${BOXES}/patched`, { accept: "application/vnd.kubernetes.protobuf" });
    t.is(read.status, 406);
    t.true(read.text.includes("only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"));
    t.is((await client.get(BOXES, { accept: "application/vnd.kubernetes.protobuf" })).status, 406);
    const written = await client.post(BOXES, Buffer.from("k8s\0"), { type: "application/vnd.kubernetes.protobuf" });
    t.is(written.status, 400);
    t.is((await client.post(BOXES, "x", { type: "application/cbor" })).status, 415);
    const partial = await client.get(`${BOXES}/patched`, { accept: "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" });
    t.is(partial.status, 200);
  });

  test(`${store}: status and the rest are written apart; the generation counts what is wanted`, async (t) => {
    const { client } = the();
    const made = await client.post(BOXES, box("parts", { spec: { count: 1 }, status: { phase: "mine" } }));
    t.is(made.body.status, undefined);
    t.is(made.body.metadata.generation, 1);
    const status = await client.patch(`${BOXES}/parts/status`, { metadata: { labels: { a: "b" } }, spec: { count: 9 }, status: { phase: "ready" } });
    t.deepEqual([status.body.spec.count, status.body.status, status.body.metadata.labels, status.body.metadata.generation], [1, { phase: "ready" }, undefined, 1]);
    const labelled = await client.patch(`${BOXES}/parts`, { metadata: { labels: { a: "b" } }, status: { phase: "no" } });
    t.deepEqual([labelled.body.status, labelled.body.metadata.generation], [{ phase: "ready" }, 1]);
    t.is((await client.patch(`${BOXES}/parts`, { spec: { count: 2 } })).body.metadata.generation, 2);
    const stale = await client.put(`${BOXES}/parts`, box("parts", { spec: {} }));
    t.is(stale.status, 422);
    t.is(stale.body.details.causes[0].field, "metadata.resourceVersion");
    t.is((await client.get(`${BOXES}/parts/other`)).body.message, 'boxes.example.com "parts" not found');
  });

  test(`${store}: scale reads and writes the replicas that the definition names`, async (t) => {
    const { client } = the();
    await client.post(BOXES, box("scaled", { spec: { replicas: 2 } }));
    const path = `${BOXES}/scaled/scale`;
    t.like((await client.get(path)).body, { kind: "Scale", spec: { replicas: 2 }, status: { replicas: 0 } });
    t.like((await client.patch(path, { spec: { replicas: 5 } })).body, { spec: { replicas: 5 } });
    await client.patch(`${BOXES}/scaled/status`, { status: { replicas: 3, selector: "a=b" } });
    const { body: scale } = await client.get(path);
    t.deepEqual(scale.status, { replicas: 3, selector: "a=b" });
    t.is((await client.put(path, { ...scale, spec: { replicas: 7 } })).body.spec.replicas, 7);
    const refused = await client.patch(path, { spec: { replicas: -1 } });
    t.deepEqual(refused.body.details.causes, [{ reason: "FieldValueInvalid", message: "Invalid value: -1: should be a non-negative integer", field: ".spec.replicas" }]);
    await client.post(BOXES, box("unscaled", { spec: {} }));
    t.is((await client.get(`${BOXES}/unscaled/scale`)).body.message, 'Internal error occurred: the spec replicas field ".spec.replicas" does not exist');
    t.is((await client.patch(`${BOXES}/unscaled/scale`, { spec: { replicas: 1 } })).body.spec.replicas, 1);
  });

  test(`${store}: fields of the definition select, also in watches and collections`, async (t) => {
    const { client } = the();
    await client.post("/api/v1/namespaces", { metadata: { name: "select" } });
    const boxes = "/apis/example.com/v1/namespaces/select/boxes";
    const { body: list } = await client.get(boxes);
    const watch = await client.watch(`${boxes}?watch=1&resourceVersion=${list.metadata.resourceVersion}&fieldSelector=spec.color%3Dblue`);
    for (const [name, color] of [["a", "blue"], ["b", "green"], ["c", "blue"]] as const) await client.post(boxes, box(name, { spec: { color, count: 1 } }));
    await client.patch(`${boxes}/a`, { spec: { color: "green" } });
    t.deepEqual((await watch.take(3)).map((event) => [event.type, event.object.metadata.name]), [["ADDED", "a"], ["ADDED", "c"], ["DELETED", "a"]]);
    watch.close();
    const names = async (selector: string) => (await client.get(`${boxes}?fieldSelector=${encodeURIComponent(selector)}`)).body.items.map((item: Json) => item.metadata.name);
    t.deepEqual(await names("spec.color=green"), ["a", "b"]);
    t.deepEqual(await names("spec.color!=green,spec.count=1"), ["c"]);
    t.is((await client.get(`${boxes}?fieldSelector=spec.other%3Dx`)).body.message, "field label not supported: spec.other");
    const page = await client.get(`${boxes}?limit=1&fieldSelector=spec.color%3Dgreen`);
    t.is(page.body.items[0].metadata.name, "a");
    const rest = await client.get(`${boxes}?limit=1&fieldSelector=spec.color%3Dgreen&continue=${page.body.metadata.continue}`);
    t.is(rest.body.items[0].metadata.name, "b");
    const gone = await client.call("DELETE", `${boxes}?fieldSelector=spec.color%3Dgreen`);
    t.is(gone.body.items.length, 2);
    t.deepEqual(await names("metadata.namespace=select"), ["c"]);
  });

  test(`${store}: tables with the definition's columns, lists of metadata, initial events`, async (t) => {
    const { client } = the();
    await client.post("/api/v1/namespaces", { metadata: { name: "tables" } });
    const boxes = "/apis/example.com/v1/namespaces/tables/boxes";
    await client.post(boxes, box("one", { spec: { color: "blue", count: 3 } }));
    const table = await client.get(boxes, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    t.deepEqual(table.body.columnDefinitions.map(({ name, type, priority }: Json) => [name, type, priority]), [["Name", "string", 0], ["Color", "string", 0], ["Count", "integer", 1], ["Since", "date", 0]]);
    t.deepEqual(table.body.rows[0].cells.slice(0, 3), ["one", "blue", 3]);
    t.regex(table.body.rows[0].cells[3], /^\d+s$/);
    const partial = await client.get(boxes, { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" });
    t.is(partial.body.items[0].metadata.name, "one");
    t.is(partial.body.items[0].spec, undefined);
    const watch = await client.watch(`${boxes}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
    const [added, bookmark] = await watch.take(2);
    t.like(added, { type: "ADDED", object: { metadata: { name: "one" } } });
    t.is(bookmark.object.metadata.annotations["k8s.io/initial-events-end"], "true");
    t.is(bookmark.object.kind, "Box");
    watch.close();
  });

  test(`${store}: cluster-scoped kinds have no namespace`, async (t) => {
    const { client } = the();
    const shelf = { apiVersion: "example.com/v1", kind: "Shelf", metadata: { name: "s", namespace: "default" } };
    const made = await client.post("/apis/example.com/v1/shelves", shelf);
    t.is(made.status, 201);
    t.is(made.body.metadata.namespace, undefined);
    t.is((await client.post("/apis/example.com/v1/namespaces/default/shelves", shelf)).text, "404 page not found\n");
    t.is((await client.get("/apis/example.com/v1/shelves")).body.items.length, 1);
  });

  test(`${store}: roles say who may`, async (t) => {
    const { client, server } = the();
    const certificate = await server.clientCertificate({ commonName: "jane" });
    const jane = new TestClient(server, certificate);
    const forbidden = await jane.get(BOXES);
    t.is(forbidden.body.message, 'boxes.example.com is forbidden: User "jane" cannot list resource "boxes" in API group "example.com" in the namespace "default"');
    await client.post("/apis/rbac.authorization.k8s.io/v1/clusterroles", { metadata: { name: "boxes" }, rules: [{ apiGroups: ["example.com"], resources: ["boxes"], verbs: ["list"] }] });
    await client.post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", { metadata: { name: "jane" }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "boxes" }, subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }] });
    t.is((await jane.get(BOXES)).status, 200);
    t.is((await jane.get(`${BOXES}/x`)).status, 403);
    jane.close();
  });

  test(`${store}: a schema that changes holds for what is stored too, and its watches begin anew`, async (t) => {
    const { client } = the();
    const schema = { type: "object", properties: { spec: { type: "object", properties: { a: { type: "string" }, b: { type: "string" } } } } };
    await establish(client, definitionOf("lamps", { schema }));
    const lamps = "/apis/example.com/v1/namespaces/default/lamps";
    const lamp = { apiVersion: "example.com/v1", kind: "Lamp", metadata: { name: "l" }, spec: { a: "1", b: "2" } };
    const made = await client.post(lamps, lamp);
    const watch = await client.watch(`${lamps}?watch=1&resourceVersion=${made.body.metadata.resourceVersion}`);
    await client.patch(`${DEFINITIONS}/lamps.example.com`, [{ op: "replace", path: "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties", value: { a: { type: "string" }, late: { type: "string", default: "now" } } }], "application/json-patch+json");
    t.is(await watch.next(), undefined);
    const read = await client.get(`${lamps}/l`);
    t.deepEqual(read.body.spec, { a: "1", late: "now" });
    t.is(read.body.metadata.resourceVersion, made.body.metadata.resourceVersion);
    const again = await client.watch(`${lamps}?watch=1&resourceVersion=${made.body.metadata.resourceVersion}`);
    const written = await client.patch(`${lamps}/l`, { metadata: { labels: { x: "y" } } });
    t.like(await again.next(), { type: "MODIFIED", object: { metadata: { resourceVersion: written.body.metadata.resourceVersion }, spec: { a: "1", late: "now" } } });
    again.close();
  });
}
