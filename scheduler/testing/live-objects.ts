import { nodes, pods, priorityclasses, serviceaccounts } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { type LiveCluster, startLiveCluster } from "./live.ts";
import { makeNode, makePod, type NodeText, type PodText } from "./objects.ts";

/** A real API server, with a service account for its pods and priority classes `high` and `patient` (1000; the latter evicts nobody). */
export async function withLiveCluster(body: (cluster: LiveCluster) => Promise<void>): Promise<void> {
  const cluster = await startLiveCluster();
  try {
    await cluster.client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
    await cluster.client.create(priorityclasses, { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "high" }, value: 1000 });
    await cluster.client.create(priorityclasses, { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "patient" }, value: 1000, preemptionPolicy: "Never" });
    await body(cluster);
  } finally {
    await cluster.stop();
  }
}

/** A node as its agent would report it; the taint of new nodes is taken off, as controllers would. */
export async function addNode({ client }: LiveCluster, name: string, text?: NodeText): Promise<void> {
  const { metadata, spec, status, apiVersion, kind } = makeNode(name, text);
  const made = await client.create(nodes, { apiVersion, kind, metadata: { name, labels: metadata.labels! }, spec: { ...spec } });
  const reported = await client.update(nodes, { ...made, status: { ...status } }, { subresource: "status" });
  await client.update(nodes, { ...reported, spec: { ...spec } });
}

/** A pod; with `nodeName` it is placed and runs already. `owner`: the uid of a controller that would make another one. */
export async function addPod({ client }: LiveCluster, name: string, text: PodText & { readonly owner?: string } = {}): Promise<Pod> {
  const { metadata, spec, apiVersion, kind } = makePod(name, text);
  const owners = text.owner === undefined ? {} : { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "owner", uid: text.owner, controller: true }] };
  const made = await client.create(pods, { apiVersion, kind, metadata: { name, namespace: metadata.namespace!, labels: metadata.labels!, ...owners }, spec: { ...spec!, serviceAccountName: "none", automountServiceAccountToken: false } });
  if (!text.nodeName) return made;
  return client.patch(pods, { namespace: metadata.namespace!, name }, "merge", { status: { phase: "Running" } }, { subresource: "status" });
}
