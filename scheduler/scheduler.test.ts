import test from "ava";
import { coreEvents, namespaces, nodes, pods } from "../api/resources.ts";
import type { CoreEvent, Pod } from "../api/wire.ts";
import { ApiError, type Client } from "../client/client.ts";
import { eventually, type LiveCluster, startLiveCluster } from "./testing/live.ts";
import { makeNode, makePod, type NodeText, type PodText } from "./testing/objects.ts";

async function withCluster(body: (cluster: LiveCluster) => Promise<void>): Promise<void> {
  const cluster = await startLiveCluster();
  try {
    await body(cluster);
  } finally {
    await cluster.stop();
  }
}

/** The API server taints a new node as not ready; the controllers that take the taint off do not run here. */
async function addNode({ client }: LiveCluster, name: string, text?: NodeText): Promise<void> {
  const { metadata, spec, status, apiVersion, kind } = makeNode(name, text);
  const made = await client.create(nodes, { apiVersion, kind, metadata: { name, labels: metadata.labels! }, spec: { ...spec } });
  const reported = await client.update(nodes, { ...made, status: { ...status } }, { subresource: "status" });
  await client.update(nodes, { ...reported, spec: { ...spec } });
}

async function addPod({ client }: LiveCluster, name: string, text: PodText = {}): Promise<Pod> {
  const { metadata, spec, apiVersion, kind } = makePod(name, text);
  return client.create(pods, { apiVersion, kind, metadata: { name, namespace: metadata.namespace!, labels: metadata.labels! }, spec: { ...spec!, serviceAccountName: "none", automountServiceAccountToken: false } });
}

async function prepare(cluster: LiveCluster): Promise<void> {
  await cluster.client.get(namespaces, { name: "default" });
  await cluster.client.create({ group: "", version: "v1", resource: "serviceaccounts", kind: "ServiceAccount", namespaced: true }, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
}

const bound = (cluster: LiveCluster, name: string) => eventually(cluster, pods, () => cluster.informers.get(pods).get(`default/${name}`)?.spec?.nodeName || undefined);

function conditionOf(pod: Pod | undefined) {
  return pod?.status?.conditions?.find((condition) => condition.type === "PodScheduled");
}

test("a pod is bound, with the event and the condition of kube-scheduler", async (t) => {
  await withCluster(async (cluster) => {
    await prepare(cluster);
    await addNode(cluster, "a");
    const { recorder } = cluster.schedule();
    await addPod(cluster, "p", { requests: { cpu: "1" } });
    t.is(await bound(cluster, "p"), "a");
    t.is(conditionOf(cluster.informers.get(pods).get("default/p"))?.status, "True");
    const event = await eventually(cluster, coreEvents, () => cluster.informers.get(coreEvents).list().find((one: CoreEvent) => one.reason === "Scheduled"));
    t.is(event.message, "Successfully assigned default/p to a");
    t.is(event.type, "Normal");
    await recorder.flush();
  });
});

test("a pod that fits nowhere says why, and is bound once a node comes", async (t) => {
  await withCluster(async (cluster) => {
    await prepare(cluster);
    await addNode(cluster, "a", { cpu: "1" });
    await addNode(cluster, "b", { taints: [{ key: "k", effect: "NoSchedule" }] });
    cluster.schedule();
    await addPod(cluster, "p", { requests: { cpu: "2" } });
    const text = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).";
    const condition = await eventually(cluster, pods, () => {
      const found = conditionOf(cluster.informers.get(pods).get("default/p"));
      return found?.message?.startsWith(text) ? found : undefined;
    });
    t.is(condition.reason, "Unschedulable");
    t.is(condition.status, "False");
    t.true(condition.message?.endsWith(" Nearest: a needs 2 CPU, the whole node has 1."), "what is missing where comes after kube-scheduler's own words");
    const event = await eventually(cluster, coreEvents, () => cluster.informers.get(coreEvents).list().find((one: CoreEvent) => one.reason === "FailedScheduling"));
    t.true(event.message?.startsWith(text));
    t.is(event.type, "Warning");
    await addNode(cluster, "c", { cpu: "4" });
    t.is(await bound(cluster, "p"), "c");
  });
});

test("a refused binding is tried again", async (t) => {
  await withCluster(async (cluster) => {
    await prepare(cluster);
    await addNode(cluster, "a", { cpu: "1" });
    let refusals = 0;
    cluster.schedule({ podInitialBackoff_ms: 10 }, (client): Client => ({
      ...client,
      get: client.get.bind(client),
      list: client.list.bind(client),
      watch: client.watch.bind(client),
      request: client.request.bind(client),
      create: client.create.bind(client),
      update: client.update.bind(client),
      patch: client.patch.bind(client),
      delete: client.delete.bind(client),
      deleteCollection: client.deleteCollection.bind(client),
      close: client.close.bind(client),
      createSubresource: async (...args) => {
        if (refusals++ < 2) throw new ApiError({ status: "Failure", reason: "InternalError", code: 500, message: "not now" });
        return client.createSubresource(...args);
      },
    }));
    await addPod(cluster, "p", { requests: { cpu: "1" } });
    t.is(await bound(cluster, "p"), "a");
    t.is(refusals, 3);
  });
});

test("two schedulers at once: every pod is bound once, no node gets more than it offers", async (t) => {
  await withCluster(async (cluster) => {
    await prepare(cluster);
    for (const name of ["a", "b", "c"]) await addNode(cluster, name, { cpu: "4" });
    cluster.schedule();
    cluster.schedule();
    await Promise.all(Array.from({ length: 20 }, (_, i) => addPod(cluster, `p${i}`, { requests: { cpu: "1" } })));
    await eventually(cluster, pods, () => (cluster.informers.get(pods).list().filter((pod) => pod.spec?.nodeName).length === 12 ? true : undefined));
    for (const node of ["a", "b", "c"]) {
      t.is(cluster.informers.get(pods).list().filter((pod) => pod.spec?.nodeName === node).length, 4);
    }
  });
});

test("a scheduler that starts again goes on from what is bound", async (t) => {
  await withCluster(async (cluster) => {
    await prepare(cluster);
    await addNode(cluster, "a", { cpu: "2" });
    const first = cluster.schedule();
    await addPod(cluster, "p", { requests: { cpu: "1" } });
    await bound(cluster, "p");
    await first.stop();
    await addPod(cluster, "q", { requests: { cpu: "2" } });
    await addPod(cluster, "r", { requests: { cpu: "1" } });
    cluster.schedule();
    t.is(await bound(cluster, "r"), "a");
    const said = await eventually(cluster, pods, () => conditionOf(cluster.informers.get(pods).get("default/q"))?.message);
    t.true(said.startsWith("0/1 nodes are available: 1 Insufficient cpu."));
  });
});

test("a pod of high priority makes room: the victim is deleted with the reason, the pod is nominated and then bound", async (t) => {
  await withCluster(async (cluster) => {
    await prepare(cluster);
    const classes = { group: "scheduling.k8s.io", version: "v1", resource: "priorityclasses", kind: "PriorityClass", namespaced: false };
    await cluster.client.create(classes, { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "high" }, value: 1000 });
    await addNode(cluster, "a", { cpu: "2" });
    cluster.schedule();
    await addPod(cluster, "low", { requests: { cpu: "2" }, spec: { terminationGracePeriodSeconds: 30 } });
    await bound(cluster, "low");
    await addPod(cluster, "high", { requests: { cpu: "2" }, spec: { priorityClassName: "high" } });
    const victim = await eventually(cluster, pods, () => {
      const low = cluster.informers.get(pods).get("default/low");
      return low?.metadata.deletionTimestamp ? low : undefined;
    });
    const disrupted = victim.status?.conditions?.find((condition) => condition.type === "DisruptionTarget");
    t.is(disrupted?.reason, "PreemptionByScheduler");
    t.is(await eventually(cluster, pods, () => cluster.informers.get(pods).get("default/high")?.status?.nominatedNodeName), "a");
    const event = await eventually(cluster, coreEvents, () => cluster.informers.get(coreEvents).list().find((one: CoreEvent) => one.reason === "Preempted"));
    t.is(event.message, `Preempted by pod ${cluster.informers.get(pods).get("default/high")?.metadata.uid} on node a`);
    await cluster.client.delete(pods, { namespace: "default", name: "low" }, { gracePeriodSeconds: 0 });
    t.is(await bound(cluster, "high"), "a");
  });
});
