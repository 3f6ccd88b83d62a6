import assert from "node:assert/strict";
import { namespaces, pods, resourcequotas, secrets, services } from "../../api/resources.ts";
import { clusterTest } from "../testing/cluster-test.ts";

clusterTest("a quota's use is counted, grows with creations and falls with deletions and ended pods", async (t, cluster) => {
  cluster.startManager();
  const { admin } = cluster;
  await admin.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } });
  const secret = (name: string) => admin.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { namespace: "a", name } });
  const pod = (name: string) => admin.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { namespace: "a", name }, spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }] } });
  const used = async (wanted: Record<string, string>) => cluster.eventually(async () => assert.deepEqual((await admin.get(resourcequotas, { namespace: "a", name: "q" })).status?.used, wanted));
  await secret("before");
  await admin.create(resourcequotas, { apiVersion: "v1", kind: "ResourceQuota", metadata: { namespace: "a", name: "q" }, spec: { hard: { "count/secrets": "2", "requests.cpu": "2", pods: "2", services: "1", "example.com/gpu": "1", "count/things.example.com": "1" } } });
  await used({ "count/secrets": "1", "requests.cpu": "0", pods: "0", services: "0" });
  await secret("one");
  await t.throwsAsync(secret("two"), { message: /exceeded quota: q, requested: count\/secrets=1, used: count\/secrets=2, limited: count\/secrets=2/ });
  await cluster.eventually(() => pod("p"));
  await pod("q");
  await t.throwsAsync(pod("r"), { message: /exceeded quota/ });
  await admin.create(services, { apiVersion: "v1", kind: "Service", metadata: { namespace: "a", name: "s" }, spec: { ports: [{ port: 80 }] } });
  await used({ "count/secrets": "2", "requests.cpu": "2", pods: "2", services: "1" });
  await admin.delete(secrets, { namespace: "a", name: "one" });
  await admin.delete(services, { namespace: "a", name: "s" });
  const p = await admin.get(pods, { namespace: "a", name: "p" });
  await admin.update(pods, { ...p, status: { ...p.status, phase: "Succeeded" } }, { subresource: "status" });
  await used({ "count/secrets": "1", "requests.cpu": "1", pods: "1", services: "0" });
  await secret("two");
});
