import type { Pod } from "../../api/wire.ts";
import { storesUnderTest } from "../harness/cluster.ts";
import { WEB_1 } from "../harness/images.ts";
import { applyText, getJson, isReady, podsOf } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

const APP = `
apiVersion: v1
kind: ConfigMap
metadata: {name: app-config}
data: {GREETING: hello, "app.conf": "colour = blue\\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: app-secret}
stringData: {password: s3cret}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 3
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      terminationGracePeriodSeconds: 2
      containers:
      - name: web
        image: ${WEB_1}
        ports: [{name: http, containerPort: 8080}]
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: app-secret, key: password}}}
        envFrom: [{configMapRef: {name: app-config}}]
        resources: {requests: {cpu: 50m, memory: 16Mi}, limits: {cpu: 500m, memory: 64Mi}}
        startupProbe: {exec: {command: [test, -e, /www/index.html]}, periodSeconds: 1}
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        livenessProbe: {tcpSocket: {port: http}, periodSeconds: 2}
        volumeMounts:
        - {name: config, mountPath: /etc/app}
        - {name: secret, mountPath: /etc/secret, readOnly: true}
      volumes:
      - {name: config, configMap: {name: app-config}}
      - {name: secret, secret: {secretName: app-secret, defaultMode: 256}}
`;

suiteOn(storesUnderTest(), { nodes: 2 }, ({ test }) => {
  test("kubectl apply of a Deployment becomes Available", async (t, cluster) => {
    await applyText(cluster, APP);
    await cluster.kubectlOk(["wait", "--for=condition=Available", "--timeout=60s", "deployment/app"]);
    const status = await cluster.kubectlOk(["rollout", "status", "deployment/app", "--timeout=30s"]);
    t.regex(status, /successfully rolled out/);
  });

  test("the pods are packed on one node and no two share an address", async (t, cluster) => {
    const pods = await podsOf(cluster, "app=app");
    t.is(pods.length, 3);
    t.true(pods.every(isReady));
    t.is(new Set(pods.map((pod) => pod.spec?.nodeName)).size, 1);
    t.is(new Set(pods.map((pod) => pod.status?.podIP)).size, 3);
    t.true(pods.every((pod) => /^10\.244\./.test(pod.status?.podIP ?? "")));
  });

  test("environment and files come from ConfigMap and Secret; limits are in force", async (t, cluster) => {
    const name = (await podsOf(cluster, "app=app"))[0]?.metadata.name ?? "";
    const exec = (...command: string[]) => cluster.kubectlOk(["exec", name, "--", ...command]);
    t.is(await exec("sh", "-c", "echo $GREETING $PASSWORD $POD_NAME"), `hello s3cret ${name}\n`);
    t.is(await exec("cat", "/etc/app/app.conf"), "colour = blue\n");
    t.is(await exec("cat", "/etc/secret/password"), "s3cret");
    const failing = await cluster.kubectl(["exec", name, "--", "sh", "-c", "exit 7"]);
    t.is(failing.code, 7);
    const pod = await getJson<Pod>(cluster, ["pod", name]);
    t.is(pod.status?.qosClass, "Burstable");
  });

  test("a changed ConfigMap reaches the files", async (t, cluster) => {
    const name = (await podsOf(cluster, "app=app"))[0]?.metadata.name ?? "";
    await cluster.kubectlOk(["patch", "configmap", "app-config", "--type=merge", "-p", '{"data":{"app.conf":"colour = green\\n"}}']);
    const seen = await cluster.kubectlOk(["exec", name, "--", "sh", "-c", "for i in $(seq 1 120); do grep -q green /etc/app/app.conf && echo seen && exit 0; sleep 1; done; exit 1"], { timeout_ms: 130_000 });
    t.is(seen, "seen\n");
  });

  test("logs, describe and get -w speak as against Kubernetes", async (t, cluster) => {
    await applyText(cluster, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "talker" },
      spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: "localhost/busybox:1", command: ["sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2"] }] },
    });
    await cluster.kubectlOk(["wait", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s", "pod/talker"]);
    t.is(await cluster.kubectlOk(["logs", "talker"]), "line 1\nline 2\nline 3\nline 4\nline 5\noops\n");
    t.is(await cluster.kubectlOk(["logs", "talker", "--tail=2"]), "line 5\noops\n");
    t.regex(await cluster.kubectlOk(["logs", "talker", "--timestamps", "--tail=1"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z oops\n$/);
    t.regex(await cluster.kubectlOk(["describe", "pod", "talker"]), /Normal\s+Scheduled.*Successfully assigned default\/talker to n\d/);
    const watched = await cluster.kubectl(["get", "pods", "-w", "--request-timeout=2s"]);
    t.regex(watched.stdout, /talker\s+0\/1\s+Completed/);
    await cluster.kubectlOk(["delete", "pod", "talker"]);
  });
});
