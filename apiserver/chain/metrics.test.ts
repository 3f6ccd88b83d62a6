import test from "ava";
import type { UserInfo } from "../../api/exchange.ts";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
});

test.after.always(async () => {
  client?.close();
  await server?.stop();
});

test("requests are counted by verb, group, version, resource, subresource, scope and code; paths of nobody are not", async (t) => {
  const path = "/api/v1/namespaces/default/configmaps";
  await client.post(path, { metadata: { name: "counted" } });
  await client.post(path, { metadata: { name: "counted" } });
  for (let i = 0; i < 3; i++) await client.get(`${path}/counted`);
  await client.get(`${path}/not-there`);
  await client.get(path);
  await client.get("/api/v1/configmaps");
  await client.get("/apis/apps/v1/namespaces/default/deployments");
  await client.get("/apis/apps/v1/namespaces/default/deployments/x/scale");
  await client.get("/nobodys/path");
  await client.get("/api/v1/namespaces/default/nobodys");
  const { text } = await client.get("/metrics");
  const count = (labels: Record<string, string>) =>
    text
      .split("\n")
      .filter((line) => line.startsWith("apiserver_request_total{") && Object.entries(labels).every(([name, value]) => line.includes(`${name}="${value}"`)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  const own = { group: "", version: "v1", resource: "configmaps", subresource: "" };
  t.is(count({ ...own, verb: "CREATE", scope: "namespace", code: "201" }), 1);
  t.is(count({ ...own, verb: "CREATE", scope: "namespace", code: "409" }), 1);
  t.is(count({ ...own, verb: "GET", scope: "resource", code: "200" }), 3);
  t.is(count({ ...own, verb: "GET", scope: "resource", code: "404" }), 1);
  t.is(count({ ...own, verb: "LIST", scope: "namespace", code: "200" }), 1);
  t.is(count({ ...own, verb: "LIST", scope: "cluster", code: "200" }), 1);
  t.is(count({ verb: "LIST", group: "apps", version: "v1", resource: "deployments" }), 1);
  t.is(count({ verb: "GET", group: "apps", resource: "deployments", subresource: "scale", scope: "resource", code: "404" }), 1);
  t.is(count({ resource: "nobodys" }), 0);
  t.false(text.includes("nobodys"));
  const bucket = text.split("\n").find((line) => line.startsWith("apiserver_request_duration_seconds_bucket{") && line.includes('verb="GET"') && line.includes('resource="configmaps"') && line.includes('le="+Inf"'));
  t.true(bucket?.endsWith(" 4"), bucket);
  t.regex(text, /^apiserver_request_duration_seconds_sum\{verb="GET",.*resource="configmaps".*\} 0\.\d+$/m);
  t.regex(text, /^apiserver_request_duration_seconds_count\{verb="LIST",.*resource="deployments".*\} 1$/m);
});

test("what nobody serves makes no series of its own, whoever asks for it", async (t) => {
  const ask = async (method: string, url: string, user?: UserInfo) => (await server.handler({ method, url, headers: {}, ...(user && { user }), signal: new AbortController().signal })).status;
  t.is(await ask("GET", "/apis/stranger.example.com/v1/strangers"), 401);
  t.is(await ask("GET", "/apis/stranger.example.com"), 401);
  t.is(await ask("GET", "/api/v1/namespaces/default/pods/p/stranger"), 401);
  t.is(await ask("GET", "/api/v1/stranger/x", { name: "nobody", groups: [] }), 403);
  t.is(await ask("STRANGER", "/version"), 403);
  for (const method of ["constructor", "__proto__"]) t.is(await ask(method, "/api/v1/pods"), 401);
  const { text } = await client.get("/metrics");
  t.deepEqual(text.split("\n").filter((line) => /stranger/i.test(line)), []);
  t.regex(text, /^apiserver_request_total\{verb="LIST",group="",version="",resource="",.*code="401"\} 1$/m);
});
