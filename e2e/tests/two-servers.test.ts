import type { Lease } from "../../api/wire.ts";
import { WEB_1, WEB_2 } from "../harness/images.ts";
import { applyText, getJson, isReady, type podsOf, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

const web = (image: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image, readinessProbe: { exec: { command: ["test", "-e", "/www/index.html"] }, periodSeconds: 1 } }] } },
  },
});

// On etcd always: two servers need a store that they can share.
suiteOn(["etcd"], { servers: 2, nodes: 1 }, ({ test }) => {
  test("either server may be killed: the other goes on, leaders act once", async (t, cluster) => {
    await applyText(cluster, web(WEB_1));
    await cluster.kubectlOk(["rollout", "status", "deployment/web", "--timeout=60s"]);
    for (const [index, victim] of cluster.servers.entries()) {
      const other = cluster.servers[1 - index];
      const viaOther = ["--server", other?.url ?? ""];
      const image = index === 0 ? WEB_2 : WEB_1;
      await cluster.kubectlOk([...viaOther, "set", "image", "deployment/web", `web=${image}`]);
      await victim.process.kill();
      await until(
        `the rollout ends without ${victim.name}`,
        async () => JSON.parse(await cluster.kubectlOk([...viaOther, "get", "pods", "-l", "app=web", "-o", "json"])).items as Awaited<ReturnType<typeof podsOf>>,
        (pods) => pods.length === 4 && pods.every((pod) => isReady(pod) && pod.spec?.containers[0]?.image === image),
        120_000,
      );
      // A client that knows both goes on with the other one.
      await cluster.berthOk(["get", "nodes"]);
      victim.start();
      await until(`${victim.name} serves again`, () => cluster.kubectlOk(["--server", victim.url, "get", "--raw", "/readyz"]), (text) => text === "ok");
    }
    const lease = await getJson<Lease>(cluster, ["lease", "-n", "kube-system", "kube-scheduler"]);
    t.truthy(lease.spec?.holderIdentity);
    const replicaSets = await getJson<{ items: unknown[] }>(cluster, ["replicasets", "-l", "app=web"]);
    t.is(replicaSets.items.length, 2);
  });

  test("a server with other keys refuses to start", async (t, cluster) => {
    const host = cluster.lab.host("s1");
    const { run } = await import("../harness/run.ts");
    const { BERTH } = await import("../harness/cluster.ts");
    const result = await run(host, [BERTH, "server", "--data-dir", `${cluster.dir}/stranger`, "--listen", `${host.address}:7443`, "--etcd", cluster.etcd?.endpoints.join(",") ?? ""], { timeout_ms: 20_000 });
    t.not(result.code, 0);
    t.not(result.code, null);
    t.regex(result.stderr, /keys/);
  });
});
