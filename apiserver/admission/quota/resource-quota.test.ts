import test from "ava";
import { startServersOn, STORES } from "../../testing/both-stores.ts";
import { TestClient } from "../../testing/test-client.ts";

for (const store of STORES) {
  let clients: TestClient[] = [];
  let stop: () => Promise<void> = async () => undefined;
  let count = 0;

  test.before(async () => {
    const servers = await startServersOn(store);
    stop = servers.stop;
    const other = await servers.more();
    clients = [new TestClient(servers.server), new TestClient(other, servers.server.admin)];
  });
  test.after.always(async () => {
    for (const client of clients) client.close();
    await stop();
  });

  const admin = () => clients[0]!;
  /** A namespace under a quota whose use is known. */
  async function limited(hard: Record<string, string>, more: object = {}): Promise<string> {
    const name = `quota-${store}-${count++}`;
    await admin().post("/api/v1/namespaces", { metadata: { name } });
    await admin().post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
    await admin().post(`/api/v1/namespaces/${name}/resourcequotas`, { metadata: { name: "q" }, spec: { hard, ...more } });
    await admin().patch(`/api/v1/namespaces/${name}/resourcequotas/q/status`, { status: { hard, used: Object.fromEntries(Object.keys(hard).map((one) => [one, "0"])) } });
    return `/api/v1/namespaces/${name}`;
  }
  const used = async (path: string) => (await admin().get(`${path}/resourcequotas/q`)).body.status.used;
  const pod = (name: string, resources: object = {}, more: object = {}) => ({ metadata: { name }, spec: { automountServiceAccountToken: false, containers: [{ name: "c", image: "i", resources }], ...more } });

  test(`${store}: 200 racing creations through two servers never exceed the quota, and use all of it`, async (t) => {
    const path = await limited({ "count/configmaps": "40" });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => clients[i % 2]!.post(`${path}/configmaps`, { metadata: { name: `m-${i}` } })));
    t.is(answers.filter(({ status }) => status === 201).length, 40);
    const refused = answers.find(({ status }) => status !== 201);
    t.is(refused?.status, 403);
    t.regex(refused?.body.message, /^configmaps "m-\d+" is forbidden: exceeded quota: q, requested: count\/configmaps=1, used: count\/configmaps=40, limited: count\/configmaps=40$/);
    t.is((await admin().get(`${path}/configmaps`)).body.items.length, 40);
    t.deepEqual(await used(path), { "count/configmaps": "40" });
  });

  test(`${store}: pods count with what they ask for, and must ask where that is limited`, async (t) => {
    const path = await limited({ pods: "5", "requests.cpu": "1", "limits.memory": "1Gi", "requests.example.com/gpu": "1" });
    const create = async (object: object) => (await admin().post(`${path}/pods`, object)).body.message as string | undefined;
    t.is(await create(pod("a")), 'pods "a" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c');
    t.is(await create(pod("a", { requests: { cpu: "600m" }, limits: { memory: "512Mi" } })), undefined);
    t.deepEqual(await used(path), { pods: "1", "requests.cpu": "600m", "limits.memory": "512Mi", "requests.example.com/gpu": "0" });
    t.is(await create(pod("b", { requests: { cpu: "500m" }, limits: { memory: "512Mi" } })), 'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1');
    t.regex((await create(pod("b", { requests: { cpu: "100m" }, limits: { memory: "1Mi", "example.com/gpu": "2" } }))) ?? "", /requested: requests.example.com\/gpu=2/);
    t.is((await admin().post(`${path}/pods?dryRun=All`, pod("dry", { requests: { cpu: "100m" }, limits: { memory: "1Mi" } }))).status, 201);
    t.is((await used(path))["pods"], "1");
  });

  test(`${store}: scopes say which pods a quota is about`, async (t) => {
    const path = await limited({ pods: "0" }, { scopes: ["BestEffort"] });
    t.is((await admin().post(`${path}/pods`, pod("a"))).body.message, 'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0');
    t.is((await admin().post(`${path}/pods`, pod("b", { requests: { cpu: "1" } }))).status, 201);
    const byClass = await limited({ pods: "0" }, { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["system-cluster-critical"] }] } });
    t.is((await admin().post(`${byClass}/pods`, pod("a"))).status, 201);
    t.is((await admin().post(`${byClass}/pods`, pod("b", {}, { priorityClassName: "system-cluster-critical" }))).status, 403);
  });

  test(`${store}: a Service or claim that grows is charged the difference; a quota that nobody has counted refuses`, async (t) => {
    const path = await limited({ services: "2", "services.nodeports": "2", "requests.storage": "5Gi" });
    await admin().post(`${path}/services`, { metadata: { name: "s" }, spec: { ports: [{ name: "a", port: 1 }] } });
    t.is((await admin().patch(`${path}/services/s`, { spec: { type: "NodePort" } })).status, 200);
    t.deepEqual(await used(path), { services: "1", "services.nodeports": "1", "requests.storage": "0" });
    t.regex((await admin().patch(`${path}/services/s`, { spec: { ports: [{ name: "a", port: 1 }, { name: "b", port: 2 }, { name: "c", port: 3 }] } })).body.message, /requested: services.nodeports=2, used: services.nodeports=1, limited: services.nodeports=2/);
    const claim = { metadata: { name: "c" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } } };
    t.is((await admin().post(`${path}/persistentvolumeclaims`, claim)).body.message, 'persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: requests.storage=10Gi, used: requests.storage=0, limited: requests.storage=5Gi');
    await admin().post(`${path}/resourcequotas`, { metadata: { name: "new" }, spec: { hard: { secrets: "1" } } });
    t.is((await admin().post(`${path}/secrets`, { metadata: { name: "x" } })).body.message, 'secrets "x" is forbidden: status unknown for quota: new, resources: secrets');
  });
}
