import test from "ava";
import { TestClient } from "../testing/test-client.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";
const DEFAULT = { "ingressclass.kubernetes.io/is-default-class": "true" };
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

const spec = { defaultBackend: { service: { name: "s", port: { number: 80 } } } };

test("a new Ingress without a class gets the default class, where there is one", async (t) => {
  const classOf = async (extra: object = {}, metadata: object = {}) => (await client.post(`${INGRESSES}?dryRun=All`, { metadata: { name: "i", ...metadata }, spec: { ...spec, ...extra } })).body.spec.ingressClassName;
  t.is(await classOf(), undefined);
  await client.post(INGRESSES, { metadata: { name: "old" }, spec });
  await client.post(CLASSES, { metadata: { name: "other", annotations: { "ingressclass.kubernetes.io/is-default-class": "yes" } }, spec: { controller: "a.dev/c" } });
  t.is(await classOf(), undefined);
  await client.post(CLASSES, { metadata: { name: "zz", annotations: DEFAULT }, spec: { controller: "a.dev/c" } });
  t.is(await classOf(), "zz");
  t.is(await classOf({ ingressClassName: "other" }), "other");
  t.is(await classOf({}, { annotations: { "kubernetes.io/ingress.class": "other" } }), undefined);
  const { body } = await client.put(`${INGRESSES}/old`, { metadata: { name: "old", labels: { a: "b" } }, spec });
  t.deepEqual([body.metadata.labels, body.spec.ingressClassName], [{ a: "b" }, undefined]);
});
