import test from "ava";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const PODS = "/api/v1/namespaces/default/pods";
let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
  await client.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  await client.post("/api/v1/nodes", { metadata: { name: "zoned", labels: { "topology.kubernetes.io/zone": "z1", "topology.kubernetes.io/region": "r1", disk: "ssd" } } });
  await client.post("/api/v1/nodes", { metadata: { name: "plain" } });
});
test.after.always(async () => {
  client?.close();
  await server?.stop();
});

const pod = (name: string, spec: object = {}) => ({ metadata: { name, labels: { app: name, "topology.kubernetes.io/zone": "other" } }, spec: { automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }], ...spec } });

async function labelsWhenBound(name: string, target: object): Promise<unknown> {
  await client.post(PODS, pod(name));
  const { status } = await client.post(`${PODS}/${name}/binding`, { metadata: { name }, target });
  if (status !== 201) throw new Error(`binding: ${status}`);
  return (await client.get(`${PODS}/${name}`)).body.metadata.labels;
}

test("a pod that is bound gets the zone and the region of its node", async (t) => {
  t.deepEqual(await labelsWhenBound("bound", { kind: "Node", name: "zoned" }), { app: "bound", "topology.kubernetes.io/zone": "z1", "topology.kubernetes.io/region": "r1" });
});

test("a node without them, an unknown one and a target of no kind change nothing", async (t) => {
  t.deepEqual(await labelsWhenBound("on-plain", { kind: "Node", name: "plain" }), { app: "on-plain", "topology.kubernetes.io/zone": "other" });
  t.deepEqual(await labelsWhenBound("on-none", { kind: "Node", name: "none" }), { app: "on-none", "topology.kubernetes.io/zone": "other" });
  t.deepEqual(await labelsWhenBound("kindless", { name: "zoned" }), { app: "kindless", "topology.kubernetes.io/zone": "other" });
});

test("a pod that is made on a node gets them too", async (t) => {
  const { body } = await client.post(PODS, pod("placed", { nodeName: "zoned" }));
  t.is(body.metadata.labels["topology.kubernetes.io/zone"], "z1");
});
