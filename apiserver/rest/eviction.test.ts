import test from "ava";
import type { PodDisruptionBudget } from "../../api/wire.ts";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { isSpared, spent } from "./eviction-budget.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const PODS = "/api/v1/namespaces/default/pods";
const BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
  await client.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
});
test.after.always(async () => {
  client?.close();
  await server?.stop();
});

async function put(path: string, status: object): Promise<void> {
  const { body } = await client.get(path);
  await client.put(`${path}/status`, { ...body, status });
}

/** A running pod of `app`, which the budget of that name selects. */
async function addPod(app: string, name: string, fields: { ready?: boolean; phase?: string } = {}): Promise<void> {
  const { ready = true, phase = "Running" } = fields;
  await client.post(PODS, { metadata: { name, labels: { app } }, spec: { nodeName: "n", automountServiceAccountToken: false, containers: [{ name: "c", image: "i" }] } });
  await put(`${PODS}/${name}`, { phase, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] });
}

async function addBudget(name: string, counts: { disruptionsAllowed: number; currentHealthy: number; desiredHealthy: number }, app = name, spec: object = {}): Promise<void> {
  await client.post(BUDGETS, { metadata: { name }, spec: { selector: { matchLabels: { app } }, minAvailable: 1, ...spec } });
  await put(`${BUDGETS}/${name}`, { observedGeneration: 1, expectedPods: 3, ...counts });
}

const evict = (name: string, deleteOptions?: object) => client.post(`${PODS}/${name}/eviction`, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name }, ...(deleteOptions ? { deleteOptions } : {}) });
const isGoing = async (name: string) => (await client.get(`${PODS}/${name}`)).body.metadata.deletionTimestamp !== undefined;

test("a budget is spent, then refuses", async (t) => {
  for (const name of ["a1", "a2"]) await addPod("a", name);
  await addBudget("a", { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 });
  t.is((await evict("a1", { dryRun: ["All"] })).status, 201);
  t.is((await client.get(`${BUDGETS}/a`)).body.status.disruptionsAllowed, 1);
  t.is((await evict("a1")).status, 201);
  const { body: evicted } = await client.get(`${PODS}/a1`);
  t.like(evicted.status.conditions.at(-1), { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" });
  const { status } = (await client.get(`${BUDGETS}/a`)).body;
  t.is(status.disruptionsAllowed, 0);
  t.deepEqual(Object.keys(status.disruptedPods), ["a1"]);
  t.like(status.conditions[0], { type: "DisruptionAllowed", status: "False", reason: "InsufficientPods", observedGeneration: 1 });
  const refused = await evict("a2");
  t.is(refused.status, 429);
  t.is(refused.body.message, "Cannot evict pod as it would violate the pod's disruption budget.");
  t.deepEqual(refused.body.details, { causes: [{ reason: "DisruptionBudget", message: "The disruption budget a does not allow evicting pods currently" }] });
  t.false(await isGoing("a2"));
});

test("many evictions at once: as many as the budget allows", async (t) => {
  const names = ["r1", "r2", "r3", "r4", "r5"];
  for (const name of names) await addPod("r", name);
  await addBudget("r", { disruptionsAllowed: 2, currentHealthy: 5, desiredHealthy: 3 });
  const codes = await Promise.all(names.map(async (name) => (await evict(name)).status));
  t.deepEqual(codes.sort(), [201, 201, 429, 429, 429]);
});

test("what has not started, has ended or goes is no budget's; several budgets are refused", async (t) => {
  await addPod("b", "ended", { phase: "Failed" });
  await addPod("b", "starting", { phase: "Pending", ready: false });
  await addPod("b", "ready");
  await addBudget("b", { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 });
  t.is((await evict("ended")).status, 201);
  t.is((await evict("starting")).status, 201);
  t.like(await evict("ready"), { status: 429 });
  await addBudget("b-too", { disruptionsAllowed: 9, currentHealthy: 9, desiredHealthy: 0 }, "b");
  t.like(await evict("ready"), { status: 500, body: { message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support." } });
  t.false(await isGoing("ready"));
});

test("a pod that is not ready goes where its budget's policy allows", async (t) => {
  await addPod("u", "unready", { ready: false });
  await addBudget("u", { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 1 });
  t.is((await evict("unready")).status, 429);
  await addPod("v", "unready-too", { ready: false });
  await addBudget("v", { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 1 }, "v", { unhealthyPodEvictionPolicy: "AlwaysAllow" });
  t.is((await evict("unready-too")).status, 201);
  const budget = (currentHealthy: number): PodDisruptionBudget => ({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b" }, status: { currentHealthy, desiredHealthy: 2, disruptionsAllowed: 0, expectedPods: 3 } });
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } } as const;
  t.true(isSpared(budget(2), pod));
  t.false(isSpared(budget(1), pod));
  t.false(isSpared(budget(2), { ...pod, status: { conditions: [{ type: "Ready", status: "True" }] } }));
});

test("preconditions hold", async (t) => {
  await addPod("c", "c");
  t.is((await evict("c", { preconditions: { resourceVersion: "1" } })).status, 409);
  t.is((await evict("c", { preconditions: { uid: "other" } })).status, 409);
  t.false(await isGoing("c"));
  const { resourceVersion } = (await client.get(`${PODS}/c`)).body.metadata;
  t.is((await evict("c", { preconditions: { resourceVersion } })).status, 201);
  t.true(await isGoing("c"));
});

test("why a budget refuses", (t) => {
  const refusal = (status: PodDisruptionBudget["status"], generation = 1) => {
    const error = t.throws(() => spent({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b", generation }, ...(status ? { status } : {}) }, "p", NOW)) as unknown as { status: { details: { causes: { message: string }[]; retryAfterSeconds?: number } } };
    return [error.status.details.causes[0]?.message, error.status.details.retryAfterSeconds];
  };
  const status = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2, expectedPods: 3 };
  t.deepEqual(refusal(status), ["The disruption budget b needs 2 healthy pods and has 2 currently", undefined]);
  t.deepEqual(refusal(status, 2), ["The disruption budget b is still being processed by the server.", 10]);
  const failed = { type: "DisruptionAllowed", status: "False", reason: "SyncFailed", message: "no scale", lastTransitionTime: "2026-01-01T00:00:00Z" };
  t.deepEqual(refusal({ ...status, conditions: [failed] }), ["The disruption budget b does not allow evicting pods currently because it failed sync: no scale", undefined]);
});
