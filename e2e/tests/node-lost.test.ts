import type { Node } from "../../api/wire.ts";
import { storesUnderTest } from "../harness/cluster.ts";
import { BUSYBOX } from "../harness/images.ts";
import { applyText, getJson, isReady, live, pidsOfPod, podsOf, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "mobile" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "mobile" } },
    template: {
      metadata: { labels: { app: "mobile" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        tolerations: [
          { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 2 },
          { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 2 },
        ],
        containers: [{ name: "c", image: BUSYBOX, command: ["sleep", "100000"] }],
      },
    },
  },
};

suiteOn(storesUnderTest(), { nodes: 2, serverOptions: ["--node-monitor-grace-period", "12s"] }, ({ test }) => {
  test("a frozen agent's pods are replaced elsewhere; thawed, it stops the stale ones", async (t, cluster) => {
    await applyText(cluster, DEPLOYMENT);
    await cluster.kubectlOk(["rollout", "status", "deployment/mobile", "--timeout=60s"]);
    const before = await podsOf(cluster, "app=mobile");
    const frozen = cluster.nodes.find((node) => node.name === before[0]?.spec?.nodeName);
    const stale = before.filter((pod) => pod.spec?.nodeName === frozen?.name);
    const pids = stale.flatMap((pod) => pidsOfPod(pod.metadata.uid ?? ""));
    t.true(pids.length > 0);
    frozen?.agent.signal("SIGSTOP");
    await until("NotReady", () => getJson<Node>(cluster, ["node", frozen?.name ?? ""]), (node) => node.status?.conditions?.find((one) => one.type === "Ready")?.status === "Unknown", 60_000);
    await until("replaced", async () => live(await podsOf(cluster, "app=mobile")), (pods) => pods.length === 2 && pods.every((pod) => isReady(pod) && pod.spec?.nodeName !== frozen?.name), 60_000);
    const node = await getJson<Node>(cluster, ["node", frozen?.name ?? ""]);
    t.true(node.spec?.taints?.some((taint) => taint.key === "node.kubernetes.io/unreachable" && taint.effect === "NoExecute"));
    frozen?.agent.signal("SIGCONT");
    await until("the stale pods are gone", () => podsOf(cluster, "app=mobile"), (pods) => pods.length === 2, 60_000);
    await until("their processes are gone", async () => stale.flatMap((pod) => pidsOfPod(pod.metadata.uid ?? "")), (left) => left.length === 0, 30_000);
    await until("Ready again", () => getJson<Node>(cluster, ["node", frozen?.name ?? ""]), (one) => one.status?.conditions?.find((condition) => condition.type === "Ready")?.status === "True" && !one.spec?.taints?.length, 60_000);
  });
});
