import assert from "node:assert/strict";
import test from "ava";
import { persistentvolumeclaims, persistentvolumes, pods, volumeattributesclasses } from "../../api/resources.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttributesClass } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { aPod } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";
import { claimsHeldBy } from "./use.ts";

const only = ["service-account-controller", "persistentvolumeclaim-protection-controller", "persistentvolume-protection-controller", "volumeattributesclass-protection-controller"];
const claim = { namespace: "default", name: "data" };
const aClaim = (fields: Partial<PersistentVolumeClaim["spec"]> = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: claim,
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...fields },
});

function podWith(volumes: NonNullable<NonNullable<Pod["spec"]>["volumes"]>, fields: Parameters<typeof aPod>[0] = {}): Pod {
  const pod = aPod({ name: "web", node: "node-1", ...fields });
  return { ...pod, spec: { containers: [{ name: "c" }], ...pod.spec, volumes } };
}

test("a pod on a node holds the claims that it names, and its own while it runs", (t) => {
  const volumes = [{ name: "a", persistentVolumeClaim: { claimName: "data" } }, { name: "b", ephemeral: {} }, { name: "c", emptyDir: {} }];
  t.deepEqual(claimsHeldBy(podWith(volumes)), ["data", "web-b"]);
  t.deepEqual(claimsHeldBy(podWith(volumes, { phase: "Succeeded" })), ["data"]);
  t.deepEqual(claimsHeldBy(podWith(volumes, { node: "" })), []);
});

async function isGone(read: Promise<unknown>): Promise<void> {
  await assert.rejects(read, (error) => isReason(error, "NotFound"));
}

async function deletionOf(cluster: TestCluster): Promise<string | undefined> {
  return (await cluster.admin.get(persistentvolumeclaims, claim)).metadata.deletionTimestamp;
}

clusterTest("a claim that a pod has goes with that pod; one that nobody has goes at once", async (t, cluster) => {
  cluster.startManager({ only });
  await cluster.admin.create(persistentvolumeclaims, aClaim());
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "web" },
    spec: { nodeName: "node-1", terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: "i" }], volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] },
  };
  await cluster.eventually(() => cluster.admin.create(pods, pod));
  await cluster.pass(500);
  await cluster.admin.delete(persistentvolumeclaims, claim);
  await cluster.pass(2000);
  t.truthy(await deletionOf(cluster));
  await cluster.admin.delete(pods, { namespace: "default", name: "web" }, { gracePeriodSeconds: 0 });
  await cluster.eventually(() => isGone(cluster.admin.get(persistentvolumeclaims, claim)));
  await cluster.admin.create(persistentvolumeclaims, aClaim());
  await cluster.admin.delete(persistentvolumeclaims, claim);
  await cluster.eventually(() => isGone(cluster.admin.get(persistentvolumeclaims, claim)));
  t.pass();
});

clusterTest("a volume and a class of attributes go when nothing uses them", async (t, cluster) => {
  cluster.startManager({ only });
  const volume: PersistentVolume = { apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "pv" }, spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/d" } } };
  const attributes: VolumeAttributesClass = { apiVersion: "storage.k8s.io/v1", kind: "VolumeAttributesClass", metadata: { name: "fast" }, driverName: "csi.example.com", parameters: { iops: "1" } };
  await cluster.admin.create(persistentvolumes, volume);
  await cluster.admin.create(volumeattributesclasses, attributes);
  await cluster.admin.create(persistentvolumeclaims, aClaim({ volumeAttributesClassName: "fast" }));
  await cluster.pass(500);
  await cluster.admin.delete(volumeattributesclasses, { name: "fast" });
  await cluster.admin.delete(persistentvolumes, { name: "pv" });
  await cluster.eventually(() => isGone(cluster.admin.get(persistentvolumes, { name: "pv" })));
  t.truthy((await cluster.admin.get(volumeattributesclasses, { name: "fast" })).metadata.deletionTimestamp);
  await cluster.admin.delete(persistentvolumeclaims, claim);
  await cluster.eventually(() => isGone(cluster.admin.get(volumeattributesclasses, { name: "fast" })));
});
