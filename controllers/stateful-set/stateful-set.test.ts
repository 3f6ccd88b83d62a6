import assert from "node:assert/strict";
import test from "ava";
import { controllerrevisions, coreEvents, pods, statefulsets } from "../../api/resources.ts";
import type { Pod, StatefulSet } from "../../api/wire.ts";
import { createInformer } from "../../client/shared-informer.ts";
import { seededRandom } from "../../lib/random.ts";
import { isPodActive, isPodReady } from "../shared/pods.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { aPod } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";
import { claimOwners } from "./claims.ts";
import { claimsFor, ordinalOf, templateFor } from "./identity.ts";
import { planStateful } from "./plan.ts";
import { statefulStatus } from "./status.ts";

const key = { namespace: "default", name: "db" };
const aSet = (spec: Partial<NonNullable<StatefulSet["spec"]>> = {}): StatefulSet => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: key,
  spec: { replicas: 3, serviceName: "db", selector: { matchLabels: { app: "db" } }, template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "c", image: "db:1" }], terminationGracePeriodSeconds: 0 } }, ...spec },
});

const NOW = Date.parse("2026-01-01T12:00:00Z");
const member = (ordinal: number, revision = "old", fields: Parameters<typeof aPod>[0] = {}): [number, Pod] => {
  const labels = { "controller-revision-hash": revision, "statefulset.kubernetes.io/pod-name": `db-${ordinal}`, "apps.kubernetes.io/pod-index": String(ordinal) };
  return [ordinal, aPod({ name: `db-${ordinal}`, labels, ...fields })];
};
function plan(set: StatefulSet, members: [number, Pod][], update = "old") {
  const { create, remove, mend } = planStateful({ set, pods: new Map(members), currentRevision: "old", updateRevision: update, now_ms: NOW });
  return { create: create.map(({ ordinal, revision }) => `${ordinal}:${revision}`), remove: remove.map(({ ordinal, why }) => `${ordinal}:${why}`), mend: mend.length };
}

test("in order: the next is made when all before it are healthy; in parallel all at once", (t) => {
  t.deepEqual(plan(aSet(), []), { create: ["0:old"], remove: [], mend: 0 });
  t.deepEqual(plan(aSet(), [member(0, "old", { ready: false })]).create, []);
  t.deepEqual(plan(aSet(), [member(0)]).create, ["1:old"]);
  t.deepEqual(plan(aSet({ ordinals: { start: 5 } }), [member(5)]).create, ["6:old"]);
  t.deepEqual(plan(aSet({ podManagementPolicy: "Parallel" }), []).create, ["0:old", "1:old", "2:old"]);
  t.deepEqual(plan(aSet({ minReadySeconds: 60 }), [member(0, "old", { ready: "2026-01-01T11:59:30Z" })]).create, []);
  t.deepEqual(plan(aSet(), [member(0, "old", { deleting: true })]).create, []);
});

test("scaling down: from the highest, one at a time, not while another is unhealthy", (t) => {
  const all = [0, 1, 2, 3, 4].map((ordinal) => member(ordinal));
  t.deepEqual(plan(aSet(), all).remove, ["4:scale-down"]);
  t.deepEqual(plan(aSet({ podManagementPolicy: "Parallel" }), all).remove, ["4:scale-down", "3:scale-down"]);
  t.deepEqual(plan(aSet(), [member(0), member(1, "old", { ready: false }), member(2), member(3)]).remove, []);
  t.deepEqual(plan(aSet(), [...all.slice(0, 3), member(3), member(4, "old", { ready: false })]).remove, ["4:scale-down"], "the only unhealthy one may go");
  t.deepEqual(plan(aSet(), [...all.slice(0, 4), member(4, "old", { deleting: true })]).remove, []);
});

test("updating: from the highest, down to the partition, within maxUnavailable; a broken old one does not block its own repair", (t) => {
  const three = [member(0), member(1), member(2)];
  const rolling = (rollingUpdate: object) => aSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate } });
  t.deepEqual(plan(rolling({ partition: 0 }), three, "new").remove, ["2:update"]);
  t.deepEqual(plan(rolling({ partition: 0 }), [member(0), member(1), member(2, "new", { ready: false })], "new").remove, []);
  t.deepEqual(plan(rolling({ partition: 2 }), [member(0), member(1), member(2, "new")], "new").remove, []);
  t.deepEqual(plan(rolling({ partition: 0, maxUnavailable: 2 }), three, "new").remove, ["2:update", "1:update"]);
  t.deepEqual(plan(aSet({ updateStrategy: { type: "OnDelete" } }), three, "new").remove, []);
  const broken = [member(0), member(1), member(2, "bad", { ready: false })];
  t.deepEqual(plan(aSet({ podManagementPolicy: "Parallel" }), broken, "new").remove, ["2:update"]);
  t.deepEqual(plan(rolling({ partition: 2 }), [member(1), member(2, "new")], "new").create, ["0:old"], "below the partition the current revision is made");
});

test("finished pods go, lost labels come back", (t) => {
  t.deepEqual(plan(aSet(), [member(0, "old", { phase: "Failed", ready: false })]).remove, ["0:failed"]);
  t.is(plan(aSet({ replicas: 1 }), [[0, aPod({ name: "db-0", labels: { "controller-revision-hash": "old" } })]]).mend, 1);
});

test("the newest revision becomes the current one when all pods are of it and ready", (t) => {
  const status = (members: [number, Pod][]) => statefulStatus(aSet(), members.map(([, pod]) => pod), { current: "old", update: "new", collisionCount: undefined }, NOW);
  t.like(status([member(0), member(1), member(2, "new")]), { currentRevision: "old", updateRevision: "new", currentReplicas: 2, updatedReplicas: 1, readyReplicas: 3 });
  t.like(status([0, 1, 2].map((ordinal) => member(ordinal, "new"))), { currentRevision: "new", currentReplicas: 3, updatedReplicas: 3 });
  t.like(status([member(0, "new"), member(1, "new"), member(2, "new", { ready: false })]), { currentRevision: "old", readyReplicas: 2 });
});

test("claims: one for each pod and template, as its volume; owned as the retention policy says", (t) => {
  const set = aSet({ volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } }] });
  t.like(claimsFor(set, 2)[0], { kind: "PersistentVolumeClaim", metadata: { name: "data-db-2", namespace: "default", labels: { app: "db" } } });
  const template = templateFor(set, 2, { spec: { containers: [], volumes: [{ name: "data", emptyDir: {} }, { name: "tmp", emptyDir: {} }] } }, "rev");
  t.deepEqual(template.spec?.volumes, [{ name: "data", persistentVolumeClaim: { claimName: "data-db-2" } }, { name: "tmp", emptyDir: {} }]);
  t.like(template.spec, { hostname: "db-2", subdomain: "db" });
  const policy = (whenDeleted: string, whenScaled: string) => aSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });
  const [, pod] = member(2);
  const kinds = (owned: StatefulSet, condemned: boolean) => claimOwners(owned, pod, condemned, [{ apiVersion: "v1", kind: "Other", name: "x", uid: "x" }]).map(({ kind }) => kind);
  t.deepEqual(kinds(policy("Retain", "Retain"), true), ["Other"]);
  t.deepEqual(kinds(policy("Delete", "Retain"), true), ["Other", "StatefulSet"]);
  t.deepEqual(kinds(policy("Delete", "Delete"), true), ["Other", "Pod"]);
  t.deepEqual(kinds(policy("Retain", "Delete"), false), ["Other"]);
  t.like(claimOwners(policy("Delete", "Retain"), pod, false, [])[0], { kind: "StatefulSet", controller: true, blockOwnerDeletion: true });
  t.like(claimOwners(policy("Delete", "Delete"), pod, true, [])[0], { kind: "Pod", controller: true, blockOwnerDeletion: true });
  const taken = { apiVersion: "v1", kind: "Other", name: "x", uid: "x", controller: true };
  t.deepEqual(claimOwners(policy("Delete", "Delete"), pod, true, [taken]), [taken]);
  t.is(ordinalOf(set, pod), 2);
  t.is(ordinalOf(set, aPod({ name: "db-02" })), undefined);
  t.is(ordinalOf(set, aPod({ name: "other-1" })), undefined);
});

const podsOf = async (cluster: TestCluster) => [...(await cluster.admin.list(pods, { namespace: "default" })).items];
const ready = async (cluster: TestCluster, image = "db:1") => (await podsOf(cluster)).filter((pod) => isPodActive(pod) && isPodReady(pod) && pod.spec?.containers[0]?.image === image).map(({ metadata }) => metadata.name).sort();

/** What happened to pods, in order: `+db-0`, `ready db-0`, `-db-0`. */
function recordPods(cluster: TestCluster): { story: string[]; stop(): Promise<void> } {
  const story: string[] = [];
  const stop = new AbortController();
  const informer = createInformer({ client: cluster.admin, resource: pods, clock: cluster.clock, random: seededRandom(5), logger: cluster.logger });
  informer.addHandler({
    add: ({ metadata }) => story.push(`+${metadata.name}`),
    update: (pod, old) => {
      if (isPodReady(pod) && !isPodReady(old)) story.push(`ready ${pod.metadata.name}`);
    },
    delete: ({ metadata }) => story.push(`-${metadata.name}`),
  });
  const running = informer.run(stop.signal);
  return {
    story,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

clusterTest("pods come one after another, go in reverse, keep their names", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  const { story, stop } = recordPods(cluster);
  await cluster.admin.create(statefulsets, aSet());
  await cluster.eventually(async () => assert.deepEqual(await ready(cluster), ["db-0", "db-1", "db-2"]));
  t.deepEqual(story, ["+db-0", "ready db-0", "+db-1", "ready db-1", "+db-2", "ready db-2"]);
  story.length = 0;
  await cluster.admin.patch(statefulsets, key, "merge", { spec: { replicas: 1 } });
  await cluster.eventually(async () => assert.deepEqual(await ready(cluster), ["db-0"]));
  t.deepEqual(story, ["-db-2", "-db-1"]);
  const [before] = await podsOf(cluster);
  await cluster.admin.delete(pods, { namespace: "default", name: "db-0" });
  await cluster.eventually(async () => {
    const [again] = await podsOf(cluster);
    assert.ok(again !== undefined && isPodReady(again));
    assert.notEqual(again?.metadata.uid, before?.metadata.uid);
    assert.equal(again?.metadata.name, "db-0");
    assert.equal(again?.metadata.generateName, "db-");
  });
  const { status } = await cluster.eventually(async () => {
    const set = await cluster.admin.get(statefulsets, key);
    assert.equal(set.status?.readyReplicas, 1);
    return set;
  });
  t.like(status, { replicas: 1, availableReplicas: 1, currentReplicas: 1, updatedReplicas: 1 });
  t.is(status?.currentRevision, status?.updateRevision);
  await cluster.eventually(async () => {
    const events = (await cluster.admin.list(coreEvents, { namespace: "default" })).items.map(({ message }) => message);
    assert.ok(events.includes("Create Pod db-1 in StatefulSet db successful"));
    assert.ok(events.includes("Delete Pod db-2 in StatefulSet db successful"));
  });
  await stop();
});

clusterTest("rolling update from the highest, by canary and to the end; undo by its revision", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(statefulsets, aSet());
  await cluster.eventually(async () => assert.equal((await ready(cluster)).length, 3));
  const { story, stop } = recordPods(cluster);
  await cluster.pass(200);
  story.length = 0;
  const image = (name: string) => ({ template: { spec: { containers: [{ name: "c", image: name }] } } });
  await cluster.admin.patch(statefulsets, key, "strategic", { spec: { ...image("db:2"), updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } } });
  await cluster.eventually(async () => assert.deepEqual(await ready(cluster, "db:2"), ["db-2"]));
  await cluster.pass(2000);
  t.deepEqual(await ready(cluster), ["db-0", "db-1"]);
  const canary = (await cluster.admin.get(statefulsets, key)).status;
  t.like(canary, { currentReplicas: 2, updatedReplicas: 1 });
  await cluster.admin.patch(statefulsets, key, "strategic", { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
  await cluster.eventually(async () => assert.equal((await ready(cluster, "db:2")).length, 3));
  t.deepEqual(story, ["-db-2", "+db-2", "ready db-2", "-db-1", "+db-1", "ready db-1", "-db-0", "+db-0", "ready db-0"]);
  await cluster.eventually(async () => {
    const { status } = await cluster.admin.get(statefulsets, key);
    assert.equal(status?.currentRevision, canary?.updateRevision);
  });
  const { items } = await cluster.admin.list(controllerrevisions, { namespace: "default" });
  const [first] = items.toSorted((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
  await cluster.admin.patch(statefulsets, key, "strategic", first?.data as object);
  await cluster.eventually(async () => assert.equal((await ready(cluster, "db:1")).length, 3));
  t.is((await cluster.admin.list(controllerrevisions, { namespace: "default" })).items.length, 2);
  await stop();
});

clusterTest("a pod that fails is made anew; a broken update waits, and its repair goes on", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: (pod) => (pod.spec?.containers[0]?.image === "db:broken" ? { stop_ms: 10 } : { ready_ms: 10, stop_ms: 10 }) });
  await cluster.admin.create(statefulsets, aSet({ podManagementPolicy: "Parallel" }));
  await cluster.eventually(async () => assert.equal((await ready(cluster)).length, 3));
  await cluster.admin.patch(pods, { namespace: "default", name: "db-1" }, "merge", { status: { phase: "Failed" } }, { subresource: "status" });
  await cluster.pass(200);
  await cluster.eventually(async () => assert.equal((await ready(cluster)).length, 3));
  const roll = (image: string) => cluster.admin.patch(statefulsets, key, "strategic", { spec: { template: { spec: { containers: [{ name: "c", image }] } } } });
  await roll("db:broken");
  await cluster.pass(3000);
  t.deepEqual(await ready(cluster), ["db-0", "db-1"]);
  await roll("db:3");
  await cluster.eventually(async () => assert.equal((await ready(cluster, "db:3")).length, 3));
});
