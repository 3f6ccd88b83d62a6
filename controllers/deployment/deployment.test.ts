import assert from "node:assert/strict";
import { coreEvents, deployments, pods, replicasets } from "../../api/resources.ts";
import type { Deployment, Pod, ReplicaSet } from "../../api/wire.ts";
import { createInformer } from "../../client/shared-informer.ts";
import { seededRandom } from "../../lib/random.ts";
import { controllerOf } from "../shared/owner.ts";
import { isPodActive, isPodReady } from "../shared/pods.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { userDeployment } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";
import { findCondition } from "./conditions.ts";
import { buildNewSet } from "./replica-sets.ts";

const key = { namespace: "default", name: "web" };

const read = (cluster: TestCluster): Promise<Deployment> => cluster.admin.get(deployments, key);
const setsOf = async (cluster: TestCluster): Promise<ReplicaSet[]> => [...(await cluster.admin.list(replicasets, { namespace: "default" })).items];
const podsOf = async (cluster: TestCluster): Promise<Pod[]> => [...(await cluster.admin.list(pods, { namespace: "default" })).items];
const imageOf = (object: Pod | undefined) => object?.spec?.containers[0]?.image;

async function untilComplete(cluster: TestCluster, replicas: number, image?: string): Promise<Deployment> {
  return cluster.eventually(async () => {
    const deployment = await read(cluster);
    const { observedGeneration, updatedReplicas, availableReplicas, replicas: total } = deployment.status ?? {};
    const done = observedGeneration === deployment.metadata.generation && (updatedReplicas ?? 0) === replicas && (availableReplicas ?? 0) === replicas && (total ?? 0) === replicas;
    const running = await podsOf(cluster);
    if (!done || running.length !== replicas || (image !== undefined && running.some((pod) => imageOf(pod) !== image))) throw new Error(`not complete: ${JSON.stringify(deployment.status)}, ${running.length} pods`);
    return deployment;
  });
}

function patch(cluster: TestCluster, spec: Record<string, unknown>): Promise<Deployment> {
  return cluster.admin.patch(deployments, key, "strategic", { spec });
}

const withImage = (image: string) => ({ template: { spec: { containers: [{ name: "c", image }] } } });

/** Watches the pods and keeps the extremes of what was ever there. */
function observePods(cluster: TestCluster): { extremes: { mostActive: number; leastReady: number; images: Set<string> }; stop(): Promise<void> } {
  const extremes = { mostActive: 0, leastReady: Number.POSITIVE_INFINITY, images: new Set<string>() };
  const stop = new AbortController();
  const informer = createInformer({ client: cluster.admin, resource: pods, clock: cluster.clock, random: seededRandom(5), logger: cluster.logger });
  const look = () => {
    const active = informer.list().filter(isPodActive);
    extremes.mostActive = Math.max(extremes.mostActive, active.length);
    extremes.leastReady = Math.min(extremes.leastReady, active.filter(isPodReady).length);
    extremes.images.add([...new Set(active.map(imageOf))].sort().join("+"));
  };
  const running = informer.run(stop.signal);
  void informer.whenSynced(stop.signal).then(() => {
    extremes.leastReady = Number.POSITIVE_INFINITY;
    informer.addHandler({ update: look, delete: look });
    look();
  });
  return {
    extremes,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

clusterTest("created: a set named by its template's hash, pods of it, conditions and events in Kubernetes' words", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(deployments, userDeployment("web"));
  const done = await untilComplete(cluster, 3);
  t.is(done.metadata.annotations?.["deployment.kubernetes.io/revision"], "1");
  const [set, ...others] = await setsOf(cluster);
  t.deepEqual(others, []);
  const hash = set?.metadata.labels?.["pod-template-hash"];
  t.is(set?.metadata.name, `web-${hash}`);
  t.like(set?.metadata.annotations, { "deployment.kubernetes.io/revision": "1", "deployment.kubernetes.io/desired-replicas": "3", "deployment.kubernetes.io/max-replicas": "4" });
  t.like(controllerOf(set as ReplicaSet), { kind: "Deployment", name: "web", uid: done.metadata.uid, blockOwnerDeletion: true });
  for (const pod of await podsOf(cluster)) {
    t.is(pod.metadata.generateName, `${set?.metadata.name}-`);
    t.true(pod.metadata.name?.startsWith(`${set?.metadata.name}-`));
    t.is(pod.metadata.labels?.["pod-template-hash"], hash);
  }
  t.like(findCondition(done.status?.conditions, "Progressing"), { status: "True", reason: "NewReplicaSetAvailable", message: `ReplicaSet "${set?.metadata.name}" has successfully progressed.` });
  t.like(findCondition(done.status?.conditions, "Available"), { status: "True", reason: "MinimumReplicasAvailable" });
  t.like(done.status, { readyReplicas: 3, terminatingReplicas: 0 });
  await cluster.eventually(async () => {
    const events = (await cluster.admin.list(coreEvents, { namespace: "default" })).items;
    const scaled = events.find(({ reason }) => reason === "ScalingReplicaSet");
    if (scaled === undefined) throw new Error("no event yet");
    t.like(scaled, { type: "Normal", message: `Scaled up replica set ${set?.metadata.name} from 0 to 3`, reportingComponent: "deployment-controller", source: { component: "deployment-controller" }, count: 1 });
    t.like(scaled.involvedObject, { kind: "Deployment", name: "web", apiVersion: "apps/v1", uid: done.metadata.uid });
    t.is(events.filter(({ reason, message }) => reason === "SuccessfulCreate" && message?.startsWith("Created pod: web-")).length, 3);
  });
});

for (const [maxSurge, maxUnavailable] of [[1, 0], [0, 1], ["25%", "25%"], [4, 4]] as const) {
  clusterTest(`rolling update with surge ${maxSurge} and unavailability ${maxUnavailable}: never beyond either`, async (t, cluster) => {
    cluster.startManager();
    cluster.startNodes();
    await cluster.admin.create(deployments, userDeployment("web", { replicas: 5, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } } }));
    await untilComplete(cluster, 5);
    const observer = observePods(cluster);
    await cluster.pass(100);
    await patch(cluster, withImage("registry/app:2"));
    await untilComplete(cluster, 5, "registry/app:2");
    await observer.stop();
    const [surge, unavailable] = [maxSurge === "25%" ? 2 : maxSurge, maxUnavailable === "25%" ? 1 : maxUnavailable];
    t.true(observer.extremes.mostActive <= 5 + surge, `${observer.extremes.mostActive} pods at once`);
    t.true(observer.extremes.leastReady >= 5 - unavailable, `only ${observer.extremes.leastReady} ready`);
    const sets = await setsOf(cluster);
    t.deepEqual(sets.map((set) => set.spec?.replicas).sort(), [0, 5]);
  });
}

clusterTest("Recreate: the old pods are gone before the first new one comes", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: () => ({ ready_ms: 10, stop_ms: 500 }) });
  await cluster.admin.create(deployments, userDeployment("web", { strategy: { type: "Recreate" }, more: { template: { metadata: { labels: { app: "web" } }, spec: { terminationGracePeriodSeconds: 30, containers: [{ name: "c", image: "registry/app:1" }] } } } }));
  await untilComplete(cluster, 3);
  const together = new Set<string>();
  const stop = new AbortController();
  const informer = createInformer({ client: cluster.admin, resource: pods, clock: cluster.clock, random: seededRandom(5), logger: cluster.logger });
  informer.addHandler({ add: () => together.add([...new Set(informer.list().map(imageOf))].sort().join("+")) });
  const running = informer.run(stop.signal);
  await patch(cluster, withImage("registry/app:2"));
  await untilComplete(cluster, 3, "registry/app:2");
  stop.abort();
  await running;
  t.deepEqual([...together], ["registry/app:1", "registry/app:2"]);
});

clusterTest("undo: the template of an older revision brings its set back under the next revision", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(deployments, userDeployment("web"));
  await untilComplete(cluster, 3);
  await patch(cluster, withImage("registry/app:2"));
  await untilComplete(cluster, 3, "registry/app:2");
  const [first] = (await setsOf(cluster)).filter((set) => set.metadata.annotations?.["deployment.kubernetes.io/revision"] === "1");
  const template = { ...first?.spec?.template, metadata: { labels: { app: "web" } } };
  await cluster.admin.patch(deployments, key, "json", [{ op: "replace", path: "/spec/template", value: template }]);
  const done = await untilComplete(cluster, 3, "registry/app:1");
  t.is(done.metadata.annotations?.["deployment.kubernetes.io/revision"], "3");
  const sets = await setsOf(cluster);
  t.is(sets.length, 2);
  const back = sets.find((set) => set.metadata.uid === first?.metadata.uid);
  t.like(back?.metadata.annotations, { "deployment.kubernetes.io/revision": "3", "deployment.kubernetes.io/revision-history": "1" });
});

clusterTest("paused: changes wait, scaling does not; resumed: they roll out", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(deployments, userDeployment("web"));
  await untilComplete(cluster, 3);
  await patch(cluster, { paused: true });
  await cluster.eventually(async () => assert.equal(findCondition((await read(cluster)).status?.conditions, "Progressing")?.reason, "DeploymentPaused"));
  await patch(cluster, { ...withImage("registry/app:2"), replicas: 5 });
  await cluster.eventually(async () => assert.equal((await read(cluster)).status?.availableReplicas, 5));
  await cluster.pass(2000);
  t.true((await podsOf(cluster)).every((pod) => imageOf(pod) === "registry/app:1"));
  t.is((await setsOf(cluster)).length, 1);
  await patch(cluster, { paused: false });
  await untilComplete(cluster, 5, "registry/app:2");
});

clusterTest("a rollout that stands still exceeds its deadline, the old pods stay, undo heals", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: (pod) => (imageOf(pod) === "registry/app:broken" ? { stop_ms: 10 } : { ready_ms: 10, stop_ms: 10 }) });
  await cluster.admin.create(deployments, userDeployment("web", { replicas: 4, more: { progressDeadlineSeconds: 60 } }));
  await untilComplete(cluster, 4);
  await patch(cluster, withImage("registry/app:broken"));
  await cluster.pass(30_000, 500);
  t.is(findCondition((await read(cluster)).status?.conditions, "Progressing")?.reason, "ReplicaSetUpdated");
  await cluster.pass(40_000, 500);
  const stuck = await read(cluster);
  const broken = (await setsOf(cluster)).find((set) => set.metadata.annotations?.["deployment.kubernetes.io/revision"] === "2");
  t.like(findCondition(stuck.status?.conditions, "Progressing"), { status: "False", reason: "ProgressDeadlineExceeded", message: `ReplicaSet "${broken?.metadata.name}" has timed out progressing.` });
  t.like(findCondition(stuck.status?.conditions, "Available"), { status: "True" });
  t.is((await podsOf(cluster)).filter((pod) => imageOf(pod) === "registry/app:1" && isPodReady(pod)).length, 3);
  await patch(cluster, withImage("registry/app:1"));
  const healed = await untilComplete(cluster, 4, "registry/app:1");
  t.is(findCondition(healed.status?.conditions, "Progressing")?.reason, "NewReplicaSetAvailable");
});

clusterTest("minReadySeconds: available only after that time", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(deployments, userDeployment("web", { more: { minReadySeconds: 20 } }));
  await cluster.eventually(async () => assert.equal((await read(cluster)).status?.readyReplicas, 3));
  await cluster.pass(15_000, 200);
  t.is((await read(cluster)).status?.availableReplicas ?? 0, 0);
  await cluster.pass(8000, 200);
  t.is((await read(cluster)).status?.availableReplicas, 3);
});

clusterTest("old sets beyond the history limit go, the oldest first", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(deployments, userDeployment("web", { replicas: 1, more: { revisionHistoryLimit: 2 } }));
  for (let revision = 1; revision <= 5; revision++) {
    await patch(cluster, withImage(`registry/app:${revision}`));
    await untilComplete(cluster, 1, `registry/app:${revision}`);
  }
  const revisions = async () => (await setsOf(cluster)).map((set) => set.metadata.annotations?.["deployment.kubernetes.io/revision"]).sort();
  await cluster.eventually(async () => assert.equal((await setsOf(cluster)).length, 3));
  t.deepEqual(await revisions(), ["3", "4", "5"]);
});

clusterTest("a set of that name with another template: the collision count makes another name", async (t, cluster) => {
  const wanted = userDeployment("web");
  const created = await cluster.admin.create(deployments, wanted);
  const taken = buildNewSet(created, 1);
  await cluster.admin.create(replicasets, { ...taken, metadata: { name: taken.metadata.name ?? "", namespace: "default" }, spec: { replicas: 0, selector: { matchLabels: { other: "x" } }, template: { metadata: { labels: { other: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } } } });
  cluster.startManager();
  cluster.startNodes();
  const done = await untilComplete(cluster, 3);
  t.is(done.status?.collisionCount, 1);
  t.is((await setsOf(cluster)).length, 2);
});

clusterTest("an orphaned set that matches is adopted, one that matches no more is let go", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(deployments, userDeployment("web"));
  await untilComplete(cluster, 3);
  await cluster.admin.delete(deployments, key, { propagationPolicy: "Orphan" });
  const orphan = await cluster.eventually(async () => {
    const [set] = await setsOf(cluster);
    if (set === undefined || controllerOf(set) !== undefined) throw new Error("not orphaned yet");
    return set;
  });
  const before = (await podsOf(cluster)).map((pod) => pod.metadata.uid).sort();
  const again = await cluster.admin.create(deployments, userDeployment("web"));
  await untilComplete(cluster, 3);
  const [adopted, ...others] = await setsOf(cluster);
  t.deepEqual(others, []);
  t.is(adopted?.metadata.uid, orphan.metadata.uid);
  t.is(controllerOf(adopted as ReplicaSet)?.uid, again.metadata.uid);
  t.deepEqual((await podsOf(cluster)).map((pod) => pod.metadata.uid).sort(), before);
  await cluster.admin.patch(replicasets, { namespace: "default", name: adopted?.metadata.name ?? "" }, "merge", { metadata: { labels: { app: null } } });
  await cluster.eventually(async () => {
    const released = await cluster.admin.get(replicasets, { namespace: "default", name: adopted?.metadata.name ?? "" });
    if (controllerOf(released) !== undefined) throw new Error("not released yet");
  });
});

clusterTest("scaling in the middle of a rollout is spread over both sets", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: (pod) => (imageOf(pod) === "registry/app:2" ? { stop_ms: 10 } : { ready_ms: 10, stop_ms: 10 }) });
  await cluster.admin.create(deployments, userDeployment("web", { replicas: 10, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }));
  await untilComplete(cluster, 10);
  await patch(cluster, withImage("registry/app:2"));
  const sizes = async () => Object.fromEntries((await setsOf(cluster)).map((set) => [imageOf({ ...set, spec: set.spec?.template?.spec } as Pod), set.spec?.replicas]));
  await cluster.eventually(async () => assert.deepEqual(await sizes(), { "registry/app:1": 8, "registry/app:2": 5 }));
  await patch(cluster, { replicas: 20 });
  await cluster.eventually(async () => assert.deepEqual(await sizes(), { "registry/app:1": 14, "registry/app:2": 9 }));
  t.pass();
});
