import test from "ava";
import { definitionOf, establish } from "../../testing/custom-definitions.ts";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer } from "../../testing/test-server.ts";

const NAILS = "/apis/example.com/v1/namespaces/default/nails";
const JSON_TYPES = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

async function nails(t: { teardown(fn: () => unknown): void }): Promise<TestClient> {
  const server = await startTestServer();
  t.teardown(() => server.stop());
  const client = new TestClient(server);
  t.teardown(() => client.close());
  await establish(client, definitionOf("nails", { names: { kind: "Nail", singular: "nail" }, version: { subresources: { status: {} } } }));
  await client.post(NAILS, { apiVersion: "example.com/v1", kind: "Nail", metadata: { name: "a" } });
  return client;
}

test("a client that likes protobuf best gets JSON of custom resources", async (t) => {
  const client = await nails(t);
  const accept = "application/vnd.kubernetes.protobuf,application/json";
  for (const path of [NAILS, `${NAILS}/a`]) {
    const answer = await client.get(path, { accept });
    t.deepEqual([answer.status, answer.headers["content-type"]], [200, "application/json"], path);
  }
  const made = await client.post(NAILS, { apiVersion: "example.com/v1", kind: "Nail", metadata: { name: "b" } }, { accept });
  t.deepEqual([made.status, made.headers["content-type"]], [201, "application/json"]);
  t.is((await client.call("DELETE", `${NAILS}/b`, { accept })).status, 200);
  const refused = await client.get(`${NAILS}/a`, { accept: "application/cbor" });
  t.deepEqual([refused.status, refused.body.message], [406, `only the following media types are accepted: ${JSON_TYPES}`]);
  t.is((await client.get(`${NAILS}/a`, { accept: "application/*" })).status, 200);
  const list = await client.get(NAILS, { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" });
  t.is(list.body.message, "you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)");
  const patch = await client.call("PATCH", `${NAILS}/a`, { body: "{}", type: "text/plain" });
  t.deepEqual([patch.status, patch.body.message], [415, "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"]);
});

test("methods that a router would keep from custom resources", async (t) => {
  const client = await nails(t);
  for (const path of [NAILS, `${NAILS}/a`, `${NAILS}/a/status`, "/apis/example.com/v1"]) t.deepEqual([(await client.call("HEAD", path)).status, (await client.call("HEAD", path)).text], [200, ""], path);
  t.is((await client.call("OPTIONS", `${NAILS}/a`)).body.message, ' is not supported on resources of kind "nails.example.com"');
  t.is((await client.call("DELETE", `${NAILS}/a/status`)).body.message, 'delete is not supported on resources of kind "nails.example.com"');
  t.is((await client.call("POST", "/apis/example.com/v1", { body: "{}" })).body.kind, "APIResourceList");
  for (const [method, path] of [["GET", "/apis/example.com/v9"], ["POST", "/apis/example.com/v9"], ["POST", "/apis/nobody.dev/v1"]] as const) {
    const answer = await client.call(method, path);
    t.deepEqual([answer.status, answer.text], [404, "404 page not found\n"], `${method} ${path}`);
  }
  t.deepEqual([(await client.call("POST", "/apis/apps/v9")).status, (await client.call("POST", "/apis/apps/v1")).status], [404, 405]);
});

test("a patch that names another kind or version is refused", async (t) => {
  const client = await nails(t);
  const kind = await client.patch(`${NAILS}/a`, { kind: "Screw" });
  t.deepEqual([kind.status, kind.body.message], [422, 'Screw.example.com "a" is invalid: kind: Invalid value: "Screw": must be Nail']);
  const version = await client.patch(`${NAILS}/a`, [{ op: "replace", path: "/apiVersion", value: "other.dev/v1" }], "application/json-patch+json");
  t.deepEqual([version.status, version.body.message], [422, 'Nail.other.dev "a" is invalid: apiVersion: Invalid value: "other.dev/v1": must be example.com/v1']);
  t.is((await client.patch(`${NAILS}/a`, { kind: null })).status, 200);
});

test("finalizers without a domain are warned of; a list of any state has no pages", async (t) => {
  const client = await nails(t);
  const warned = async (finalizer: string) => (await client.patch(`${NAILS}/a?dryRun=All`, { metadata: { finalizers: [finalizer] } })).headers.warning;
  t.regex(String(await warned("mine")), /prefer a domain-qualified finalizer name to avoid/);
  t.regex(String(await warned("mine.dev")), /prefer a domain-qualified finalizer name including a path \(\/\) to avoid/);
  await client.post(NAILS, { apiVersion: "example.com/v1", kind: "Nail", metadata: { name: "z" } });
  t.is((await client.get(`${NAILS}?limit=1&resourceVersion=0`)).body.items.length, 2);
});

test("an applied item of a list by keys needs one of them", async (t) => {
  const client = await nails(t);
  const items = { type: "object", properties: { key: { type: "string" }, other: { type: "string" } }, required: ["key"] };
  const schema = { type: "object", properties: { spec: { type: "object", properties: { list: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key"], items } } } } };
  await establish(client, definitionOf("racks", { schema, names: { kind: "Rack", singular: "rack" } }));
  const rack = { apiVersion: "example.com/v1", kind: "Rack", metadata: { name: "r" }, spec: { list: [{ other: "x" }] } };
  const answer = await client.patch("/apis/example.com/v1/namespaces/default/racks/r?fieldManager=me", rack, "application/apply-patch+yaml");
  t.deepEqual([answer.status, answer.body.message.split(": ").slice(1).join(": ")], [500, '.spec.list: element 0: associative list with keys has an element that omits all key fields ["key"] (and doesn\'t have default values for any key fields)']);
});

test("a watch whose rows cannot be made is refused before it begins; all that is wrong with its options is told", async (t) => {
  const client = await nails(t);
  const answer = await client.get(`${NAILS}?watch=1&timeoutSeconds=1&includeObject=some`, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
  t.deepEqual([answer.status, answer.body.reason], [400, "BadRequest"]);
  const options = await client.get(`${NAILS}?watch=1&timeoutSeconds=1&resourceVersionMatch=Exact`);
  t.is(options.body.details.causes.length, 2);
});
