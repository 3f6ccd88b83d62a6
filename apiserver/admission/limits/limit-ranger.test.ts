import test from "ava";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

let server: TestServer;
let client: TestClient;
let count = 0;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
});
test.after.always(async () => {
  client?.close();
  await server?.stop();
});

/** A namespace with these limits. */
async function limited(...limits: object[]): Promise<string> {
  const name = `limits-${count++}`;
  await client.post("/api/v1/namespaces", { metadata: { name } });
  await client.post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
  await client.post(`/api/v1/namespaces/${name}/limitranges`, { metadata: { name: "l" }, spec: { limits } });
  return `/api/v1/namespaces/${name}`;
}

const pod = (resources: object, more: object = {}) => ({ metadata: { name: "p" }, spec: { automountServiceAccountToken: false, containers: [{ name: "c", image: "i", resources }], ...more } });
const refusal = async (path: string, object: object): Promise<unknown> => {
  const { status, body } = await client.post(`${path}/pods?dryRun=All`, object);
  return status === 201 ? undefined : [status, body.message];
};

test("containers that say nothing get the defaults, and the pod says which", async (t) => {
  const path = await limited({ type: "Container", default: { cpu: "500m", memory: "1Gi" }, defaultRequest: { cpu: "100m" } });
  const { body } = await client.post(`${path}/pods`, pod({ requests: { cpu: "200m" } }, { initContainers: [{ name: "i", image: "i" }] }));
  t.deepEqual(body.spec.containers[0].resources, { limits: { cpu: "500m", memory: "1Gi" }, requests: { cpu: "200m", memory: "1Gi" } });
  t.deepEqual(body.spec.initContainers[0].resources, { limits: { cpu: "500m", memory: "1Gi" }, requests: { cpu: "100m", memory: "1Gi" } });
  t.is(body.metadata.annotations["kubernetes.io/limit-ranger"], "LimitRanger plugin set: memory request for container c; cpu, memory limit for container c; cpu, memory request for init container i; cpu, memory limit for init container i");
});

test("bounds of containers, of whole pods and of ratios, in Kubernetes' words", async (t) => {
  const path = await limited({ type: "Container", maxLimitRequestRatio: { cpu: "2" } }, { type: "Pod", max: { cpu: "1" }, min: { memory: "10Mi" } });
  const forbidden = (text: string) => [403, `pods "p" is forbidden: ${text}`];
  t.deepEqual(await refusal(path, pod({ requests: { cpu: "100m" }, limits: { cpu: "500m" } })), forbidden("[cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000, minimum memory usage per Pod is 10Mi.  No request is specified]"));
  t.deepEqual(await refusal(path, pod({ requests: { cpu: "2", memory: "20Mi" }, limits: { cpu: "2" } })), forbidden("maximum cpu usage per Pod is 1, but limit is 2"));
  t.deepEqual(await refusal(path, pod({ requests: { cpu: "1", memory: "5Mi" }, limits: { cpu: "1" } })), forbidden("minimum memory usage per Pod is 10Mi, but request is 5Mi"));
  t.is(await refusal(path, pod({ requests: { cpu: "500m", memory: "10Mi" }, limits: { cpu: "1" } })), undefined);
  const both = pod({}, { containers: [{ name: "a", image: "i", resources: { requests: { cpu: "600m", memory: "10Mi" }, limits: { cpu: "600m" } } }, { name: "b", image: "i", resources: { requests: { cpu: "600m" }, limits: { cpu: "600m" } } }] });
  t.deepEqual(await refusal(path, both), forbidden("maximum cpu usage per Pod is 1, but limit is 1200m"));
});

test("claims are bound by what they ask for", async (t) => {
  const path = await limited({ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "5Gi" } });
  const claim = async (storage: string) => (await client.post(`${path}/persistentvolumeclaims?dryRun=All`, { metadata: { name: "c" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } } })).body;
  t.is((await claim("10Gi")).message, 'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi');
  t.is((await claim("1Mi")).message, 'persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi');
  t.is((await claim("2Gi")).kind, "PersistentVolumeClaim");
});

test("templates are not looked at, other namespaces neither", async (t) => {
  const path = await limited({ type: "Container", max: { cpu: "1" } });
  const other = await limited({ type: "Container", max: { memory: "1Gi" } });
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i", resources: { limits: { cpu: "5" } } }] } };
  t.is((await client.post(`${path.replace("/api/v1", "/apis/apps/v1")}/deployments`, { metadata: { name: "d" }, spec: { selector: { matchLabels: { a: "b" } }, template } })).status, 201);
  t.truthy(await refusal(path, pod({ limits: { cpu: "5" } })));
  t.is(await refusal(other, pod({ limits: { cpu: "5", memory: "1Gi" } })), undefined);
});
