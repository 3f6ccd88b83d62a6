import { readdirSync, readFileSync } from "node:fs";
import { mountsBelow, processesOf } from "../../cli/daemon/leftovers.ts";
import { systemClock } from "../../lib/clock.ts";
import { type StoreKind, storesUnderTest, type TestCluster } from "../harness/cluster.ts";
import { BUSYBOX } from "../harness/images.ts";
import { applyText, isReady, podsOf, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

const ROUNDS = Number(process.env.BERTH_SOAK_ROUNDS ?? 100);
/** What the first rounds allocate for good (caches up to their bounds, compiled code) is no leak. */
const WARM_UP_ROUNDS = 40;
const PODS = 10;

const deployment = (round: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "crowd" },
  spec: {
    replicas: PODS,
    selector: { matchLabels: { app: "crowd" } },
    template: { metadata: { labels: { app: "crowd" }, annotations: { round: String(round) } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: BUSYBOX, command: ["sleep", "100000"] }] } },
  },
});

interface Held {
  readonly mounts: number;
  readonly processes: number;
  readonly fds: Readonly<Record<string, number>>;
  readonly rss_mib: Readonly<Record<string, number>>;
}

function held(cluster: TestCluster): Held {
  const components = [...cluster.servers.map((one) => one.process), ...cluster.nodes.flatMap((one) => [one.agent, one.shim])];
  const rss = (pid: number) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  return {
    mounts: mountsBelow(cluster.dir).length,
    processes: processesOf(cluster.dir).length,
    fds: Object.fromEntries(components.map((one) => [one.name, readdirSync(`/proc/${one.pid}/fd`).length])),
    rss_mib: Object.fromEntries(components.map((one) => [one.name, rss(one.pid)])),
  };
}

async function round(cluster: TestCluster, index: number): Promise<void> {
  await applyText(cluster, deployment(index));
  await until(`round ${index} runs`, () => podsOf(cluster, "app=crowd"), (pods) => pods.length === PODS && pods.every(isReady), 120_000);
  await cluster.kubectlOk(["delete", "deployment", "crowd", "--cascade=foreground", "--timeout=120s"]);
  await until(`round ${index} is gone`, () => podsOf(cluster, "app=crowd"), (pods) => pods.length === 0, 120_000);
}

/** Processes give memory back a while after their work (docs/decisions/0007): what counts is the least that each holds within this time at rest. */
const REST_MS = 90_000;

async function heldAtRest(cluster: TestCluster): Promise<Held> {
  let least = held(cluster);
  for (const end_ms = systemClock.monotonic_ms() + REST_MS; systemClock.monotonic_ms() < end_ms; ) {
    await systemClock.sleep(1000);
    const now = held(cluster);
    least = { ...now, rss_mib: Object.fromEntries(Object.entries(now.rss_mib).map(([name, mib]) => [name, Math.min(mib, least.rss_mib[name] ?? mib)])) };
  }
  return least;
}

/** What the runtimes hold for pods: pods without a grace period are gone from the API before they are gone from their node. */
const ofPods = (cluster: TestCluster) => ({ mounts: mountsBelow(cluster.dir).length, processes: processesOf(cluster.dir).length });


const stores: readonly StoreKind[] = storesUnderTest();
suiteOn(stores, { nodes: 1 }, ({ test }) => {
  test(`${ROUNDS} rounds of a deployment of ${PODS} leak nothing`, async (t, cluster) => {
    const idle = ofPods(cluster);
    const settled = () => until("the node is as it was before", async () => ofPods(cluster), ({ mounts, processes }) => mounts === idle.mounts && processes === idle.processes, 60_000);
    for (let index = 0; index < WARM_UP_ROUNDS; index++) await round(cluster, index);
    await settled();
    const before = await heldAtRest(cluster);
    for (let index = 0; index < ROUNDS; index++) await round(cluster, WARM_UP_ROUNDS + index);
    await settled();
    const after = await heldAtRest(cluster);
    t.log({ before, after });
    t.is(after.mounts, before.mounts);
    t.is(after.processes, before.processes);
    for (const [name, count] of Object.entries(after.fds)) t.true(count - (before.fds[name] ?? 0) <= 10, `${name}: ${before.fds[name]} → ${count} open files`);
    for (const [name, mib] of Object.entries(after.rss_mib)) t.true(mib - (before.rss_mib[name] ?? 0) < 40, `${name}: ${before.rss_mib[name]} → ${mib} MiB`);
  });
});
