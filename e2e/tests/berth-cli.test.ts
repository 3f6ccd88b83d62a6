import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { storesUnderTest } from "../harness/cluster.ts";
import { WEB_1, WEB_2 } from "../harness/images.ts";
import { suiteOn } from "../harness/suite.ts";

const deployment = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: site}
spec:
  replicas: 2
  selector: {matchLabels: {app: site}}
  template:
    metadata: {labels: {app: site}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: web, image: "${image}", ports: [{name: http, containerPort: 8080}], readinessProbe: {exec: {command: [test, -e, /www/index.html]}, periodSeconds: 1}}]
`;

suiteOn(storesUnderTest(), { nodes: 1 }, ({ test }) => {
  test("apply from a folder and from standard input, unchanged and configured", async (t, cluster) => {
    const folder = join(cluster.dir, "manifests");
    mkdirSync(folder);
    writeFileSync(join(folder, "site.yaml"), deployment(WEB_1));
    writeFileSync(join(folder, "config.yml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: site}\ndata: {a: b}\n");
    t.is(await cluster.berthOk(["apply", "-f", folder]), "configmap/site created\ndeployment.apps/site created\n");
    t.is(await cluster.berthOk(["apply", "-f", folder]), "configmap/site unchanged\ndeployment.apps/site unchanged\n");
    t.is(await cluster.berthOk(["apply", "-f", "-"], { input: deployment(WEB_2) }), "deployment.apps/site configured\n");
    t.regex(await cluster.berthOk(["rollout", "status", "deploy/site"]), /successfully rolled out/);
    const viaKubectl = await cluster.kubectlOk(["apply", "-f", "-"], { input: deployment(WEB_2) });
    t.is(viaKubectl, "deployment.apps/site unchanged\n");
  });

  test("get prints what kubectl prints", async (t, cluster) => {
    for (const args of [["get", "deploy,pods"], ["get", "nodes", "-o", "wide"], ["get", "pods", "-A"], ["get", "configmap", "site"], ["get", "deploy/site", "-o", "name"]]) {
      const ours = await cluster.berthOk(args);
      const theirs = await cluster.kubectlOk(args);
      // Ages go on between the two calls.
      const plain = (text: string) => text.replace(/\d+(s|m|h)(\d+s)?/g, "AGE").replace(/ +/g, " ");
      t.is(plain(ours), plain(theirs), args.join(" "));
    }
    t.deepEqual(JSON.parse(await cluster.berthOk(["get", "configmap", "site", "-o", "json"])), JSON.parse(await cluster.kubectlOk(["get", "configmap", "site", "-o", "json"])));
    t.is(await cluster.berthOk(["get", "configmap", "site", "-o", "yaml"]), await cluster.kubectlOk(["get", "configmap", "site", "-o", "yaml"]));
    const absent = await cluster.berth(["get", "pod", "absent"]);
    t.is(absent.code, 1);
    t.regex(absent.stderr, /pods "absent" not found/);
    t.regex((await cluster.berth(["get", "nonsense"])).stderr, /the server doesn't have a resource type "nonsense"/);
  });

  test("scale, exec, logs, describe, undo and delete", async (t, cluster) => {
    t.is(await cluster.berthOk(["scale", "deploy/site", "--replicas=1"]), "deployment.apps/site scaled\n");
    await cluster.berthOk(["rollout", "status", "deploy/site"]);
    t.is(await cluster.berthOk(["exec", "deploy/site", "--", "echo", "hi"]), "hi\n");
    t.is((await cluster.berth(["exec", "deploy/site", "--", "sh", "-c", "exit 3"])).code, 3);
    t.is(await cluster.berthOk(["exec", "-i", "deploy/site", "--", "cat"], { input: "through\n" }), "through\n");
    t.is((await cluster.berth(["logs", "deploy/site"])).code, 0);
    t.regex(await cluster.berthOk(["describe", "deploy/site"]), /ScalingReplicaSet/);
    t.is(await cluster.berthOk(["rollout", "undo", "deploy/site"]), "deployment.apps/site rolled back\n");
    await cluster.berthOk(["rollout", "status", "deploy/site"]);
    t.regex(await cluster.berthOk(["get", "deploy", "site", "-o", "yaml"]), new RegExp(`image: ${WEB_1}`));
  });

  test("port-forward carries HTTP to the pod", async (t, cluster) => {
    const { spawn } = await import("node:child_process");
    const { BERTH } = await import("../harness/cluster.ts");
    const { runOk } = await import("../harness/run.ts");
    const host = cluster.lab.host("s1");
    const child = spawn("nsenter", [`--net=/run/netns/${host.namespace}`, "--", BERTH, "port-forward", "deploy/site", "8088:http"], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: ["ignore", "pipe", "inherit"] });
    try {
      await new Promise<void>((resolve, reject) => {
        child.stdout.setEncoding("utf8").on("data", (text: string) => text.includes("Forwarding from") && resolve());
        child.once("exit", () => reject(new Error("port-forward ended")));
      });
      for (let i = 0; i < 3; i++) t.regex(await runOk(host, ["busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:8088/"]), /^version 1 on site-/);
    } finally {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
    }
    t.is(await cluster.berthOk(["delete", "deploy/site"]), 'deployment.apps "site" deleted from default namespace\n');
  });
});
