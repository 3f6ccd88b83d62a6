import test from "ava";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { type Json, TestClient } from "../testing/test-client.ts";

let server: TestServer;
let client: TestClient;
let counter = 0;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
});

test.after.always(async () => {
  client?.close();
  await server?.stop();
});

async function namespace(account: object = {}): Promise<string> {
  const name = `adm-${counter++}`;
  await client.post("/api/v1/namespaces", { metadata: { name } });
  await client.post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" }, ...account });
  return `/api/v1/namespaces/${name}/pods`;
}

const pod = (spec: object = {}, more: object = {}) => ({ metadata: { name: "p", ...more }, spec: { containers: [{ name: "c", image: "i" }], ...spec } });

test("pods get the token volume of their account, in every container that does not mount it itself", async (t) => {
  const pods = await namespace({ imagePullSecrets: [{ name: "pull" }] });
  const path = "/var/run/secrets/kubernetes.io/serviceaccount";
  const own = { name: "own", image: "i", volumeMounts: [{ name: "v", mountPath: path }] };
  const { body } = await client.post(pods, pod({ containers: [{ name: "c", image: "i" }, own], initContainers: [{ name: "i", image: "i" }], volumes: [{ name: "v", emptyDir: {} }] }));
  const volume = body.spec.volumes[1];
  t.regex(volume.name, /^kube-api-access-[a-z0-9]{5}$/);
  t.deepEqual(volume.projected.sources.map((source: Json) => Object.keys(source)[0]), ["serviceAccountToken", "configMap", "downwardAPI"]);
  t.deepEqual(body.spec.containers.map((container: Json) => container.volumeMounts.map((mount: Json) => mount.name)), [[volume.name], ["v"]]);
  t.is(body.spec.initContainers[0].volumeMounts[0].mountPath, path);
  t.like(body.spec, { serviceAccountName: "default", serviceAccount: "default" });
  t.deepEqual(body.spec.imagePullSecrets, [{ name: "pull" }]);
});

test("no token is mounted where pod or account say so", async (t) => {
  const pods = await namespace({ automountServiceAccountToken: false });
  t.is((await client.post(`${pods}?dryRun=All`, pod())).body.spec.volumes, undefined);
  t.is((await client.post(`${pods}?dryRun=All`, pod({ automountServiceAccountToken: true }))).body.spec.volumes.length, 1);
});

test("an account that is not there refuses the pod", async (t) => {
  const pods = await namespace();
  const { status, body } = await client.post(pods, pod({ serviceAccountName: "none" }));
  t.is(status, 403);
  t.regex(body.message, /^pods "p" is forbidden: error looking up service account adm-\d+\/none: serviceaccount "none" not found$/);
});

test("tolerations of unready nodes are added once, unless the pod has its own", async (t) => {
  const pods = await namespace();
  const { body } = await client.post(`${pods}?dryRun=All`, pod());
  t.deepEqual(body.spec.tolerations, ["not-ready", "unreachable"].map((key) => ({ key: `node.kubernetes.io/${key}`, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 })));
  const own = [{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }];
  const mixed = (await client.post(`${pods}?dryRun=All`, pod({ tolerations: own }))).body.spec.tolerations;
  t.deepEqual(mixed.map(({ tolerationSeconds }: Json) => tolerationSeconds), [5, 300]);
  t.is((await client.post(`${pods}?dryRun=All`, pod({ tolerations: [{ operator: "Exists" }] }))).body.spec.tolerations.length, 1);
});

test("a pod's priority comes from its class", async (t) => {
  const pods = await namespace();
  await client.post("/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "seven" }, value: 7, preemptionPolicy: "Never" });
  t.like((await client.post(`${pods}?dryRun=All`, pod({ priorityClassName: "seven" }))).body.spec, { priority: 7, preemptionPolicy: "Never" });
  t.like((await client.post(`${pods}?dryRun=All`, pod())).body.spec, { priority: 0, preemptionPolicy: "PreemptLowerPriority" });
  t.like((await client.post(`${pods}?dryRun=All`, pod({ priorityClassName: "system-node-critical" }))).body.spec, { priority: 2_000_001_000 });
  for (const spec of [{ priorityClassName: "none" }, { priority: 5 }, { priorityClassName: "seven", priority: 8 }]) t.is((await client.post(`${pods}?dryRun=All`, pod(spec))).status, 403);
});

test.serial("one class at most is the default", async (t) => {
  const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
  t.is((await client.post(classes, { metadata: { name: "usual" }, value: 3, globalDefault: true })).status, 201);
  t.is((await client.post(classes, { metadata: { name: "other" }, value: 4, globalDefault: true })).status, 403);
  const pods = await namespace();
  t.like((await client.post(`${pods}?dryRun=All`, pod())).body.spec, { priority: 3, priorityClassName: "usual" });
  await client.delete(`${classes}/usual`);
});

test("a new node is tainted until it is seen ready", async (t) => {
  const { body } = await client.post("/api/v1/nodes", { metadata: { name: `node-${counter++}` }, spec: { taints: [{ key: "a", effect: "NoExecute" }] } });
  t.deepEqual(body.spec.taints.map((taint: Json) => taint.key), ["a", "node.kubernetes.io/not-ready"]);
});
