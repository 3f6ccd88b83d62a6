import assert from "node:assert/strict";
import { configmaps, deployments, namespaces, pods, type Resource, secrets, serviceaccounts, services } from "../../api/resources.ts";
import type { APIService } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { userDeployment } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const make = (cluster: TestCluster, name: string) => cluster.admin.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
const isGone = (cluster: TestCluster, name: string) => cluster.eventually(() => assert.rejects(cluster.admin.get(namespaces, { name }), (error) => isReason(error, "NotFound")));

clusterTest("every namespace gets its ServiceAccount and CA, again when they are lost or changed", async (t, cluster) => {
  cluster.startManager({ rootCa: "PEM" });
  await make(cluster, "a");
  const account = { namespace: "a", name: "default" };
  const map = { namespace: "a", name: "kube-root-ca.crt" };
  await cluster.eventually(() => cluster.admin.get(serviceaccounts, account));
  await cluster.eventually(async () => assert.deepEqual((await cluster.admin.get(configmaps, map)).data, { "ca.crt": "PEM" }));
  await cluster.eventually(() => cluster.admin.get(serviceaccounts, { ...account, namespace: "kube-system" }));
  await cluster.admin.delete(serviceaccounts, account);
  await cluster.admin.patch(configmaps, map, "merge", { data: { "ca.crt": "forged", more: "x" } });
  await cluster.eventually(() => cluster.admin.get(serviceaccounts, account));
  await cluster.eventually(async () => assert.deepEqual((await cluster.admin.get(configmaps, map)).data, { "ca.crt": "PEM" }));
  await cluster.admin.delete(configmaps, map);
  await cluster.eventually(() => cluster.admin.get(configmaps, map));
  t.pass();
});

clusterTest("a deleted namespace takes all along, running pods with their grace first", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: () => ({ ready_ms: 10, stop_ms: 2000 }) });
  await make(cluster, "a");
  const web = userDeployment("web", { more: { template: { metadata: { labels: { app: "web" } }, spec: { terminationGracePeriodSeconds: 30, containers: [{ name: "c", image: "i" }] } } } });
  await cluster.admin.create(deployments, { ...web, metadata: { name: "web", namespace: "a" } });
  await cluster.admin.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { namespace: "a", name: "s" } });
  await cluster.eventually(async () => assert.equal((await cluster.admin.list(pods, { namespace: "a" })).items.filter(({ status }) => status?.phase === "Running").length, 3));
  await cluster.admin.delete(namespaces, { name: "a" });
  await cluster.pass(1000);
  const going = await cluster.admin.get(namespaces, { name: "a" });
  t.is(going.status?.phase, "Terminating");
  const condition = (type: string) => going.status?.conditions?.find((candidate) => candidate.type === type);
  t.like(condition("NamespaceContentRemaining"), { status: "True", reason: "SomeResourcesRemain", message: "Some resources are remaining: pods. has 3 resource instances" });
  t.like(condition("NamespaceDeletionDiscoveryFailure"), { status: "False", reason: "ResourcesDiscovered" });
  t.is((await cluster.admin.list(secrets, { namespace: "a" })).items.length, 1, "what pods depend on outlives them");
  await isGone(cluster, "a");
  for (const resource of [pods, secrets, configmaps, deployments, serviceaccounts]) t.is((await cluster.admin.list(resource as typeof pods, { namespace: "a" })).items.length, 0, resource.resource);
  await make(cluster, "a");
  await cluster.eventually(() => cluster.admin.get(serviceaccounts, { namespace: "a", name: "default" }));
});

clusterTest("what is held by a finalizer holds the namespace, and it says so", async (t, cluster) => {
  cluster.startManager();
  await make(cluster, "a");
  await cluster.admin.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "a", name: "held", finalizers: ["test.example/held"] } });
  await cluster.admin.delete(namespaces, { name: "a" });
  await cluster.eventually(async () => {
    const { status } = await cluster.admin.get(namespaces, { name: "a" });
    const of = (type: string) => status?.conditions?.find((condition) => condition.type === type)?.message;
    assert.equal(of("NamespaceContentRemaining"), "Some resources are remaining: configmaps. has 1 resource instances");
    assert.equal(of("NamespaceFinalizersRemaining"), "Some content in the namespace has finalizers remaining: test.example/held in 1 resource instances");
  });
  await cluster.admin.patch(configmaps, { namespace: "a", name: "held" }, "merge", { metadata: { finalizers: null } });
  await isGone(cluster, "a");
  t.pass();
});

clusterTest("a namespace that was deleted while no controller ran", async (t, cluster) => {
  await make(cluster, "a");
  await cluster.admin.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "a", name: "m" } });
  await cluster.admin.delete(namespaces, { name: "a" });
  t.is((await cluster.admin.get(namespaces, { name: "a" })).status?.phase, "Terminating");
  cluster.startManager();
  await isGone(cluster, "a");
});

const apiservices: Resource<APIService> = { group: "apiregistration.k8s.io", version: "v1", resource: "apiservices", kind: "APIService", namespaced: false };

clusterTest("an extension server that is dead does not hold a namespace", async (t, cluster) => {
  cluster.startManager();
  await make(cluster, "a");
  await cluster.admin.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "a", name: "m" } });
  // Nobody listens on the discard port.
  await cluster.admin.create(services, { apiVersion: "v1", kind: "Service", metadata: { namespace: "default", name: "dead" }, spec: { type: "ExternalName", externalName: "localhost" } });
  await cluster.admin.create(apiservices, {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1.dead.example.com" },
    spec: { group: "dead.example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 10, insecureSkipTLSVerify: true, service: { namespace: "default", name: "dead", port: 9 } },
  });
  await cluster.eventually(async () => {
    const { status } = await cluster.admin.get(apiservices, { name: "v1.dead.example.com" });
    assert.equal(status?.conditions?.[0]?.reason, "FailedDiscoveryCheck");
  });
  await cluster.admin.delete(namespaces, { name: "a" });
  await isGone(cluster, "a");
  t.pass();
});
