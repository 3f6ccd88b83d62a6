import { storesUnderTest } from "../harness/cluster.ts";
import { BUSYBOX } from "../harness/images.ts";
import { applyText, getJson, pidsOfPod, podsOf, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

suiteOn(storesUnderTest(), { nodes: 1 }, ({ test }) => {
  test("kubectl delete ns removes all that is in it", async (t, cluster) => {
    await cluster.kubectlOk(["create", "namespace", "shop"]);
    await until("the default ServiceAccount", () => cluster.kubectlOk(["get", "serviceaccount", "default", "-n", "shop"]), () => true);
    t.regex(await cluster.kubectlOk(["get", "configmap", "kube-root-ca.crt", "-n", "shop", "-o", "jsonpath={.data.ca\\.crt}"]), /BEGIN CERTIFICATE/);
    await applyText(cluster, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "till", namespace: "shop" },
      spec: { replicas: 2, selector: { matchLabels: { app: "till" } }, template: { metadata: { labels: { app: "till" } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "c", image: BUSYBOX, command: ["sleep", "100000"] }] } } },
    });
    await cluster.kubectlOk(["rollout", "status", "deployment/till", "-n", "shop", "--timeout=60s"]);
    await cluster.kubectlOk(["create", "secret", "generic", "s", "-n", "shop", "--from-literal=a=b"]);
    const pids = (await podsOf(cluster, "app=till", "shop")).flatMap((pod) => pidsOfPod(pod.metadata.uid ?? ""));
    t.is(pids.length, 2);
    await cluster.kubectlOk(["delete", "namespace", "shop", "--timeout=60s"]);
    t.is((await cluster.kubectl(["get", "namespace", "shop"])).code, 1);
    const left = await getJson<{ items: unknown[] }>(cluster, ["deployments,replicasets,pods,secrets,configmaps,serviceaccounts", "-A", "--field-selector", "metadata.namespace=shop"]);
    t.deepEqual(left.items, []);
    await until("no process is left", async () => pids.filter((pid) => isRunning(pid)), (running) => running.length === 0);
  });

  test("a pod reads the API with its ServiceAccount's token", async (t, cluster) => {
    await applyText(cluster, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "reader" },
      spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: BUSYBOX, command: ["sh", "-c", "cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo; head -c 20 /var/run/secrets/kubernetes.io/serviceaccount/token"] }] },
    });
    await cluster.kubectlOk(["wait", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s", "pod/reader"]);
    t.regex(await cluster.kubectlOk(["logs", "reader"]), /^default\neyJ/);
    const token = await cluster.kubectlOk(["create", "token", "default"]);
    // Without the admin's certificate, which would win over the token.
    const who = await cluster.kubectl(["--kubeconfig=/dev/null", "--server", cluster.servers[0]?.url ?? "", "--insecure-skip-tls-verify", "--token", token.trim(), "get", "pods"]);
    t.regex(who.stderr, /User "system:serviceaccount:default:default" cannot list resource "pods"/);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
