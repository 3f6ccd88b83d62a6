import type { Pod } from "../../api/wire.ts";
import type { TestCluster } from "../harness/cluster.ts";
import { WEB_1, WEB_2 } from "../harness/images.ts";
import { applyText, isReady, live, pidsOfPod, podsOf, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

const REPLICAS = 4;

function web(image: string, round: number): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" }, annotations: { round: String(round) } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image, readinessProbe: { exec: { command: ["test", "-e", "/www/index.html"] }, periodSeconds: 1 } }] },
      },
    },
  };
}

/** Pods that nothing touches: their processes must live through everything. */
const BYSTANDERS = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "bystander" },
  spec: { replicas: 2, selector: { matchLabels: { app: "bystander" } }, template: { metadata: { labels: { app: "bystander" } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "c", image: "localhost/busybox:1", command: ["sleep", "100000"] }] } } },
};

async function bystanderPids(cluster: TestCluster): Promise<number[]> {
  return (await podsOf(cluster, "app=bystander")).flatMap((pod) => pidsOfPod(pod.metadata.uid ?? "")).sort((a, b) => a - b);
}

/** Rolls out a new template, does `harm` in the middle of it, and waits for the rollout's end. */
async function rolloutUnder(cluster: TestCluster, round: number, harm: () => Promise<void>): Promise<Pod[]> {
  await applyText(cluster, web(round % 2 === 0 ? WEB_1 : WEB_2, round));
  await harm();
  await until(
    `rollout ${round} ends`,
    () => podsOf(cluster, "app=web"),
    (pods) => pods.length === REPLICAS && pods.every((pod) => isReady(pod) && pod.metadata.annotations?.round === String(round)),
    120_000,
  );
  return live(await podsOf(cluster, "app=web"));
}

// On both stores always: what the cluster is for.
suiteOn(["embedded", "etcd"], { nodes: 2 }, ({ test }, store) => {
  test("a cluster with bystanders and a deployment", async (t, cluster) => {
    await applyText(cluster, BYSTANDERS);
    await applyText(cluster, web(WEB_1, 0));
    await cluster.kubectlOk(["rollout", "status", "deployment/web", "--timeout=60s"]);
    await cluster.kubectlOk(["rollout", "status", "deployment/bystander", "--timeout=60s"]);
    t.is((await bystanderPids(cluster)).length, 2);
  });

  const kills: readonly [string, (cluster: TestCluster) => Promise<void>][] = [
    [
      "server",
      async (cluster) => {
        const [server] = cluster.servers;
        await server?.process.kill();
        server?.start();
      },
    ],
    [
      "agents",
      async (cluster) => {
        for (const node of cluster.nodes) await node.agent.kill();
        for (const node of cluster.nodes) node.startAgent();
      },
    ],
    [
      "shims",
      async (cluster) => {
        for (const node of cluster.nodes) await node.shim.kill();
        for (const node of cluster.nodes) node.startShim();
      },
    ],
    ...(store === "etcd"
      ? ([
          [
            "one etcd member",
            async (cluster: TestCluster) => {
              const member = cluster.etcd?.members[0];
              await member?.process.kill();
              member?.start();
            },
          ],
        ] satisfies [string, (cluster: TestCluster) => Promise<void>][])
      : []),
  ];
  kills.forEach(([name, kill], index) => {
    test(`kill -9 of ${name} under a rollout: same pids, nothing lost or doubled, the rollout ends`, async (t, cluster) => {
      const before = await bystanderPids(cluster);
      const pods = await rolloutUnder(cluster, index + 1, () => kill(cluster));
      t.is(pods.length, REPLICAS);
      t.is(new Set(pods.map((pod) => pod.status?.podIP)).size, REPLICAS);
      for (const pod of pods) t.is(pod.status?.containerStatuses?.[0]?.restartCount, 0, pod.metadata.name);
      t.deepEqual(await bystanderPids(cluster), before);
      const bystanders = await until("the bystanders are Ready", () => podsOf(cluster, "app=bystander"), (found) => found.every(isReady), 30_000);
      t.deepEqual(bystanders.map((pod) => pod.status?.containerStatuses?.[0]?.restartCount), [0, 0]);
    });
  });
});
