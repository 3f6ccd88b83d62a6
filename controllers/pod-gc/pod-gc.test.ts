import assert from "node:assert/strict";
import { nodes, pods } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const ONLY = { only: ["pod-garbage-collector", "service-account-controller"] };

function addPod(cluster: TestCluster, name: string, fields: { nodeName?: string; finalizers?: string[] }): Promise<Pod> {
  const { nodeName, finalizers = [] } = fields;
  return cluster.eventually(() => cluster.admin.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", name, finalizers }, spec: { containers: [{ name: "c", image: "i" }], ...(nodeName ? { nodeName } : {}) } }));
}

const get = (cluster: TestCluster, name: string) => cluster.admin.get(pods, { namespace: "default", name });

clusterTest("a pod that was deleted before it had a node fails and goes", async (t, cluster) => {
  cluster.startManager(ONLY);
  const made = await addPod(cluster, "waits", { finalizers: ["example.com/hold"] });
  await cluster.admin.delete(pods, { namespace: "default", name: "waits" });
  await cluster.eventually(async () => assert.equal((await get(cluster, "waits")).status?.phase, "Failed"));
  const { status, metadata } = await get(cluster, "waits");
  t.is(status?.observedGeneration, metadata.generation);
  t.true((metadata.generation ?? 0) > (made.metadata.generation ?? 0));
});

clusterTest("the pods of a node that is gone go after a while, and say why", async (t, cluster) => {
  await cluster.admin.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "here" } });
  cluster.startManager(ONLY);
  await addPod(cluster, "stays", { nodeName: "here" });
  await addPod(cluster, "lost", { nodeName: "gone", finalizers: ["example.com/hold"] });
  await addPod(cluster, "lost-too", { nodeName: "gone" });
  await cluster.pass(35_000, 1000);
  t.is((await get(cluster, "lost")).status?.phase, "Pending");
  await cluster.eventually(() => assert.rejects(get(cluster, "lost-too"), (error) => isReason(error, "NotFound")), 60_000);
  const lost = await cluster.eventually(async () => {
    const pod = await get(cluster, "lost");
    assert.equal(pod.status?.phase, "Failed");
    return pod;
  }, 60_000);
  t.like(lost.status?.conditions?.find(({ type }) => type === "DisruptionTarget"), { status: "True", reason: "DeletionByPodGC", message: "PodGC: node no longer exists" });
  t.is((await get(cluster, "stays")).metadata.deletionTimestamp, undefined);
});
