import test from "ava";
import type { PersistentVolume, PersistentVolumeClaim, PodSpec, StorageClass } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { makeNode, makePod } from "../testing/objects.ts";

function newCore(...names: string[]): SchedulerCore {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
  for (const name of names) core.setNode(makeNode(name, { labels: { "topology.kubernetes.io/zone": `zone-${name}` } }));
  return core;
}

/** `node`, or the reason without what preemption says. */
function decide(core: SchedulerCore): string {
  const decision = core.step();
  if (decision === undefined) return "nothing";
  if (decision.type === "unplaced") return decision.text.split(" preemption:")[0]!;
  return `${decision.node}${decision.claims.length > 0 ? ` after ${decision.claims.join()}` : ""}`;
}

const using = (...claims: string[]): Partial<PodSpec> => ({
  containers: [{ name: "c" }],
  volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
});

function claim(core: SchedulerCore, name: string, spec: PersistentVolumeClaim["spec"], more: { bound?: boolean; deleting?: boolean; selected?: string } = {}): void {
  const annotations = { ...(more.bound && { "pv.kubernetes.io/bind-completed": "yes" }), ...(more.selected && { "volume.kubernetes.io/selected-node": more.selected }) };
  core.setStorage("claims", `default/${name}`, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "default", uid: name, annotations, ...(more.deleting && { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  });
}

function volume(core: SchedulerCore, name: string, more: { node?: string; labels?: Record<string, string>; spec?: PersistentVolume["spec"] } = {}): void {
  const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [more.node!] }] }] } };
  core.setStorage("volumes", name, {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, labels: { ...more.labels } },
    spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, ...(more.node && { nodeAffinity }), ...more.spec },
  });
}

function storageClass(core: SchedulerCore, name: string, more: Partial<StorageClass> = {}): void {
  core.setStorage("classes", name, { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name }, provisioner: "csi.example.com", volumeBindingMode: "WaitForFirstConsumer", ...more });
}

test("a claim that is not there, being deleted, lost or unbound keeps the pod from every node, until it changes", (t) => {
  const core = newCore("a");
  core.setPod(makePod("p", { spec: using("data") }));
  t.is(decide(core), '0/1 nodes are available: persistentvolumeclaim "data" not found.');
  storageClass(core, "now", { volumeBindingMode: "Immediate" });
  claim(core, "data", { storageClassName: "now" });
  core.queue.flushStale();
  core.setPod(makePod("q", { spec: using("data") }));
  t.is(decide(core), "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.");
  claim(core, "data", {}, { deleting: true });
  core.setPod(makePod("r", { spec: using("data") }));
  t.is(decide(core), '0/1 nodes are available: persistentvolumeclaim "data" is being deleted.');
});

test("a bound volume is reached from its node only", (t) => {
  const core = newCore("a", "b");
  volume(core, "disk", { node: "b" });
  claim(core, "data", { volumeName: "disk" }, { bound: true });
  core.setPod(makePod("p", { spec: using("data") }));
  t.is(decide(core), "b");
  volume(core, "nowhere", { node: "c" });
  claim(core, "other", { volumeName: "nowhere" }, { bound: true });
  core.setPod(makePod("q", { spec: using("other") }));
  t.is(decide(core), "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity.");
});

test("a volume's zone label keeps the pod in the zone", (t) => {
  const core = newCore("a", "b");
  volume(core, "disk", { labels: { "topology.kubernetes.io/zone": "zone-b__zone-c" } });
  claim(core, "data", { volumeName: "disk" }, { bound: true });
  core.setPod(makePod("p", { spec: using("data") }));
  t.is(decide(core), "b");
  volume(core, "far", { labels: { "topology.kubernetes.io/zone": "zone-x" } });
  claim(core, "other", { volumeName: "far" }, { bound: true });
  core.setPod(makePod("q", { spec: using("other") }));
  t.is(decide(core), "0/2 nodes are available: 2 node(s) had no available volume zone.");
});

test("a claim that waits for its first consumer: a free volume decides, each is given once, else one must be made", (t) => {
  const core = newCore("a", "b");
  storageClass(core, "local", { provisioner: "kubernetes.io/no-provisioner" });
  volume(core, "disk-b", { node: "b", spec: { storageClassName: "local" } });
  claim(core, "one", { storageClassName: "local" });
  claim(core, "two", { storageClassName: "local" });
  core.setPod(makePod("p", { spec: using("one") }));
  t.is(decide(core), "b after default/one");
  core.setPod(makePod("q", { spec: using("two") }));
  t.is(decide(core), "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.");
  storageClass(core, "made", { allowedTopologies: [{ matchLabelExpressions: [{ key: "topology.kubernetes.io/zone", values: ["zone-b"] }] }] });
  claim(core, "three", { storageClassName: "made" });
  core.setPod(makePod("r", { spec: using("three") }));
  t.is(decide(core), "b after default/three");
  claim(core, "four", { storageClassName: "made" }, { selected: "a" });
  core.setPod(makePod("s", { spec: using("four") }));
  t.is(decide(core), "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.");
});

test("a driver that tells of its capacity must have it where the pod goes", (t) => {
  const core = newCore("a", "b");
  storageClass(core, "made");
  core.setStorage("drivers", "csi.example.com", { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver", metadata: { name: "csi.example.com" }, spec: { storageCapacity: true } });
  claim(core, "data", { storageClassName: "made", resources: { requests: { storage: "10Gi" } } });
  core.setPod(makePod("p", { spec: using("data") }));
  t.is(decide(core), "0/2 nodes are available: 2 node(s) did not have enough free storage.");
  core.setStorage("capacities", "kube-system/one", {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIStorageCapacity",
    metadata: { name: "one", namespace: "kube-system" },
    storageClassName: "made",
    capacity: "20Gi",
    nodeTopology: { matchLabels: { "kubernetes.io/hostname": "b" } },
  });
  core.setPod(makePod("q", { spec: using("data") }));
  t.is(decide(core), "b after default/data");
});

test("ReadWriteOncePod serves one pod in the cluster; a node attaches as many volumes as its driver says", (t) => {
  const core = newCore("a", "b");
  volume(core, "disk");
  claim(core, "single", { volumeName: "disk", accessModes: ["ReadWriteOncePod"] }, { bound: true });
  core.setPod(makePod("p", { spec: using("single") }));
  t.is(decide(core), "a");
  core.setPod(makePod("q", { spec: using("single") }));
  t.is(decide(core), "0/2 nodes are available: 2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.");
  for (const node of ["a", "b"]) {
    core.setStorage("csiNodes", node, { apiVersion: "storage.k8s.io/v1", kind: "CSINode", metadata: { name: node }, spec: { drivers: [{ name: "csi.example.com", nodeID: node, allocatable: { count: 1 } }] } });
  }
  for (const name of ["v1", "v2", "v3"]) {
    volume(core, name, { spec: { csi: { driver: "csi.example.com", volumeHandle: name } } });
    claim(core, `claim-${name}`, { volumeName: name }, { bound: true });
    core.setPod(makePod(`user-${name}`, { spec: using(`claim-${name}`) }));
  }
  t.deepEqual([decide(core), decide(core), decide(core)], ["a", "b", "0/2 nodes are available: 2 node(s) exceed max volume count."]);
  core.setPod(makePod("shares", { spec: using("claim-v1") }));
  t.is(decide(core), "a", "a volume that the node has attached already counts once");
});

test("disks named in the pod itself are not shared for writing", (t) => {
  const core = newCore("a");
  const disk = (readOnly: boolean): Partial<PodSpec> => ({ containers: [{ name: "c" }], volumes: [{ name: "d", rbd: { monitors: ["m1"], image: "i", readOnly } }] });
  core.setPod(makePod("reader", { spec: disk(true) }));
  core.setPod(makePod("reads-too", { spec: disk(true) }));
  core.setPod(makePod("writer", { spec: disk(false) }));
  t.deepEqual([decide(core), decide(core), decide(core)], ["a", "a", "0/1 nodes are available: 1 node(s) had no available disk."]);
});
