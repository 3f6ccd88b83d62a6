import assert from "node:assert/strict";
import { coreEvents, namespaces, pods, replicasets, replicationcontrollers, serviceaccounts } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { ConnectionError } from "../../client/client.ts";
import { controllerOf } from "../shared/owner.ts";
import { isPodActive } from "../shared/pods.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { userReplicaSet } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const key = { namespace: "default", name: "web" };
const podsOf = async (cluster: TestCluster): Promise<Pod[]> => [...(await cluster.admin.list(pods, { namespace: "default" })).items];
const untilReady = (cluster: TestCluster, count: number) =>
  cluster.eventually(async () => {
    const set = await cluster.admin.get(replicasets, key);
    assert.equal(set.status?.readyReplicas ?? 0, count);
    assert.equal(set.status?.replicas, count);
    assert.equal((await podsOf(cluster)).length, count);
    return set;
  });

clusterTest("as many pods as it says, after losses too", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(replicasets, userReplicaSet("web", 4));
  const set = await untilReady(cluster, 4);
  t.like(set.status, { fullyLabeledReplicas: 4, availableReplicas: 4, terminatingReplicas: 0 });
  const [lost, failed] = await podsOf(cluster);
  await cluster.admin.delete(pods, { namespace: "default", name: lost?.metadata.name ?? "" });
  await cluster.admin.patch(pods, { namespace: "default", name: failed?.metadata.name ?? "" }, "merge", { status: { phase: "Failed" } }, { subresource: "status" });
  await cluster.eventually(async () => {
    const active = (await podsOf(cluster)).filter(isPodActive);
    assert.equal(active.length, 4);
    assert.ok(!active.some((pod) => pod.metadata.uid === lost?.metadata.uid || pod.metadata.uid === failed?.metadata.uid));
  });
  await cluster.admin.patch(replicasets, key, "merge", { spec: { replicas: 1 } });
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).filter(isPodActive).length, 1));
});

clusterTest("a cache that is late: never more are made than it says, and never more deleted", async (t, cluster) => {
  cluster.startManager({ lag_ms: 400 });
  cluster.startNodes();
  const counts: number[] = [];
  const until = (count: number) =>
    cluster.eventually(async () => {
      counts.push((await podsOf(cluster)).filter(isPodActive).length);
      assert.equal(counts.at(-1), count);
    });
  await cluster.admin.create(replicasets, userReplicaSet("web", 30));
  await until(30);
  await cluster.pass(5000);
  t.is((await podsOf(cluster)).length, 30);
  t.is(Math.max(...counts), 30);
  counts.length = 0;
  // Changes of the set wake the controller while its own writes have not come back yet.
  for (const replicas of [10, 9, 10, 9, 10]) {
    await cluster.admin.patch(replicasets, key, "merge", { spec: { replicas }, metadata: { annotations: { at: String(replicas) } } });
    await cluster.pass(150);
  }
  await until(10);
  t.true(Math.min(...counts) >= 9, `${Math.min(...counts)} left`);
});

clusterTest("an answer that is lost makes no second pod", async (t, cluster) => {
  const manager = cluster.startManager({ only: ["replicaset-controller"] });
  let lost = 0;
  // Every third creation is done, and its answer lost; sometimes twice in a row.
  let creations = 0;
  manager.afterWrite = (request) => {
    if (request.method !== "POST" || !request.url.endsWith("/pods") || ++creations % 3 !== 0) return;
    lost++;
    throw new ConnectionError("lost", { outcomeUnknown: true });
  };
  cluster.startNodes();
  await cluster.admin.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: "default", name: "default" } });
  await cluster.admin.create(replicasets, userReplicaSet("web", 20));
  let most = 0;
  await cluster.eventually(async () => {
    const count = (await podsOf(cluster)).length;
    most = Math.max(most, count);
    assert.equal(count, 20);
    assert.ok(lost >= 5, `${lost} answers lost`);
  });
  await untilReady(cluster, 20);
  t.is(most, 20);
  const events = (await cluster.admin.list(coreEvents, { namespace: "default" })).items;
  t.false(events.some(({ reason }) => reason === "FailedCreate"));
});

clusterTest("pods that match are adopted, those that match no more let go", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.eventually(() => cluster.admin.get(serviceaccounts, { namespace: "default", name: "default" }));
  const spec = userReplicaSet("web", 2).spec?.template?.spec;
  await cluster.admin.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "mine", namespace: "default", labels: { app: "web" } }, ...(spec ? { spec } : {}) });
  const set = await cluster.admin.create(replicasets, userReplicaSet("web", 2));
  await untilReady(cluster, 2);
  const adopted = await cluster.admin.get(pods, { namespace: "default", name: "mine" });
  t.like(controllerOf(adopted), { uid: set.metadata.uid, kind: "ReplicaSet", controller: true, blockOwnerDeletion: true });
  await cluster.admin.patch(pods, { namespace: "default", name: "mine" }, "merge", { metadata: { labels: { app: "debug" } } });
  await cluster.eventually(async () => {
    assert.equal(controllerOf(await cluster.admin.get(pods, { namespace: "default", name: "mine" })), undefined);
    assert.equal((await podsOf(cluster)).length, 3);
  });
});

clusterTest("creation that is refused: condition and event say why; once it can, they go", async (t, cluster) => {
  const manager = cluster.startManager({ only: ["replicaset-controller"] });
  t.truthy(manager);
  await cluster.admin.create(replicasets, userReplicaSet("web", 2));
  const failing = await cluster.eventually(async () => {
    const set = await cluster.admin.get(replicasets, key);
    assert.equal(set.status?.conditions?.[0]?.type, "ReplicaFailure");
    return set;
  });
  t.like(failing.status?.conditions?.[0], { status: "True", reason: "FailedCreate" });
  t.regex(failing.status?.conditions?.[0]?.message ?? "", /serviceaccount "default" not found/);
  await cluster.eventually(async () => {
    const event = (await cluster.admin.list(coreEvents, { namespace: "default" })).items.find(({ reason }) => reason === "FailedCreate");
    assert.match(event?.message ?? "", /^Error creating: pods "web-" is forbidden|^Error creating: pods "web-.*" is forbidden/);
    assert.equal(event?.type, "Warning");
  });
  await cluster.admin.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: "default", name: "default" } });
  await cluster.eventually(async () => {
    const set = await cluster.admin.get(replicasets, key);
    assert.equal(set.status?.replicas, 2);
    assert.equal(set.status?.conditions, undefined);
  }, 120_000);
});

clusterTest("in a namespace that is going away nothing is tried in vain", async (t, cluster) => {
  cluster.startManager({ only: ["replicaset-controller", "service-account-controller"] });
  await cluster.admin.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "going" } });
  await cluster.eventually(() => cluster.admin.get(serviceaccounts, { namespace: "going", name: "default" }));
  const set = userReplicaSet("web", 2);
  const old = { namespace: "going", name: "old" };
  await cluster.admin.create(replicasets, { ...set, metadata: old, spec: { ...set.spec!, replicas: 0 } });
  await cluster.admin.delete(namespaces, { name: "going" });
  await cluster.admin.patch(replicasets, old, "merge", { spec: { replicas: 2 } });
  await t.throwsAsync(cluster.admin.create(replicasets, { ...set, metadata: { name: "web", namespace: "going" } }), { message: /because it is being terminated/ });
  const { status } = await cluster.eventually(async () => {
    const grown = await cluster.admin.get(replicasets, old);
    assert.equal(grown.status?.observedGeneration, grown.metadata.generation);
    return grown;
  });
  t.is(status?.conditions, undefined);
  t.is((await cluster.admin.list(pods, { namespace: "going" })).items.length, 0);
});

clusterTest("a ReplicationController does the same", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  const { spec } = userReplicaSet("web", 2);
  const made = await cluster.admin.create(replicationcontrollers, { apiVersion: "v1", kind: "ReplicationController", metadata: key, spec: { replicas: 2, selector: { app: "web" }, ...(spec?.template ? { template: spec.template } : {}) } });
  await cluster.eventually(async () => assert.equal((await cluster.admin.get(replicationcontrollers, key)).status?.availableReplicas, 2));
  for (const pod of await podsOf(cluster)) t.like(controllerOf(pod), { kind: "ReplicationController", apiVersion: "v1", uid: made.metadata.uid });
  await cluster.admin.delete(replicationcontrollers, key, { propagationPolicy: "Background" });
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).length, 0));
});
