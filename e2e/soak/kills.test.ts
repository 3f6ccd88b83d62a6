import { seededRandom } from "../../lib/random.ts";
import { storesUnderTest, type TestCluster } from "../harness/cluster.ts";
import { WEB_1 } from "../harness/images.ts";
import { applyText, isReady, pidsOfPod, podsOf, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

const KILLS = Number(process.env.BERTH_SOAK_KILLS ?? 60);
const SEED = Number(process.env.BERTH_SOAK_SEED ?? 1);
const REPLICAS = 6;

const deployment = (revision: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" }, annotations: { revision: String(revision) } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image: WEB_1, readinessProbe: { exec: { command: ["test", "-e", "/www/index.html"] }, periodSeconds: 1 } }] },
    },
  },
});

/** The parts that may be killed, each with the way back. */
function victims(cluster: TestCluster): { name: string; kill(): Promise<void> }[] {
  const again = (one: { process: { kill(): Promise<void> }; start(): unknown }, name: string) => ({
    name,
    kill: async () => {
      await one.process.kill();
      one.start();
    },
  });
  return [
    ...cluster.servers.map((server) => again(server, server.name)),
    ...(cluster.etcd?.members ?? []).map((member) => again(member, member.name)),
    ...cluster.nodes.flatMap((node) => [
      again({ process: { kill: () => node.agent.kill() }, start: () => node.startAgent() }, `${node.name}-agent`),
      again({ process: { kill: () => node.shim.kill() }, start: () => node.startShim() }, `${node.name}-shim`),
    ]),
  ];
}

suiteOn(storesUnderTest(), { nodes: 2 }, ({ test }) => {
  test(`${KILLS} random kills (seed ${SEED}) under rollouts: every rollout ends, nothing is lost or doubled`, async (t, cluster) => {
    const random = seededRandom(SEED);
    await applyText(cluster, deployment(0));
    await until("the first rollout ends", () => podsOf(cluster, "app=web"), (pods) => pods.length === REPLICAS && pods.every(isReady));
    const all = victims(cluster);
    for (let index = 1; index <= KILLS; index++) {
      const victim = all[Math.floor(random.next() * all.length)];
      // The server may be the one that is still coming back from the kill before.
      await until(`template ${index} is accepted`, () => applyText(cluster, deployment(index)), () => true);
      await new Promise((resolve) => setTimeout(resolve, random.next() * 1500));
      await victim?.kill();
      const pods = await until(
        `rollout ${index} ends after the kill of ${victim?.name}`,
        () => podsOf(cluster, "app=web"),
        (found) => found.length === REPLICAS && found.every((pod) => isReady(pod) && pod.metadata.annotations?.revision === String(index)),
        180_000,
      );
      t.is(new Set(pods.map((pod) => pod.status?.podIP)).size, REPLICAS);
      // The container and its httpd, once each; a probe's process comes and goes.
      for (const pod of pods) await until(`${pod.metadata.name} runs once`, async () => pidsOfPod(pod.metadata.uid ?? "").length, (count) => count === 2, 30_000);
    }
  });
});
