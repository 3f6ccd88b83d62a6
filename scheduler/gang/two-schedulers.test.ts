import test from "ava";
import { nodes, pods, serviceaccounts } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import { eventually, type LiveCluster, startLiveCluster } from "../testing/live.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { podGroups } from "./pod-groups.ts";

const NODES = 4;
const CPUS_PER_NODE = 4;
const GROUPS = 6;
const MEMBERS = 4;
/** Groups that there is room for. */
const FITTING = (NODES * CPUS_PER_NODE) / MEMBERS;
const GROUP_LABEL = "scheduling.x-k8s.io/pod-group";

async function addNode(client: Client, name: string): Promise<void> {
  const { metadata, status, apiVersion, kind } = makeNode(name, { cpu: String(CPUS_PER_NODE) });
  const made = await client.create(nodes, { apiVersion, kind, metadata: { name, labels: metadata.labels! } });
  const reported = await client.update(nodes, { ...made, status: { ...status } }, { subresource: "status" });
  await client.update(nodes, { ...reported, spec: {} });
}

async function addMember(client: Client, name: string, group: string): Promise<void> {
  const { spec, apiVersion, kind } = makePod(name, { requests: { cpu: "1" } });
  const ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name: group, uid: `uid-of-${group}`, controller: true }];
  const metadata = { name, namespace: "default", labels: { [GROUP_LABEL]: group }, ownerReferences };
  await client.create(pods, { apiVersion, kind, metadata, spec: { ...spec!, terminationGracePeriodSeconds: 0, serviceAccountName: "none", automountServiceAccountToken: false } });
}

/** Makes deleted members again, as their controller would, under other names. */
function replaceDeleted({ client, informers }: LiveCluster): void {
  let made = 0;
  informers.get(pods).addHandler({
    delete: (pod) => {
      const group = pod.metadata.labels?.[GROUP_LABEL] ?? "";
      void addMember(client, `${group}-again-${made++}`, group).catch((error: unknown) => {
        if (!isReason(error, "NotFound")) throw error;
      });
    },
  });
}

function boundPerGroup(all: readonly Pod[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { metadata, spec } of all) {
    const group = metadata.labels?.[GROUP_LABEL] ?? "";
    if (spec?.nodeName) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

/** @throws Error naming a node that has more than it offers */
function checkNodes(all: readonly Pod[]): void {
  const used = new Map<string, number>();
  for (const { spec } of all) if (spec?.nodeName) used.set(spec.nodeName, (used.get(spec.nodeName) ?? 0) + 1);
  for (const [node, count] of used) if (count > CPUS_PER_NODE) throw new Error(`${node} has ${count} pods`);
}

test("two schedulers and more groups than there is room for: no node gets too much, and as many groups as fit become whole, the others get nothing", async (t) => {
  t.timeout(60_000);
  const cluster = await startLiveCluster();
  try {
    const { client, informers } = cluster;
    await client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "none", namespace: "default" } });
    for (let i = 0; i < NODES; i++) await addNode(client, `n${i}`);
    for (let group = 0; group < GROUPS; group++) {
      await client.create(podGroups, { apiVersion: "scheduling.x-k8s.io/v1alpha1", kind: "PodGroup", metadata: { name: `g${group}`, namespace: "default" }, spec: { minMember: MEMBERS, scheduleTimeoutSeconds: 1 } });
    }
    const timing = { podInitialBackoff_ms: 20, podMaxBackoff_ms: 200 };
    cluster.schedule(timing);
    cluster.schedule(timing);
    replaceDeleted(cluster);
    // Members of different groups come in turn, so that each scheduler sees parts of all of them.
    for (let member = 0; member < MEMBERS; member++) await Promise.all(Array.from({ length: GROUPS }, (_, group) => addMember(client, `g${group}-${member}`, `g${group}`)));
    const bound = await eventually(
      cluster,
      pods,
      () => {
        const all = informers.get(pods).list();
        checkNodes(all);
        const counts = boundPerGroup(all);
        return counts.size === FITTING && [...counts.values()].every((count) => count === MEMBERS) ? counts : undefined;
      },
      50_000,
    );
    t.is(bound.size, FITTING);
  } finally {
    await cluster.stop();
  }
});
