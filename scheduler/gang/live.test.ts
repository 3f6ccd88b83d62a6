import test from "ava";
import { pods, serviceaccounts, nodes } from "../../api/resources.ts";
import { eventually, type LiveCluster, startLiveCluster } from "../testing/live.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { podGroups } from "./pod-groups.ts";

async function addNode({ client }: LiveCluster, name: string, cpu: string): Promise<void> {
  const { metadata, status, apiVersion, kind } = makeNode(name, { cpu });
  const made = await client.create(nodes, { apiVersion, kind, metadata: { name, labels: metadata.labels! } });
  const reported = await client.update(nodes, { ...made, status: { ...status } }, { subresource: "status" });
  await client.update(nodes, { ...reported, spec: {} });
}

async function addMember({ client }: LiveCluster, name: string): Promise<void> {
  const { spec, apiVersion, kind } = makePod(name, { requests: { cpu: "1" } });
  const metadata = { name, namespace: "default", labels: { "scheduling.x-k8s.io/pod-group": "train" } };
  await client.create(pods, { apiVersion, kind, metadata, spec: { ...spec!, serviceAccountName: "none", automountServiceAccountToken: false } });
}

test("a PodGroup of the API: nothing is bound until all of it fits, then all of it is, and its status says so", async (t) => {
  const cluster = await startLiveCluster();
  try {
    const { client, informers } = cluster;
    await client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
    await client.create(podGroups, { apiVersion: "scheduling.x-k8s.io/v1alpha1", kind: "PodGroup", metadata: { name: "train", namespace: "default" }, spec: { minMember: 3 } });
    await addNode(cluster, "a", "2");
    cluster.schedule({ podInitialBackoff_ms: 10, podMaxBackoff_ms: 100 });
    for (const name of ["p", "q", "r"]) await addMember(cluster, name);
    const why = await eventually(cluster, pods, () => {
      const messages = informers.get(pods).list().map((pod) => pod.status?.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "");
      return messages.find((message) => message.includes("is placed whole or not at all: 2 of 3 pods have a place"));
    });
    t.truthy(why);
    t.deepEqual(informers.get(pods).list().filter((pod) => pod.spec?.nodeName), []);
    await addNode(cluster, "b", "1");
    await eventually(cluster, pods, () => (informers.get(pods).list().every((pod) => pod.spec?.nodeName) ? true : undefined));
    const phase = await eventually(cluster, podGroups, () => informers.get(podGroups).get("default/train")?.status?.phase);
    t.is(phase, "Scheduled");
  } finally {
    await cluster.stop();
  }
});
