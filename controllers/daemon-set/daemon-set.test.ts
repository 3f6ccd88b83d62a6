import assert from "node:assert/strict";
import test from "ava";
import { controllerrevisions, daemonsets, nodes, pods } from "../../api/resources.ts";
import type { DaemonSet, Pod } from "../../api/wire.ts";
import { isPodActive, isPodReady } from "../shared/pods.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { aNode, aPod } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";
import { nodeFit } from "./node-fit.ts";
import { type NodeState, planPlacement, planUpdate } from "./plan.ts";

const key = { namespace: "default", name: "agent" };
const aSet = (spec: Partial<NonNullable<DaemonSet["spec"]>> = {}, podSpec: Partial<NonNullable<Pod["spec"]>> = {}): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: key,
  spec: { selector: { matchLabels: { app: "agent" } }, template: { metadata: { labels: { app: "agent" } }, spec: { containers: [{ name: "c", image: "agent:1" }], terminationGracePeriodSeconds: 0, ...podSpec } }, ...spec },
});

test("where a daemon belongs: selector, affinity, taints, cordon", (t) => {
  const fit = (podSpec: Partial<NonNullable<Pod["spec"]>>, node = aNode({ name: "n", zone: "z" })) => Object.values(nodeFit(aSet({}, podSpec), node)).map(Number).join("");
  const affinity = (operator: string, ...values: string[]) => ({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "topology.kubernetes.io/zone", operator, ...(values.length > 0 ? { values } : {}) }] }] } } } });
  t.is(fit({}), "11");
  t.is(fit({ nodeName: "other" }), "00");
  t.is(fit({ nodeSelector: { x: "y" } }), "00");
  for (const [operator, values, expected] of [["In", ["z"], "11"], ["NotIn", ["z"], "00"], ["Exists", [], "11"], ["DoesNotExist", [], "00"], ["Gt", ["1"], "00"]] as const) t.is(fit(affinity(operator, ...values)), expected, operator);
  t.is(fit({}, aNode({ unschedulable: true, taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }, { key: "node.kubernetes.io/not-ready", effect: "NoExecute" }] })), "11");
  t.is(fit({}, aNode({ taints: [{ key: "mine", effect: "NoSchedule" }] })), "01");
  t.is(fit({}, aNode({ taints: [{ key: "mine", effect: "NoExecute" }] })), "00");
  t.is(fit({ tolerations: [{ operator: "Exists" }] }, aNode({ taints: [{ key: "mine", effect: "NoExecute" }] })), "11");
});

const NOW = Date.parse("2026-01-01T12:00:00Z");
const podOf = (revision: string, fields: Parameters<typeof aPod>[0] = {}) => aPod({ labels: { "controller-revision-hash": revision }, ...fields });
const on = (name: string, ...list: Pod[]): NodeState => ({ name, fit: { shouldRun: true, mayStay: true }, pods: list });
const names = (list: readonly Pod[]) => list.map(({ metadata }) => metadata.name);

test("one on each node: made where none is, the younger of two goes, finished ones go, a going one holds its place", (t) => {
  const [old, young, failed, going] = [podOf("a", { name: "old", created: "2026-01-01T00:00:00Z" }), podOf("a", { name: "young", created: "2026-01-01T01:00:00Z" }), podOf("a", { name: "failed", phase: "Failed" }), podOf("a", { deleting: true })];
  const plan = planPlacement(aSet(), [on("n1"), on("n2", young, old), on("n3", failed), on("n4", going), { name: "n5", fit: { shouldRun: false, mayStay: false }, pods: [podOf("a", { name: "misplaced" })] }], "a", NOW);
  t.deepEqual(plan.create, ["n1"]);
  t.deepEqual(names(plan.remove), ["young", "misplaced"]);
  t.deepEqual(names(plan.finished), ["failed"]);
});

test("update in place: broken ones at once, of the others as many as may be missing", (t) => {
  const set = aSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } } });
  const states = [on("n1", podOf("a", { name: "x1" })), on("n2", podOf("a", { name: "broken", ready: false })), on("n3", podOf("a", { name: "x3" })), on("n4", podOf("b"))];
  t.deepEqual(names(planUpdate(set, states, "b", NOW).remove), ["broken", "x1"]);
  t.deepEqual(names(planUpdate(set, [...states, on("n5")], "b", NOW).remove), ["broken"]);
});

test("update with a surge: the new one first, the old one when the new one is available", (t) => {
  const set = aSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  const states = [on("n1", podOf("a")), on("n2", podOf("a"))];
  t.deepEqual(planUpdate(set, states, "b", NOW).create, ["n1"]);
  const waiting = [on("n1", podOf("a"), podOf("b", { ready: false })), on("n2", podOf("a"))];
  t.deepEqual(planUpdate(set, waiting, "b", NOW), { create: [], remove: [] });
  const done = [on("n1", podOf("a", { name: "old" }), podOf("b")), on("n2", podOf("a"))];
  t.deepEqual(names(planUpdate(set, done, "b", NOW).remove), ["old"]);
  t.deepEqual(planUpdate(set, done, "b", NOW).create, ["n2"]);
});

const podsOf = async (cluster: TestCluster) => [...(await cluster.admin.list(pods, { namespace: "default" })).items];
const placed = async (cluster: TestCluster, image = "agent:1") => (await podsOf(cluster)).filter((pod) => isPodActive(pod) && isPodReady(pod) && pod.spec?.containers[0]?.image === image).map((pod) => pod.spec?.nodeName).sort();

clusterTest("one pod on each node, also on nodes that come and cordoned ones; gone with a taint", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(daemonsets, aSet());
  await cluster.eventually(async () => assert.deepEqual(await placed(cluster), ["node-1", "node-2", "node-3"]));
  await cluster.eventually(async () => {
    const { status } = await cluster.admin.get(daemonsets, key);
    assert.deepEqual([status?.desiredNumberScheduled, status?.currentNumberScheduled, status?.numberReady, status?.numberAvailable, status?.updatedNumberScheduled, status?.numberMisscheduled], [3, 3, 3, 3, 3, 0]);
  });
  const [pod] = await podsOf(cluster);
  t.true(pod?.spec?.tolerations?.some((toleration) => toleration.key === "node.kubernetes.io/unreachable" && toleration.tolerationSeconds === undefined));
  cluster.startNodes({ names: ["node-4"] });
  await cluster.eventually(async () => assert.equal((await placed(cluster)).length, 4));
  await cluster.admin.patch(nodes, { name: "node-2" }, "merge", { spec: { unschedulable: true } });
  await cluster.pass(1000);
  t.is((await placed(cluster)).length, 4);
  await cluster.admin.patch(nodes, { name: "node-3" }, "merge", { spec: { taints: [{ key: "mine", effect: "NoExecute" }] } });
  await cluster.eventually(async () => assert.deepEqual(await placed(cluster), ["node-1", "node-2", "node-4"]));
});

for (const rollingUpdate of [{ maxUnavailable: 1 }, { maxSurge: 2, maxUnavailable: 0 }]) {
  clusterTest(`rolling update with ${JSON.stringify(rollingUpdate)}; history and undo`, async (t, cluster) => {
    cluster.startManager();
    cluster.startNodes({ names: ["a", "b", "c", "d"] });
    await cluster.admin.create(daemonsets, aSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate }, revisionHistoryLimit: 1 }));
    await cluster.eventually(async () => assert.equal((await placed(cluster)).length, 4));
    let least = 4;
    const roll = async (image: string) => {
      await cluster.admin.patch(daemonsets, key, "strategic", { spec: { template: { spec: { containers: [{ name: "c", image }] } } } });
      await cluster.eventually(async () => {
        const all = (await podsOf(cluster)).filter((pod) => isPodActive(pod) && isPodReady(pod));
        least = Math.min(least, new Set(all.map((pod) => pod.spec?.nodeName)).size);
        assert.equal((await placed(cluster, image)).length, 4);
        assert.equal((await podsOf(cluster)).length, 4);
      }, 60_000, 10);
    };
    for (const image of ["agent:2", "agent:3", "agent:1"]) await roll(image);
    t.true(least >= 4 - (rollingUpdate.maxUnavailable ?? 0), `${least} nodes served`);
    await cluster.pass(1000);
    const { items } = await cluster.admin.list(controllerrevisions, { namespace: "default" });
    t.deepEqual(items.map(({ revision }) => revision).sort(), [3, 4]);
    const [oldest] = items.toSorted((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
    await cluster.admin.patch(daemonsets, key, "strategic", oldest?.data as object);
    await cluster.eventually(async () => assert.equal((await placed(cluster, "agent:3")).length, 4));
  });
}

clusterTest("OnDelete: only a pod that somebody deletes is renewed; a failed one is replaced", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(daemonsets, aSet({ updateStrategy: { type: "OnDelete" } }));
  await cluster.eventually(async () => assert.equal((await placed(cluster)).length, 3));
  await cluster.admin.patch(daemonsets, key, "strategic", { spec: { template: { spec: { containers: [{ name: "c", image: "agent:2" }] } } } });
  await cluster.pass(2000);
  t.is((await placed(cluster)).length, 3);
  const [first, second] = await podsOf(cluster);
  await cluster.admin.delete(pods, { namespace: "default", name: first?.metadata.name ?? "" });
  await cluster.eventually(async () => assert.deepEqual(await placed(cluster, "agent:2"), [first?.spec?.nodeName]));
  await cluster.admin.patch(pods, { namespace: "default", name: second?.metadata.name ?? "" }, "merge", { status: { phase: "Failed" } }, { subresource: "status" });
  await cluster.eventually(async () => assert.deepEqual(await placed(cluster, "agent:2"), [first?.spec?.nodeName, second?.spec?.nodeName].sort()));
});
