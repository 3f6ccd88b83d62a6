import test from "ava";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

const NAMESPACE = "/api/v1/namespaces/lists";

let server: TestServer;
let admin: TestClient;

test.before(async () => {
  server = await startTestServer();
  admin = new TestClient(server);
  await admin.post("/api/v1/namespaces", { metadata: { name: "lists" } });
  await admin.post(`${NAMESPACE}/serviceaccounts`, { metadata: { name: "default" } });
});

test.after.always(async () => {
  admin?.close();
  await server?.stop();
});

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** What a request costs this process, in seconds of CPU. */
async function cost<T>(work: () => Promise<T>): Promise<{ answer: T; cpu_s: number }> {
  const started = process.cpuUsage();
  const answer = await work();
  const { user, system } = process.cpuUsage(started);
  return { answer, cpu_s: (user + system) / 1e6 };
}

test.serial("thousands of owners are told apart without comparing each with each", async (t) => {
  const ownerReferences = many(14_000, (i) => ({ apiVersion: "v1", kind: "ConfigMap", name: `o${i}`, uid: `u${i}` }));
  const { answer, cpu_s } = await cost(() => admin.post(`${NAMESPACE}/configmaps`, { metadata: { name: "owned", ownerReferences } }));
  t.is(answer.status, 201);
  t.true(cpu_s < 8, `${cpu_s} s`);
});

test.serial("nor are tolerations, when some are added", async (t) => {
  const tolerations = many(20_000, (i) => ({ key: `k${i}`, operator: "Exists" }));
  const spec = { containers: [{ name: "a", image: "x" }], tolerations };
  const { answer, cpu_s } = await cost(async () => {
    const made = await admin.post(`${NAMESPACE}/pods`, { metadata: { name: "tolerant" }, spec });
    return [made, await admin.patch(`${NAMESPACE}/pods/tolerant`, { spec: { tolerations: [...tolerations, { key: "more", operator: "Exists" }] } })];
  });
  t.deepEqual(answer.map(({ status }) => status), [201, 200]);
  t.true(cpu_s < 8, `${cpu_s} s`);
});

test.serial("warnings are cut to what clients take in a head", async (t) => {
  const env = many(2_000, () => ({ name: "E", value: "x" }));
  const made = await admin.post(`${NAMESPACE}/pods`, { metadata: { name: "warned" }, spec: { containers: [{ name: "a", image: "x", env }] } });
  t.is(made.status, 201);
  t.true(String(made.headers.warning).length < 8_192);
  t.regex(String(made.headers.warning), /hides previous definition/);
});
