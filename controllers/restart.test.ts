import assert from "node:assert/strict";
import { deployments, leases, pods, replicasets } from "../api/resources.ts";
import { isPodActive, isPodReady } from "./shared/pods.ts";
import { clusterTest } from "./testing/cluster-test.ts";
import { userDeployment } from "./testing/objects.ts";
import type { RunningManager, TestCluster } from "./testing/test-cluster.ts";

const key = { namespace: "default", name: "web" };

async function look(cluster: TestCluster): Promise<{ active: number; ready: number; replicas: number; images: string[] }> {
  const all = (await cluster.admin.list(pods, { namespace: "default" })).items.filter(isPodActive);
  const sets = (await cluster.admin.list(replicasets, { namespace: "default" })).items;
  const replicas = sets.reduce((sum, set) => sum + (set.spec?.replicas ?? 0), 0);
  return { active: all.length, ready: all.filter(isPodReady).length, replicas, images: [...new Set(all.map((pod) => pod.spec?.containers[0]?.image ?? ""))] };
}

/** Kills the manager at its `nth` write (before it is sent, or when it is done but not answered) and starts the next one. */
function killAt(manager: RunningManager, nth: number, when: "beforeWrite" | "afterWrite", onKilled: () => void): void {
  let writes = 0;
  manager[when] = (request) => {
    if (request.url.includes("/events")) return;
    if (++writes !== nth) return;
    manager.kill();
    onKilled();
    throw new Error("killed");
  };
}

for (const when of ["beforeWrite", "afterWrite"] as const) {
  clusterTest(`a rollout whose manager is killed ${when === "beforeWrite" ? "before" : "right after"} every 1st, 2nd, … 12th write ends as it should`, async (t, cluster) => {
    const limits = { surge: 2, unavailable: 1, replicas: 6 };
    let nth = 0;
    let killed = 0;
    const next = () => {
      nth++;
      const manager = cluster.startManager();
      if (nth > 12) return;
      killAt(manager, nth, when, () => {
        killed++;
        // What the dead one had under way takes effect before the next one looks.
        cluster.clock.after(60, next);
      });
    };
    next();
    cluster.startNodes({ behaviour: () => ({ ready_ms: 100, stop_ms: 100 }) });
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: limits.surge, maxUnavailable: limits.unavailable } };
    await cluster.admin.create(deployments, userDeployment("web", { replicas: limits.replicas, strategy }));
    const until = (image: string) =>
      cluster.eventually(async () => {
        const now = await look(cluster);
        t.true(now.active <= limits.replicas + limits.surge, `${now.active} pods`);
        t.true(now.replicas <= limits.replicas + limits.surge, `${now.replicas} wanted`);
        assert.deepEqual(now, { active: limits.replicas, ready: limits.replicas, replicas: limits.replicas, images: [image] });
      });
    await until("registry/app:1");
    for (let version = 2; killed < 12 && version < 12; version++) {
      await cluster.admin.patch(deployments, key, "strategic", { spec: { template: { spec: { containers: [{ name: "c", image: `registry/app:${version}` }] } } } });
      await cluster.eventually(async () => {
        const now = await look(cluster);
        t.true(now.ready >= limits.replicas - limits.unavailable, `${now.ready} ready`);
        t.true(now.active <= limits.replicas + limits.surge, `${now.active} pods`);
        assert.deepEqual(now.images, [`registry/app:${version}`]);
        assert.equal(now.ready, limits.replicas);
      });
    }
    t.is(killed, 12);
    const deployment = await cluster.admin.get(deployments, key);
    t.is(deployment.status?.collisionCount, undefined);
  });
}

clusterTest("two managers: one acts, the other takes over when it is gone, and nothing is made twice", async (t, cluster) => {
  const acted: string[] = [];
  const start = (identity: string) => {
    const manager = cluster.startManager({ identity });
    manager.beforeWrite = (request) => {
      if (!request.url.includes("/events")) acted.push(identity);
    };
    return manager;
  };
  const first = start("one");
  start("two");
  cluster.startNodes();
  await cluster.admin.create(deployments, userDeployment("web", { replicas: 5 }));
  await cluster.eventually(async () => assert.equal((await look(cluster)).ready, 5));
  const [leader] = acted;
  t.deepEqual([...new Set(acted)], [leader]);
  t.is((await cluster.admin.get(leases, { namespace: "kube-system", name: "kube-controller-manager" })).spec?.holderIdentity, leader);
  if (leader !== "one") return t.fail("the first one to come leads");
  first.kill();
  acted.length = 0;
  await cluster.admin.patch(deployments, key, "merge", { spec: { replicas: 8 } });
  await cluster.pass(10_000, 500);
  t.deepEqual(acted, [], "nobody acts while the lease is not over");
  await cluster.eventually(async () => assert.equal((await look(cluster)).ready, 8));
  t.deepEqual([...new Set(acted)], ["two"]);
  const lease = await cluster.admin.get(leases, { namespace: "kube-system", name: "kube-controller-manager" });
  t.is(lease.spec?.holderIdentity, "two");
  t.is(lease.spec?.leaseTransitions, 1);
});

clusterTest("a clean end hands over at once", async (t, cluster) => {
  const first = cluster.startManager({ identity: "one" });
  await cluster.pass(1000);
  cluster.startManager({ identity: "two" });
  await cluster.pass(1000);
  await first.stop();
  await cluster.pass(3000);
  t.is((await cluster.admin.get(leases, { namespace: "kube-system", name: "kube-controller-manager" })).spec?.holderIdentity, "two");
});
