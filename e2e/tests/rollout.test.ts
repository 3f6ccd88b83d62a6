import { storesUnderTest } from "../harness/cluster.ts";
import { WEB_1, WEB_2 } from "../harness/images.ts";
import { applyText, deploymentOf, isReady, live, podsOf, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

function web(image: string, replicas: number): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image, readinessProbe: { exec: { command: ["test", "-e", "/www/index.html"] }, periodSeconds: 1 } }] },
      },
    },
  };
}

suiteOn(storesUnderTest(), { nodes: 2 }, ({ test }) => {
  test("scales 3 to 10 to 2", async (t, cluster) => {
    await applyText(cluster, web(WEB_1, 3));
    await cluster.kubectlOk(["rollout", "status", "deployment/web", "--timeout=60s"]);
    await cluster.kubectlOk(["scale", "deployment/web", "--replicas=10"]);
    await until("ten are ready", () => podsOf(cluster, "app=web"), (pods) => live(pods).length === 10 && pods.every(isReady));
    await cluster.kubectlOk(["scale", "deployment/web", "--replicas=2"]);
    const two = await until("two are left", () => podsOf(cluster, "app=web"), (pods) => pods.length === 2);
    t.true(two.every(isReady));
  });

  test("a rolling update never has less than maxUnavailable allows", async (t, cluster) => {
    await cluster.kubectlOk(["scale", "deployment/web", "--replicas=5"]);
    await cluster.kubectlOk(["rollout", "status", "deployment/web", "--timeout=60s"]);
    let lowest = Number.POSITIVE_INFINITY;
    let done = false;
    const observer = (async () => {
      while (!done) {
        const ready = (await podsOf(cluster, "app=web")).filter(isReady).length;
        lowest = Math.min(lowest, ready);
      }
    })();
    await applyText(cluster, web(WEB_2, 5));
    await cluster.kubectlOk(["rollout", "status", "deployment/web", "--timeout=90s"]);
    done = true;
    await observer;
    t.true(lowest >= 4, `lowest was ${lowest}`);
    const pods = live(await podsOf(cluster, "app=web"));
    t.true(pods.every((pod) => pod.spec?.containers[0]?.image === WEB_2));
  });

  test("a broken image stops the rollout, the old pods stay, undo heals", async (t, cluster) => {
    await cluster.kubectlOk(["set", "image", "deployment/web", "web=localhost:1/absent:1"]);
    const broken = await until(
      "the image is refused",
      () => podsOf(cluster, "app=web"),
      (pods) => pods.some((pod) => ["ErrImagePull", "ImagePullBackOff"].includes(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? "")),
    );
    t.true(broken.filter(isReady).length >= 4);
    await cluster.kubectlOk(["rollout", "undo", "deployment/web"]);
    await cluster.kubectlOk(["rollout", "status", "deployment/web", "--timeout=60s"]);
    const healed = await until("five ready", () => podsOf(cluster, "app=web"), (pods) => pods.length === 5 && pods.every(isReady));
    t.true(healed.every((pod) => pod.spec?.containers[0]?.image === WEB_2));
    t.is((await deploymentOf(cluster, "web")).status?.availableReplicas, 5);
  });

  test("deleting the deployment deletes its pods", async (t, cluster) => {
    await cluster.kubectlOk(["delete", "deployment", "web"]);
    await until("no pods", () => podsOf(cluster, "app=web"), (pods) => pods.length === 0);
    t.is((await podsOf(cluster, "app=web")).length, 0);
  });
});
