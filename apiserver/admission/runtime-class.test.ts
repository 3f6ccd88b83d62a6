import test from "ava";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const PODS = "/api/v1/namespaces/default/pods?dryRun=All";
let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
  await client.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  await client.post("/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "sandboxed" }, handler: "h", overhead: { podFixed: { cpu: "100m" } }, scheduling: { nodeSelector: { sandbox: "yes" }, tolerations: [{ key: "sandbox", operator: "Exists" }] } });
});
test.after.always(async () => {
  client?.close();
  await server?.stop();
});

const pod = (spec: object) => ({ metadata: { name: "p" }, spec: { automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }], ...spec } });
const message = async (spec: object) => (await client.post(PODS, pod(spec))).body.message;

test("a pod takes its class' overhead, node selector and tolerations", async (t) => {
  const { status, body } = await client.post(PODS, pod({ runtimeClassName: "sandboxed", nodeSelector: { disk: "ssd" }, tolerations: [{ key: "own", operator: "Exists" }] }));
  t.is(status, 201);
  t.deepEqual(body.spec.overhead, { cpu: "100m" });
  t.deepEqual(body.spec.nodeSelector, { disk: "ssd", sandbox: "yes" });
  t.deepEqual(body.spec.tolerations.slice(0, 1), [{ key: "own", operator: "Exists" }]);
  t.true(body.spec.tolerations.some(({ key }: { key: string }) => key === "sandbox"));
});

test("a class that is not there, another overhead and a selector that contradicts are refused", async (t) => {
  t.is(await message({ runtimeClassName: "none" }), 'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found');
  t.is(await message({ runtimeClassName: "sandboxed", overhead: { cpu: "1" } }), `pods "p" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`);
  t.is(await message({ overhead: { cpu: "1" } }), 'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  t.is(await message({ runtimeClassName: "sandboxed", nodeSelector: { sandbox: "no" } }), 'pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no');
});
