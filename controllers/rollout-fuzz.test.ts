import assert from "node:assert/strict";
import { deployments, pods } from "../api/resources.ts";
import { createInformer } from "../client/shared-informer.ts";
import { type Random, seededRandom } from "../lib/random.ts";
import { isPodActive, isPodReady } from "./shared/pods.ts";
import { clusterTest } from "./testing/cluster-test.ts";
import { userDeployment } from "./testing/objects.ts";
import type { TestCluster } from "./testing/test-cluster.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];
const MAX_KILLS = 30;
const key = { namespace: "default", name: "web" };
const below = (random: Random, bound: number) => Math.floor(random.next() * bound);

/** Managers that die at random writes, each followed by one whose caches are late by a random time. */
function startMortals(cluster: TestCluster, random: Random): { kills: number } {
  const state = { kills: 0 };
  const next = () => {
    const manager = cluster.startManager({ lag_ms: random.next() < 0.5 ? below(random, 500) : 0 });
    let writes = 1 + below(random, 25);
    manager[random.next() < 0.5 ? "beforeWrite" : "afterWrite"] = (request) => {
      if (request.url.includes("/events") || --writes !== 0 || state.kills >= MAX_KILLS) return;
      state.kills++;
      manager.kill();
      cluster.clock.after(60, next);
      throw new Error("killed");
    };
  };
  next();
  return state;
}

for (const seed of SEEDS) {
  clusterTest(`rollouts under managers that die at random writes and see late (seed ${seed})`, async (t, cluster) => {
    const random = seededRandom(seed);
    const replicas = 3 + below(random, 6);
    const maxSurge = below(random, 3);
    const maxUnavailable = maxSurge === 0 ? 1 + below(random, 2) : below(random, 3);
    const state = startMortals(cluster, random);
    cluster.startNodes({ behaviour: () => ({ ready_ms: 20 + below(random, 200), stop_ms: 20 + below(random, 200) }) });
    await cluster.admin.create(deployments, userDeployment("web", { replicas, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } } }));
    const stop = new AbortController();
    const informer = createInformer({ client: cluster.admin, resource: pods, clock: cluster.clock, random, logger: cluster.logger });
    const trouble: string[] = [];
    let settled = false;
    const look = () => {
      const active = informer.list().filter(isPodActive);
      const ready = active.filter(isPodReady).length;
      if (active.length > replicas + maxSurge) trouble.push(`${active.length} pods, ${replicas} + ${maxSurge} allowed`);
      if (settled && ready < replicas - maxUnavailable) trouble.push(`${ready} ready, ${replicas} - ${maxUnavailable} wanted`);
    };
    informer.addHandler({ add: look, update: look, delete: look });
    const running = informer.run(stop.signal);
    for (let version = 1; version <= 4; version++) {
      const image = `registry/app:${version}`;
      if (version > 1) await cluster.admin.patch(deployments, key, "strategic", { spec: { template: { spec: { containers: [{ name: "c", image }] } } } });
      await cluster.eventually(async () => {
        const { items } = await cluster.admin.list(pods, { namespace: "default" });
        assert.deepEqual(items.map((pod) => [pod.spec?.containers[0]?.image, isPodReady(pod)]), Array.from({ length: replicas }, () => [image, true]));
      }, 120_000);
      settled = true;
    }
    stop.abort();
    await cluster.settleWhile(running);
    t.deepEqual(trouble, []);
    t.true(state.kills >= 3, `${state.kills} kills`);
  });
}
