import assert from "node:assert/strict";
import { coreEvents, deployments, nodes, pods } from "../../api/resources.ts";
import type { Node, Pod } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { isPodActive, podCondition } from "../shared/pods.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { userDeployment } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const readNode = (cluster: TestCluster, name: string): Promise<Node> => cluster.admin.get(nodes, { name });
const ready = (node: Node) => node.status?.conditions?.find(({ type }) => type === "Ready");
const taintsOf = (node: Node) => (node.spec?.taints ?? []).map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`).sort();
const podsOf = async (cluster: TestCluster): Promise<Pod[]> => [...(await cluster.admin.list(pods, { namespace: "default" })).items];

async function deploy(cluster: TestCluster, replicas: number, tolerations?: { key: string; operator: string; effect: string; tolerationSeconds: number }[]): Promise<void> {
  const template = userDeployment("web").spec?.template;
  await cluster.admin.create(deployments, userDeployment("web", { replicas, more: { template: { ...template, spec: { containers: [{ name: "c", image: "i" }], ...(tolerations ? { tolerations } : {}) } } } }));
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).filter((pod) => podCondition(pod, "Ready")?.status === "True").length, replicas));
}

clusterTest("a node that falls silent: Unknown after the grace period, tainted, its pods not ready, replaced after their toleration; when it speaks again, all is undone", async (t, cluster) => {
  cluster.startManager();
  const hollow = cluster.startNodes();
  await deploy(cluster, 6);
  const lost = (await podsOf(cluster)).filter((pod) => pod.spec?.nodeName === "node-1");
  t.is(lost.length, 2);
  hollow.freeze("node-1");
  await cluster.pass(29_000, 500);
  t.is(ready(await readNode(cluster, "node-1"))?.status, "True");
  await cluster.pass(22_000, 500);
  const silent = await readNode(cluster, "node-1");
  t.like(ready(silent), { status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." });
  t.deepEqual(taintsOf(silent), ["unreachable:NoExecute", "unreachable:NoSchedule"]);
  t.truthy(silent.spec?.taints?.every(({ timeAdded }) => timeAdded));
  for (const pod of (await podsOf(cluster)).filter(({ spec }) => spec?.nodeName === "node-1")) {
    t.is(podCondition(pod, "Ready")?.status, "False");
    t.true(isPodActive(pod));
  }
  t.is((await cluster.admin.get(deployments, { namespace: "default", name: "web" })).status?.availableReplicas, 4);
  await cluster.pass(302_000, 2000);
  const after = await podsOf(cluster);
  const gone = after.filter((pod) => lost.some(({ metadata }) => metadata.uid === pod.metadata.uid));
  t.is(gone.length, 2, "they stay, since their node cannot confirm their end");
  for (const pod of gone) {
    t.truthy(pod.metadata.deletionTimestamp);
    t.like(podCondition(pod, "DisruptionTarget"), { status: "True", reason: "DeletionByTaintManager", message: "Taint manager: deleting due to NoExecute taint" });
  }
  t.is(after.filter(isPodActive).length, 6);
  t.true(after.filter(isPodActive).every((pod) => pod.spec?.nodeName !== "node-1"));
  hollow.thaw("node-1");
  await cluster.eventually(async () => {
    const back = await readNode(cluster, "node-1");
    assert.equal(ready(back)?.status, "True");
    assert.deepEqual(taintsOf(back), []);
    assert.equal((await podsOf(cluster)).length, 6);
  });
  const events = (await cluster.admin.list(coreEvents)).items;
  t.true(events.some(({ reason, message }) => reason === "NodeNotReady" && message === "Node node-1 status is now: NodeNotReady"));
  t.is(events.filter(({ reason, message }) => reason === "TaintManagerEviction" && message?.startsWith("Marking for deletion Pod default/web-")).length, 2);
});

clusterTest("a manager that starts in the middle goes by the time of the taint, not by its own", async (t, cluster) => {
  const first = cluster.startManager();
  const hollow = cluster.startNodes();
  await deploy(cluster, 3, [{ key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 100 }]);
  hollow.freeze("node-1");
  await cluster.eventually(async () => assert.deepEqual(taintsOf(await readNode(cluster, "node-1")), ["unreachable:NoExecute", "unreachable:NoSchedule"]));
  await cluster.pass(80_000, 1000);
  first.kill();
  cluster.startManager();
  const active = async () => (await podsOf(cluster)).filter((pod) => isPodActive(pod) && pod.spec?.nodeName === "node-1").length;
  await cluster.pass(15_000, 1000);
  t.is(await active(), 1);
  await cluster.pass(10_000, 1000);
  t.is(await active(), 0);
});

clusterTest("all nodes silent at once: rather we are cut off, and nobody is evicted", async (t, cluster) => {
  cluster.startManager();
  const hollow = cluster.startNodes();
  await deploy(cluster, 3, [{ key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 20 }]);
  for (const name of ["node-1", "node-2", "node-3"]) hollow.freeze(name);
  await cluster.pass(200_000, 1000);
  for (const name of ["node-1", "node-2", "node-3"]) t.deepEqual(taintsOf(await readNode(cluster, name)), ["unreachable:NoSchedule"]);
  t.is((await podsOf(cluster)).filter(isPodActive).length, 3);
});

clusterTest("a node that never posts a status", async (t, cluster) => {
  cluster.startManager();
  await cluster.admin.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "mute" } });
  await cluster.pass(55_000, 1000);
  t.is(ready(await readNode(cluster, "mute")), undefined);
  await cluster.pass(10_000, 1000);
  t.like(ready(await readNode(cluster, "mute")), { status: "Unknown", reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status." });
});

clusterTest("conditions and cordon become taints and go with them", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.eventually(() => readNode(cluster, "node-2"));
  await cluster.admin.patch(nodes, { name: "node-2" }, "merge", { spec: { unschedulable: true } });
  await cluster.admin.patch(nodes, { name: "node-2" }, "strategic", { status: { conditions: [{ type: "DiskPressure", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }] } }, { subresource: "status" });
  await cluster.eventually(async () => assert.deepEqual(taintsOf(await readNode(cluster, "node-2")), ["disk-pressure:NoSchedule", "unschedulable:NoSchedule"]));
  await cluster.admin.patch(nodes, { name: "node-2" }, "merge", { spec: { unschedulable: null } });
  await cluster.eventually(async () => assert.deepEqual(taintsOf(await readNode(cluster, "node-2")), ["disk-pressure:NoSchedule"]));
  t.pass();
});

clusterTest("a node that says itself that it is not ready: tainted, and its pods are as it tells", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await deploy(cluster, 3);
  const unready = { type: "Ready", status: "False", reason: "KubeletNotReady", message: "no network", lastTransitionTime: "2026-01-01T00:00:00Z" };
  await cluster.admin.patch(nodes, { name: "node-1" }, "strategic", { status: { conditions: [unready] } }, { subresource: "status" });
  await cluster.eventually(async () => assert.deepEqual(taintsOf(await readNode(cluster, "node-1")), ["not-ready:NoExecute", "not-ready:NoSchedule"]));
  await cluster.pass(500, 100);
  t.deepEqual((await podsOf(cluster)).map((pod) => podCondition(pod, "Ready")?.status), ["True", "True", "True"]);
});

clusterTest("pods that nobody else ends: of a deleted node after a while, deleted before they had a node, of a node out of service", async (t, cluster) => {
  cluster.startManager();
  const hollow = cluster.startNodes();
  await deploy(cluster, 3);
  hollow.freeze("node-1");
  await cluster.admin.delete(nodes, { name: "node-1" });
  const orphans = async () => (await podsOf(cluster)).filter((pod) => pod.spec?.nodeName === "node-1").length;
  await cluster.pass(35_000, 1000);
  t.is(await orphans(), 1);
  await cluster.pass(8000, 1000);
  t.is(await orphans(), 0);
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).filter(isPodActive).length, 3));
  const spec = { containers: [{ name: "c", image: "i" }], schedulingGates: [{ name: "wait" }] };
  await cluster.admin.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", name: "gated" }, spec });
  await cluster.admin.delete(pods, { namespace: "default", name: "gated" });
  await cluster.eventually(() => assert.rejects(cluster.admin.get(pods, { namespace: "default", name: "gated" }), (error) => isReason(error, "NotFound")));
  hollow.freeze("node-2");
  await cluster.pass(60_000, 1000);
  const [stuck] = (await podsOf(cluster)).filter((pod) => pod.spec?.nodeName === "node-2");
  await cluster.admin.delete(pods, { namespace: "default", name: stuck?.metadata.name ?? "" });
  await cluster.pass(60_000, 1000);
  t.is((await cluster.admin.get(pods, { namespace: "default", name: stuck?.metadata.name ?? "" })).metadata.uid, stuck?.metadata.uid);
  const node = await readNode(cluster, "node-2");
  await cluster.admin.patch(nodes, { name: "node-2" }, "merge", { spec: { taints: [...(node.spec?.taints ?? []), { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" }] } });
  await cluster.eventually(() => assert.rejects(cluster.admin.get(pods, { namespace: "default", name: stuck?.metadata.name ?? "" }), (error) => isReason(error, "NotFound")));
});

clusterTest("finished pods beyond the threshold go, the oldest first", async (t, cluster) => {
  cluster.startManager({ podGc: { terminatedPodThreshold: 2 } });
  cluster.startNodes({ behaviour: () => ({ ready_ms: 10, end_ms: 10 }) });
  await cluster.pass(500);
  for (let i = 0; i < 5; i++) {
    await cluster.admin.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", name: `job-${i}` }, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } });
    await cluster.pass(1100);
  }
  await cluster.eventually(async () => assert.deepEqual((await podsOf(cluster)).map(({ metadata }) => metadata.name), ["job-3", "job-4"]));
  t.pass();
});
