import test from "ava";
import { nodes, poddisruptionbudgets, pods } from "../../../api/resources.ts";
import type { Pod } from "../../../api/wire.ts";
import type { LiveCluster } from "../../../scheduler/testing/live.ts";
import { addNode, addPod, withLiveCluster } from "../../../scheduler/testing/live-objects.ts";
import { type Ran, runBerth } from "../../testing/run-berth.ts";

const run = (cluster: LiveCluster, ...args: string[]): Promise<Ran> => runBerth(["rebalance", ...args], { kubeconfig: cluster.server.adminKubeconfigPath });

/** Plays agent and controller: what is evicted ends at once, and another pod is made for it. Returns what stops it. */
async function playAgentsAndControllers(cluster: LiveCluster): Promise<() => void> {
  const informer = cluster.informers.get(pods);
  await informer.whenSynced();
  const ended = new Set<string>();
  const again = (pod: Pod) => {
    const { name = "", uid = "" } = pod.metadata;
    if (pod.metadata.deletionTimestamp === undefined || ended.has(uid)) return;
    ended.add(uid);
    const owner = pod.metadata.ownerReferences?.[0]?.uid;
    void cluster.client.delete(pods, { namespace: "default", name }, { gracePeriodSeconds: 0 }).then(() => addPod(cluster, `${name}-again`, { requests: pod.spec!.containers[0]!.resources!.requests!, labels: pod.metadata.labels!, ...(owner && { owner }) }));
  };
  return informer.addHandler({ add: again, update: again });
}

test("a node is emptied: each pod is proved to have another place, evicted, and runs elsewhere before the next one goes", async (t) => {
  await withLiveCluster(async (cluster) => {
    await addNode(cluster, "full", { cpu: "4" });
    await addNode(cluster, "nearly-empty", { cpu: "4" });
    for (const name of ["x", "y"]) await addPod(cluster, name, { nodeName: "full", requests: { cpu: "1" }, owner: "web" });
    await addPod(cluster, "lonely", { nodeName: "nearly-empty", requests: { cpu: "1" }, owner: "web" });
    const dry = await run(cluster, "--dry-run");
    t.is(dry.code, 0, dry.stderr);
    t.regex(dry.stdout, /^1 move:\n {2}default\/lonely {2}nearly-empty → full {2}empties nearly-empty\n\nGain:\n {2}1 node empty: nearly-empty\n/);
    t.regex(dry.stdout, /nodes in use 2 → 1 of 2; of those, CPU requested 38 % → 75 %/);
    t.is((await cluster.client.get(pods, { namespace: "default", name: "lonely" })).metadata.deletionTimestamp, undefined, "a dry run moves nothing");

    const { stop } = cluster.schedule();
    const stopPlaying = await playAgentsAndControllers(cluster);
    const real = await run(cluster, "--timeout", "20s");
    stopPlaying();
    await stop();
    t.is(real.code, 0, real.stderr);
    t.regex(real.stdout, /default\/lonely moved: lonely-again is on full\n1 of 1 moves made\n/);
    t.is((await cluster.client.get(pods, { namespace: "default", name: "lonely-again" })).spec?.nodeName, "full");
    t.is((await cluster.client.get(nodes, { name: "nearly-empty" })).spec?.taints?.length ?? 0, 0, "the soft taint is gone");
  });
});

test("budgets, bare pods and pods with local data stay; a pod that waits gets room", async (t) => {
  await withLiveCluster(async (cluster) => {
    await addNode(cluster, "a", { cpu: "4" });
    await addNode(cluster, "b", { cpu: "4" });
    await addPod(cluster, "bare", { nodeName: "a", requests: { cpu: "500m" } });
    await addPod(cluster, "guarded", { nodeName: "a", requests: { cpu: "500m" }, labels: { app: "guarded" }, owner: "g" });
    await addPod(cluster, "stateful", { nodeName: "b", requests: { cpu: "500m" }, owner: "s", spec: { volumes: [{ name: "scratch", emptyDir: {} }] } });
    await addPod(cluster, "movable", { nodeName: "b", requests: { cpu: "1" }, owner: "m" });
    const budget = await cluster.client.create(poddisruptionbudgets, { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "g", namespace: "default" }, spec: { minAvailable: 1, selector: { matchLabels: { app: "guarded" } } } });
    await cluster.client.update(poddisruptionbudgets, { ...budget, status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, observedGeneration: 1 } }, { subresource: "status" });
    const nothing = await run(cluster, "--dry-run", "--goals", "empty-nodes");
    t.regex(nothing.stdout, /^Nothing to gain:/);
    t.regex(nothing.stdout, /1 {2}nothing would make it again: it has no controller\n/);
    t.regex(nothing.stdout, /1 {2}its PodDisruptionBudget allows no eviction now\n/);
    t.regex(nothing.stdout, /1 {2}it has local data/);

    await addPod(cluster, "waits", { requests: { cpu: "3500m" } });
    const plan = JSON.parse((await run(cluster, "--dry-run", "-o", "json", "--budget", "3")).stdout);
    t.deepEqual(plan.moves, [{ pod: "default/movable", from: "b", to: "a", reason: "makes-room", for: "default/waits" }]);
    t.deepEqual(plan.admitted, ["default/waits"]);
    t.is((await run(cluster, "--budget", "many")).code, 2);
  });
});
