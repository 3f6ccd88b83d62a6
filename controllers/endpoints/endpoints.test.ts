import assert from "node:assert/strict";
import { deployments, endpointslices, endpoints, pods, services } from "../../api/resources.ts";
import type { Service } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { userDeployment } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const key = { namespace: "default", name: "web" };
const aService = (spec: NonNullable<Service["spec"]>): Service => ({ apiVersion: "v1", kind: "Service", metadata: { ...key, labels: { team: "a" } }, spec: { ports: [{ port: 80, targetPort: 8080 }], ...spec } });
const addresses = async (cluster: TestCluster) => ((await cluster.admin.get(endpoints, key)).subsets ?? []).flatMap(({ addresses: list = [] }) => list.map(({ ip }) => ip)).sort();
const ips = async (cluster: TestCluster) => (await cluster.admin.list(pods, { namespace: "default" })).items.map(({ status }) => status?.podIP).sort();

clusterTest("a Service's endpoints follow its pods, scaling, readiness and deletion", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(services, aService({ selector: { app: "web" } }));
  await cluster.eventually(async () => assert.deepEqual(await addresses(cluster), []));
  await cluster.admin.create(deployments, userDeployment("web"));
  await cluster.eventually(async () => {
    assert.equal((await addresses(cluster)).length, 3);
    assert.deepEqual(await addresses(cluster), await ips(cluster));
  });
  const made = await cluster.admin.get(endpoints, key);
  const trigger = (object: { metadata: { annotations?: Record<string, string> } }) => object.metadata.annotations?.["endpoints.kubernetes.io/last-change-trigger-time"];
  t.truthy(trigger(made));
  const slice = (await cluster.admin.list(endpointslices, { namespace: "default" })).items[0]!;
  t.truthy(trigger(slice));
  t.like(made.metadata.labels, { team: "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
  t.deepEqual(made.subsets?.[0]?.ports, [{ port: 8080, protocol: "TCP" }]);
  t.like(made.subsets?.[0]?.addresses?.[0]?.targetRef, { kind: "Pod", namespace: "default" });
  const [pod] = (await cluster.admin.list(pods, { namespace: "default" })).items;
  await cluster.admin.patch(pods, { namespace: "default", name: pod?.metadata.name ?? "" }, "strategic", { status: { conditions: [{ type: "Ready", status: "False" }] } }, { subresource: "status" });
  await cluster.eventually(async () => {
    const { subsets } = await cluster.admin.get(endpoints, key);
    assert.deepEqual(subsets?.[0]?.notReadyAddresses?.map(({ ip }) => ip), [pod?.status?.podIP]);
    assert.equal(subsets?.[0]?.addresses?.length, 2);
  });
  await cluster.admin.patch(services, key, "merge", { spec: { selector: { app: "other" } } });
  await cluster.eventually(async () => assert.deepEqual((await cluster.admin.get(endpoints, key)).subsets ?? [], []));
  t.is(trigger(await cluster.admin.get(endpoints, key)), undefined, "no pod's readiness changed");
  await cluster.eventually(async () => assert.deepEqual((await cluster.admin.list(endpointslices, { namespace: "default" })).items.map(trigger), [undefined]));
  await cluster.admin.patch(services, key, "merge", { spec: { selector: { app: "web" } } });
  await cluster.eventually(async () => assert.equal((await addresses(cluster)).length, 2));
  await cluster.admin.delete(services, key);
  await cluster.eventually(() => assert.rejects(cluster.admin.get(endpoints, key), (error) => isReason(error, "NotFound")));
});

clusterTest("without a selector they are the user's, until the Service goes", async (t, cluster) => {
  cluster.startManager();
  await cluster.admin.create(services, aService({}));
  await cluster.admin.create(endpoints, { apiVersion: "v1", kind: "Endpoints", metadata: { ...key, annotations: { note: "kept", "kubectl.kubernetes.io/last-applied-configuration": "{}" } }, subsets: [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 80 }] }] });
  await cluster.pass(2000);
  t.deepEqual(await addresses(cluster), ["192.0.2.1"]);
  const mirrored = await cluster.eventually(async () => {
    const [slice] = (await cluster.admin.list(endpointslices, { namespace: "default" })).items;
    assert.ok(slice !== undefined);
    return slice;
  });
  t.deepEqual(mirrored.metadata.annotations, { note: "kept" });
  await cluster.admin.delete(services, key);
  await cluster.eventually(() => assert.rejects(cluster.admin.get(endpoints, key), (error) => isReason(error, "NotFound")));
});

clusterTest("headless: the label says so; no writes when nothing changes", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(services, aService({ selector: { app: "web" }, clusterIP: "None" }));
  await cluster.admin.create(deployments, userDeployment("web"));
  await cluster.eventually(async () => assert.equal((await addresses(cluster)).length, 3));
  const before = await cluster.admin.get(endpoints, key);
  t.is(before.metadata.labels?.["service.kubernetes.io/headless"], "");
  await cluster.admin.patch(services, key, "merge", { metadata: { annotations: { note: "x" } } });
  await cluster.pass(2000);
  t.is((await cluster.admin.get(endpoints, key)).metadata.resourceVersion, before.metadata.resourceVersion);
});
