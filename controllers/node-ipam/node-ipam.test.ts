import assert from "node:assert/strict";
import { coreEvents, leases, nodes } from "../../api/resources.ts";
import type { Node } from "../../api/wire.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import type { TestCluster } from "../testing/test-cluster.ts";

const ONLY = ["node-ipam-controller", "generic-garbage-collector"];
const add = (cluster: TestCluster, name: string, spec: Node["spec"] = {}) => cluster.admin.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name }, spec });
const ranges = async (cluster: TestCluster): Promise<Record<string, string[] | undefined>> => Object.fromEntries((await cluster.admin.list(nodes)).items.map(({ metadata, spec }) => [metadata.name ?? "", spec?.podCIDRs]));

async function untilAll(cluster: TestCluster, count: number): Promise<string[]> {
  return cluster.eventually(async () => {
    const given: string[] = Object.values(await ranges(cluster)).flatMap((list) => list ?? []);
    assert.equal(given.length, count);
    assert.equal(new Set(given).size, count, `given twice: ${given}`);
    return given;
  });
}

clusterTest("each node gets a range of its own; one that it has by hand is kept clear", async (t, cluster) => {
  await add(cluster, "old", { podCIDR: "10.9.1.0/24", podCIDRs: ["10.9.1.0/24"] });
  for (const name of ["a", "b", "c"]) await add(cluster, name);
  cluster.startManager({ only: ONLY, clusterCidr: "10.9.0.0/16" });
  await untilAll(cluster, 4);
  t.deepEqual(await ranges(cluster), { a: ["10.9.0.0/24"], b: ["10.9.2.0/24"], c: ["10.9.3.0/24"], old: ["10.9.1.0/24"] });
  t.is((await cluster.admin.get(nodes, { name: "a" })).spec?.podCIDR, "10.9.0.0/24");
});

clusterTest("two families", async (t, cluster) => {
  cluster.startManager({ only: ONLY, clusterCidr: "10.9.0.0/16,fd00:9::/48" });
  await add(cluster, "a");
  await add(cluster, "b");
  await untilAll(cluster, 4);
  t.deepEqual(await ranges(cluster), { a: ["10.9.0.0/24", "fd00:9::/64"], b: ["10.9.1.0/24", "fd00:9:0:1::/64"] });
});

clusterTest("two managers at once, both acting, killed at every write: never twice", async (t, cluster) => {
  let kills = 0;
  const start = (nth: number) => {
    const manager = cluster.startManager({ only: ONLY, clusterCidr: "10.9.0.0/18" });
    let writes = 0;
    manager.afterWrite = () => {
      if (kills >= 20 || ++writes < nth) return;
      kills++;
      manager.kill();
      start((nth % 4) + 1);
      throw new Error("killed");
    };
  };
  start(1);
  start(2);
  for (let i = 0; i < 30; i++) await add(cluster, `n${i}`);
  await untilAll(cluster, 30);
  t.true(kills >= 5, `${kills} kills`);
});

clusterTest("used up: said in an event; a range that a deleted node gives back is used again", async (t, cluster) => {
  cluster.startManager({ only: ONLY, clusterCidr: "10.9.0.0/23" });
  for (const name of ["a", "b"]) await add(cluster, name);
  await untilAll(cluster, 2);
  await add(cluster, "c");
  await cluster.eventually(async () => {
    const event = (await cluster.admin.list(coreEvents)).items.find(({ reason }) => reason === "CIDRNotAvailable");
    assert.equal(event?.involvedObject.name, "c");
  });
  await cluster.pass(5000);
  t.is((await ranges(cluster))["c"], undefined);
  const { a } = await ranges(cluster);
  await cluster.admin.delete(nodes, { name: "a" });
  await cluster.eventually(async () => assert.deepEqual((await ranges(cluster))["c"], a), 120_000, 500);
  t.is((await cluster.admin.list(leases, { namespace: "kube-system", labelSelector: "berth.dev/pod-cidr" })).items.length, 2);
});
