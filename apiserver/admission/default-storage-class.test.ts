import test from "ava";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims?dryRun=All";
const CLASSES = "/apis/storage.k8s.io/v1/storageclasses";
const JOBS = "/apis/batch/v1/namespaces/default/jobs";
let server: TestServer;
let client: TestClient;

test.before(async () => {
  server = await startTestServer();
  client = new TestClient(server);
});
test.after.always(async () => {
  client?.close();
  await server?.stop();
});

const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };

test("a claim without a class gets the default class, where there is one", async (t) => {
  const classOf = async (extra: object = {}, metadata: object = {}) => (await client.post(CLAIMS, { metadata: { name: "c", ...metadata }, spec: { ...spec, ...extra } })).body.spec.storageClassName;
  t.is(await classOf(), undefined);
  await client.post(CLASSES, { metadata: { name: "slow" }, provisioner: "p" });
  await client.post(CLASSES, { metadata: { name: "fast", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } }, provisioner: "p" });
  t.is(await classOf(), "fast");
  t.is(await classOf({ storageClassName: "slow" }), "slow");
  t.is(await classOf({ storageClassName: "" }), "");
  t.is(await classOf({}, { annotations: { "volume.beta.kubernetes.io/storage-class": "slow" } }), undefined);
});

test("a job that is deleted without a word keeps its pods, with a warning", async (t) => {
  const job = { metadata: { name: "j" }, spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } } } };
  await client.post(JOBS, job);
  const { body } = await client.delete(`${JOBS}/j?dryRun=All&propagationPolicy=Background`);
  t.is(body.status, "Success");
  const kept = await client.delete(`${JOBS}/j`);
  t.deepEqual(kept.body.metadata.finalizers, ["orphan"]);
});
