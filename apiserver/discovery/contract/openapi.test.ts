import { gunzipSync } from "node:zlib";
import test from "ava";
import protobufjs from "protobufjs";
import type { KindEntry } from "../../../api/kinds/kind.ts";
import { kinds } from "../../../api/kinds/index.ts";
import { parseRequest } from "../../chain/request-info.ts";
import { type Json, TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";
import { OpenApi } from "../openapi.ts";
import type { OpenApiSource } from "../openapi-source.ts";

const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
let server: TestServer;
let admin: TestClient;

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
});
test.after.always(async () => {
  admin?.close();
  await server?.stop();
});

/** As much of openapi.v2 as the assertions look at, declared apart from the encoder's table. */
const { root } = protobufjs.parse(`syntax = "proto3"; package openapi.v2;
  message Document { string swagger = 1; Paths paths = 8; Definitions definitions = 9; }
  message Paths { repeated NamedPathItem path = 2; }
  message NamedPathItem { string name = 1; PathItem value = 2; }
  message PathItem { Operation get = 2; Operation patch = 8; repeated ParametersItem parameters = 9; }
  message Operation { string operation_id = 5; repeated string consumes = 7; repeated ParametersItem parameters = 8; repeated NamedAny vendor_extension = 13; }
  message ParametersItem { Parameter parameter = 1; }
  message Parameter { BodyParameter body_parameter = 1; NonBodyParameter non_body_parameter = 2; }
  message BodyParameter { string name = 2; bool required = 4; Schema schema = 5; }
  message NonBodyParameter { Query query_parameter_sub_schema = 3; Path path_parameter_sub_schema = 4; }
  message Query { string name = 4; string type = 6; bool unique_items = 20; }
  message Path { string name = 4; string type = 5; bool unique_items = 19; }
  message Definitions { repeated NamedSchema additional_properties = 1; }
  message NamedSchema { string name = 1; Schema value = 2; }
  message Schema { string ref = 1; string format = 2; string description = 4; repeated string required = 19; Additional additional_properties = 21; Type type = 22; Items items = 23; Properties properties = 25; repeated NamedAny vendor_extension = 31; }
  message Additional { Schema schema = 1; }
  message Type { repeated string value = 1; }
  message Items { repeated Schema schema = 1; }
  message Properties { repeated NamedSchema additional_properties = 1; }
  message NamedAny { string name = 1; Any value = 2; }
  message Any { string yaml = 2; }`);
const Document = root.lookupType("openapi.v2.Document");

const decoded = (bytes: Uint8Array): Json => Document.toObject(Document.decode(bytes));
const named = (list: Json[], name: string): Json => list.find((entry) => entry.name === name)?.value;

async function raw(path: string, headers: Record<string, string>): Promise<{ status: number; headers: Json; bytes: Buffer }> {
  const response = await admin.open("GET", path, { headers, ...(headers["accept"] === undefined ? {} : { accept: headers["accept"] }) });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) };
}

test("/openapi/v2 as protobuf says what it says as JSON", async (t) => {
  const json = (await admin.get("/openapi/v2")).body;
  const answer = await raw("/openapi/v2", { accept: V2_PROTOBUF });
  t.is(answer.headers["content-type"], "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  const document = decoded(answer.bytes);
  t.is(document.swagger, "2.0");
  t.deepEqual(document.definitions.additionalProperties.map((entry: Json) => entry.name), Object.keys(json.definitions));
  t.deepEqual(document.paths.path.map((entry: Json) => entry.name), Object.keys(json.paths));
  const spec = named(document.definitions.additionalProperties, "io.k8s.api.core.v1.PodSpec");
  t.deepEqual(spec.required, ["containers"]);
  t.deepEqual(spec.type.value, ["object"]);
  const containers = named(spec.properties.additionalProperties, "containers");
  t.deepEqual(containers.items.schema, [{ ref: "#/definitions/io.k8s.api.core.v1.Container" }]);
  t.is(named(containers.vendorExtension, "x-kubernetes-patch-merge-key").yaml, "name\n");
  t.is(named(containers.vendorExtension, "x-kubernetes-list-map-keys").yaml, "- name\n");
  const deployment = named(document.definitions.additionalProperties, "io.k8s.api.apps.v1.Deployment");
  t.is(named(deployment.vendorExtension, "x-kubernetes-group-version-kind").yaml, "- group: apps\n  kind: Deployment\n  version: v1\n");
  const { patch, parameters } = named(document.paths.path, "/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
  t.true(patch.parameters.some((item: Json) => item.parameter.nonBodyParameter?.queryParameterSubSchema?.name === "fieldValidation"));
  t.true(patch.parameters.some((item: Json) => item.parameter.bodyParameter?.required === true));
  t.true(parameters.some((item: Json) => item.parameter.nonBodyParameter?.pathParameterSubSchema?.name === "namespace"));
  t.is(named(patch.vendorExtension, "x-kubernetes-action").yaml, "patch\n");
});

test("documents are named by ETag and hash, and compressed for who takes that", async (t) => {
  for (const [path, accept] of [["/openapi/v2", "application/json"], ["/openapi/v2", V2_PROTOBUF], ["/openapi/v3", "application/json"], ["/openapi/v3/apis/apps/v1", "application/json"]] as const) {
    const plain = await raw(path, { accept });
    t.is(plain.status, 200);
    t.is(plain.headers["content-encoding"], undefined);
    const zipped = await raw(path, { accept, "accept-encoding": "br, gzip" });
    t.is(zipped.headers["content-encoding"], "gzip");
    t.true(gunzipSync(zipped.bytes).equals(plain.bytes), path);
    t.is(zipped.headers["etag"], plain.headers["etag"]);
    const again = await raw(path, { accept, "if-none-match": plain.headers["etag"] });
    t.is(again.status, 304);
    t.is(again.bytes.length, 0);
  }
  t.not((await raw("/openapi/v2", { accept: V2_PROTOBUF })).headers["etag"], (await raw("/openapi/v2", { accept: "application/json" })).headers["etag"]);
  t.is((await raw("/openapi/v2", { accept: "text/html" })).status, 406);
  t.is((await raw("/openapi/v2", { accept: `text/html, ${V2_PROTOBUF};q=0.5, application/json;q=0.4` })).headers["content-type"], "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  t.is((await raw("/openapi/v3/apis/none/v1", {})).status, 404);
});

test("/openapi/v3 lists each group version with its hash; a document asked by an old hash leads to the new one", async (t) => {
  const { paths } = (await admin.get("/openapi/v3")).body as { paths: Record<string, { serverRelativeURL: string }> };
  for (const path of new Set(kinds.map(({ group, version }: KindEntry) => (group === "" ? `api/${version}` : `apis/${group}/${version}`)))) {
    const url = paths[path]?.serverRelativeURL ?? "";
    t.regex(url, new RegExp(`^/openapi/v3/${path}\\?hash=[0-9A-F]{128}$`));
    const answer = await raw(url, {});
    t.is(answer.headers["cache-control"], "public, immutable");
    t.truthy(Date.parse(answer.headers["expires"]));
    t.is(JSON.parse(answer.bytes.toString()).openapi, "3.0.0");
  }
  const moved = await raw("/openapi/v3/apis/apps/v1?hash=OLD", {});
  t.is(moved.status, 301);
  t.is(moved.headers["location"], paths["apis/apps/v1"]?.serverRelativeURL);
});

test("a source's documents are merged: v3 beside the others, v2 inside the one document, in both forms", async (t) => {
  const thing = { type: "object", properties: { size: { type: "integer" } }, "x-kubernetes-group-version-kind": [{ group: "ö.example.com", version: "v1", kind: "Thing" }] };
  let hash = "A";
  const source: OpenApiSource = {
    v3: () => [{ path: "apis/example.com/v1", hash, content: () => Buffer.from('{"openapi":"3.0.0"}') }],
    v2: () => [{ hash, paths: { "/apis/example.com/v1/things": { get: { operationId: "listThings", responses: {} } } }, definitions: { "com.example.v1.Thing": thing } }, { hash: "empty", paths: {}, definitions: {} }],
  };
  const openapi = new OpenApi();
  openapi.add(source);
  const ask = async (url: string, headers: Record<string, string> = {}) => {
    const request = { method: "GET", url, headers, signal: new AbortController().signal };
    const answer = await openapi.answer({ request, info: parseRequest("GET", url), user: { name: "", groups: [] }, now_ms: 0, warnings: [] });
    const bytes = answer?.body.type === "bytes" ? Buffer.from(answer.body.bytes) : Buffer.alloc(0);
    return { answer, bytes, etag: String(answer?.headers["etag"]) };
  };
  const index = JSON.parse((await ask("/openapi/v3")).bytes.toString());
  t.is(index.paths["apis/example.com/v1"].serverRelativeURL, "/openapi/v3/apis/example.com/v1?hash=A");
  t.truthy(index.paths["apis/apps/v1"]);
  t.is((await ask("/openapi/v3/apis/example.com/v1?hash=A")).bytes.toString(), '{"openapi":"3.0.0"}');
  const json = await ask("/openapi/v2");
  const merged = JSON.parse(json.bytes.toString());
  t.deepEqual(merged.definitions["com.example.v1.Thing"], thing);
  t.truthy(merged.definitions["io.k8s.api.core.v1.Pod"]);
  t.truthy(merged.paths["/apis/example.com/v1/things"]);
  t.truthy(merged.security);
  const document = decoded((await ask("/openapi/v2", { accept: V2_PROTOBUF })).bytes);
  t.deepEqual(named(document.definitions.additionalProperties, "com.example.v1.Thing").type.value, ["object"]);
  t.truthy(named(document.definitions.additionalProperties, "io.k8s.api.core.v1.Pod"));
  t.is(named(document.paths.path, "/apis/example.com/v1/things").get.operationId, "listThings");
  t.is((await ask("/openapi/v2", { "if-none-match": json.etag })).answer?.status, 304);
  hash = "B";
  t.is((await ask("/openapi/v2", { "if-none-match": json.etag })).answer?.status, 200);
});
