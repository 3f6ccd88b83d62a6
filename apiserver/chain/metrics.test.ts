import test from "ava";
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
