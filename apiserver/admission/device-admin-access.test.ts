import test from "ava";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

let server: TestServer;
let admin: TestClient;

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
  await admin.post("/api/v1/namespaces", { metadata: { name: "plain" } });
  await admin.post("/api/v1/namespaces", { metadata: { name: "marked", labels: { "resource.kubernetes.io/admin-access": "true" } } });
});
test.after.always(async () => {
  admin?.close();
  await server?.stop();
});

const claims = (namespace: string) => `/apis/resource.k8s.io/v1/namespaces/${namespace}/resourceclaims`;
const spec = { devices: { requests: [{ name: "a", exactly: { deviceClassName: "gpu" } }, { name: "b", exactly: { deviceClassName: "gpu", adminAccess: true } }] } };
const TEXT = "admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace";

test("a claim or template asks for admin access in a marked namespace only", async (t) => {
  const refused = await admin.post(claims("plain"), { metadata: { name: "c" }, spec });
  t.is(refused.status, 422);
  t.is(refused.body.message, `ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[1].adminAccess: Forbidden: ${TEXT}`);
  const template = await admin.post(claims("plain").replace("claims", "claimtemplates"), { metadata: { name: "c" }, spec: { spec } });
  t.is(template.body.message, `ResourceClaimTemplate.resource.k8s.io "c" is invalid: spec.devices.requests[1].adminAccess: Forbidden: ${TEXT}`);
  t.is((await admin.post(claims("marked"), { metadata: { name: "c" }, spec })).status, 201);
  t.is((await admin.post(claims("marked").replace("claims", "claimtemplates"), { metadata: { name: "c" }, spec: { spec } })).status, 201);
});

test("it is not given either where the namespace is no longer marked", async (t) => {
  await admin.post("/api/v1/namespaces", { metadata: { name: "once", labels: { "resource.kubernetes.io/admin-access": "true" } } });
  const made = await admin.post(claims("once"), { metadata: { name: "c" }, spec });
  t.is(made.status, 201);
  await admin.patch("/api/v1/namespaces/once", { metadata: { labels: { "resource.kubernetes.io/admin-access": null } } });
  const results = ["a", "b"].map((request) => ({ request, driver: "d.example.com", pool: "p", device: request, ...(request === "b" ? { adminAccess: true } : {}) }));
  const refused = await admin.patch(`${claims("once")}/c/status`, { status: { allocation: { devices: { results } } } });
  t.is(refused.body.message, `ResourceClaim.resource.k8s.io "c" is invalid: status.allocation.devices.results[1].adminAccess: Forbidden: ${TEXT}`);
  await admin.patch("/api/v1/namespaces/once", { metadata: { labels: { "resource.kubernetes.io/admin-access": "true" } } });
  t.is((await admin.patch(`${claims("once")}/c/status`, { status: { allocation: { devices: { results } } } })).status, 200);
});
