import assert from "node:assert/strict";
import { configmaps, coreEvents, deployments, namespaces, nodes, pods, replicasets, roles, secrets } from "../../api/resources.ts";
import type { ConfigMap, ObjectMeta, OwnerReference } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { userDeployment } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const ONLY = { only: ["generic-garbage-collector"] };

function owner(object: { apiVersion: string; kind: string; metadata: ObjectMeta }, more: Partial<OwnerReference> = {}): OwnerReference {
  return { apiVersion: object.apiVersion, kind: object.kind, name: object.metadata.name ?? "", uid: object.metadata.uid ?? "", ...more };
}

function makeMap(cluster: TestCluster, name: string, owners: OwnerReference[] = [], more: Partial<ObjectMeta> = {}): Promise<ConfigMap> {
  return cluster.admin.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default", name, ...(owners.length > 0 ? { ownerReferences: owners } : {}), ...more } });
}

const names = async (cluster: TestCluster) => (await cluster.admin.list(configmaps, { namespace: "default" })).items.map(({ metadata }) => metadata.name);
const key = (name: string) => ({ namespace: "default", name });

clusterTest("background: dependents of a deleted owner go, over several levels and kinds, others stay", async (t, cluster) => {
  const a = await makeMap(cluster, "a");
  const b = await makeMap(cluster, "b", [owner(a)]);
  await cluster.admin.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { ...key("c"), ownerReferences: [owner(b)] } });
  await cluster.admin.create(roles, { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { ...key("d"), ownerReferences: [owner(a)] }, rules: [] });
  await makeMap(cluster, "other");
  cluster.startManager(ONLY);
  await cluster.pass(2000);
  t.deepEqual(await names(cluster), ["a", "b", "other"]);
  await cluster.admin.delete(configmaps, key("a"), { propagationPolicy: "Background" });
  await cluster.eventually(async () => {
    assert.deepEqual(await names(cluster), ["other"]);
    assert.equal((await cluster.admin.list(secrets, { namespace: "default" })).items.length, 0);
    assert.equal((await cluster.admin.list(roles, { namespace: "default" })).items.length, 0);
  });
});

clusterTest("what lost its owner while nobody collected goes at the start; a living owner of the same name but another uid does not count", async (t, cluster) => {
  const a = await makeMap(cluster, "a");
  await makeMap(cluster, "b", [owner(a)]);
  await makeMap(cluster, "never", [{ apiVersion: "v1", kind: "ConfigMap", name: "never-was", uid: "00000000-0000-0000-0000-000000000000" }]);
  await cluster.admin.delete(configmaps, key("a"));
  const again = await makeMap(cluster, "a");
  await makeMap(cluster, "c", [owner(again)]);
  cluster.startManager(ONLY);
  await cluster.eventually(async () => assert.deepEqual(await names(cluster), ["a", "c"]));
  await cluster.pass(2000);
  t.deepEqual(await names(cluster), ["a", "c"]);
});

clusterTest("several owners: the object lives as long as one does, references to the others go", async (t, cluster) => {
  const [a, b] = [await makeMap(cluster, "a"), await makeMap(cluster, "b")];
  await makeMap(cluster, "both", [owner(a), owner(b)]);
  cluster.startManager(ONLY);
  await cluster.pass(1000);
  await cluster.admin.delete(configmaps, key("a"));
  await cluster.eventually(async () => assert.deepEqual((await cluster.admin.get(configmaps, key("both"))).metadata.ownerReferences?.map(({ name }) => name), ["b"]));
  await cluster.admin.delete(configmaps, key("b"));
  await cluster.eventually(async () => assert.deepEqual(await names(cluster), []));
  t.pass();
});

clusterTest("foreground: the owner goes after what blocks it; what does not block is not waited for", async (t, cluster) => {
  const a = await makeMap(cluster, "a");
  await makeMap(cluster, "blocks", [owner(a, { blockOwnerDeletion: true })], { finalizers: ["test/held"] });
  await makeMap(cluster, "follows", [owner(a)], { finalizers: ["test/held"] });
  cluster.startManager(ONLY);
  await cluster.pass(1000);
  await cluster.admin.delete(configmaps, key("a"), { propagationPolicy: "Foreground" });
  await cluster.eventually(async () => {
    for (const name of ["blocks", "follows"]) assert.ok((await cluster.admin.get(configmaps, key(name))).metadata.deletionTimestamp);
  });
  await cluster.pass(3000);
  t.deepEqual((await cluster.admin.get(configmaps, key("a"))).metadata.finalizers, ["foregroundDeletion"]);
  await cluster.admin.patch(configmaps, key("blocks"), "merge", { metadata: { finalizers: null } });
  await cluster.eventually(async () => assert.deepEqual(await names(cluster), ["follows"]));
});

clusterTest("orphan: dependents stay without the owner", async (t, cluster) => {
  const a = await makeMap(cluster, "a");
  const b = await makeMap(cluster, "b");
  await makeMap(cluster, "c", [owner(a), owner(b)]);
  await makeMap(cluster, "d", [owner(a)]);
  cluster.startManager(ONLY);
  await cluster.pass(1000);
  await cluster.admin.delete(configmaps, key("a"), { propagationPolicy: "Orphan" });
  await cluster.eventually(async () => assert.deepEqual(await names(cluster), ["b", "c", "d"]));
  t.deepEqual((await cluster.admin.get(configmaps, key("c"))).metadata.ownerReferences?.map(({ name }) => name), ["b"]);
  t.is((await cluster.admin.get(configmaps, key("d"))).metadata.ownerReferences, undefined);
  await cluster.pass(2000);
  t.deepEqual(await names(cluster), ["b", "c", "d"]);
});

clusterTest("a circle of owners that all block can be deleted in the foreground", async (t, cluster) => {
  const a = await makeMap(cluster, "a");
  const b = await makeMap(cluster, "b", [owner(a, { blockOwnerDeletion: true })]);
  const c = await makeMap(cluster, "c", [owner(b, { blockOwnerDeletion: true })]);
  await cluster.admin.patch(configmaps, key("a"), "merge", { metadata: { ownerReferences: [owner(c, { blockOwnerDeletion: true })] } });
  cluster.startManager(ONLY);
  await cluster.pass(1000);
  await cluster.admin.delete(configmaps, key("a"), { propagationPolicy: "Foreground" });
  await cluster.eventually(async () => assert.deepEqual(await names(cluster), []));
  t.pass();
});

clusterTest("owners in another place: a cluster-scoped owner counts, one of another namespace does not, a namespaced one of a cluster-scoped object is left alone", async (t, cluster) => {
  await cluster.admin.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } });
  const node = await cluster.admin.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "n" } });
  await makeMap(cluster, "of-node", [owner(node)]);
  const elsewhere = await cluster.admin.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "other", name: "a" } });
  await makeMap(cluster, "misled", [owner(elsewhere)]);
  const here = await makeMap(cluster, "here", [owner(node)]);
  await makeMap(cluster, "misnamed", [{ ...owner(here), name: "there" }]);
  await cluster.admin.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "odd", ownerReferences: [owner(elsewhere)] } });
  cluster.startManager(ONLY);
  await cluster.eventually(async () => assert.deepEqual(await names(cluster), ["here", "of-node"]));
  await cluster.eventually(async () => {
    const events = (await cluster.admin.list(coreEvents)).items.filter(({ reason }) => reason === "OwnerRefInvalidNamespace");
    assert.deepEqual(events.map(({ involvedObject, source }) => `${source?.component} ${involvedObject.name}`).sort(), ["garbage-collector-controller misled", "garbage-collector-controller odd"]);
    const event = events.find(({ involvedObject }) => involvedObject.name === "misled");
    assert.match(event?.message ?? "", /^ownerRef \[v1\/ConfigMap, namespace: default, name: a, uid: .*\] does not exist in namespace "default"$/);
  });
  await cluster.pass(2000);
  t.is((await cluster.admin.get(nodes, { name: "odd" })).metadata.name, "odd");
  await cluster.admin.delete(nodes, { name: "n" });
  await cluster.eventually(async () => assert.deepEqual(await names(cluster), []));
});

clusterTest("an owner of a kind that is not served keeps its dependents", async (t, cluster) => {
  await makeMap(cluster, "a", [{ apiVersion: "example.com/v1", kind: "Thing", name: "x", uid: "11111111-0000-0000-0000-000000000000" }]);
  cluster.startManager(ONLY);
  await cluster.pass(40_000, 1000);
  t.deepEqual(await names(cluster), ["a"]);
});

for (const policy of ["Background", "Foreground"] as const) {
  clusterTest(`a Deployment is deleted with all of it: ${policy}`, async (t, cluster) => {
    cluster.startManager();
    cluster.startNodes();
    const web = { namespace: "default", name: "web" };
    await cluster.admin.create(deployments, userDeployment("web"));
    await cluster.eventually(async () => assert.equal((await cluster.admin.get(deployments, web)).status?.availableReplicas, 3));
    await cluster.admin.delete(deployments, web, { propagationPolicy: policy });
    await cluster.eventually(async () => {
      assert.equal((await cluster.admin.list(pods, { namespace: "default" })).items.length, 0);
      assert.equal((await cluster.admin.list(replicasets, { namespace: "default" })).items.length, 0);
      await assert.rejects(cluster.admin.get(deployments, web), (error) => isReason(error, "NotFound"));
    });
    t.pass();
  });
}
