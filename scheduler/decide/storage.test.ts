import test from "ava";
import fc from "fast-check";
import { DEVICES_ANNOTATION } from "../../api/placement/devices.ts";
import type { CSINode, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, StorageClass } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { fitsStorage, type PlainStorage } from "../testing/reference-storage.ts";

const ZONE = "topology.kubernetes.io/zone";
const zone = fc.constantFrom("a", "b");

const node = (index: number): fc.Arbitrary<Node> =>
  fc.record({ zone: fc.option(zone), gpus: fc.constantFrom("0", "1", "3"), pages: fc.constantFrom("0", "2Mi", "8Mi"), storage: fc.constantFrom("1Gi", "4Gi") }).map(({ zone: name, gpus, pages, storage }) =>
    makeNode(`node-${index}`, { cpu: "8", labels: { ...(name && { [ZONE]: name }) }, extended: { "nvidia.com/gpu": gpus, "hugepages-2Mi": pages, "ephemeral-storage": storage } }),
  );

const volume = (index: number): fc.Arbitrary<PersistentVolume> =>
  fc.record({ label: fc.option(fc.constantFrom("a", "b", "a__b")), affinity: fc.option(zone), csi: fc.boolean(), size: fc.constantFrom("1Gi", "5Gi") }).map(({ label, affinity, csi, size }) => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `v${index}`, labels: { ...(label && { [ZONE]: label }) } },
    spec: {
      storageClassName: index < 3 ? "bound" : "late",
      accessModes: ["ReadWriteOnce", "ReadWriteOncePod"],
      capacity: { storage: size },
      ...(index < 3 && { claimRef: { namespace: "default", name: `c${index}` } }),
      ...(csi && { csi: { driver: "csi.example.com", volumeHandle: `h${index}` } }),
      ...(affinity && { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: "In", values: [affinity] }] }] } } }),
    },
  }));

/** c0 to c2 are bound to v0 to v2, c3 and c4 wait for their first consumer, c5 for nobody; there is no c6. */
const claim = (index: number): fc.Arbitrary<PersistentVolumeClaim> =>
  fc.record({ mode: fc.constantFrom("ReadWriteOnce", "ReadWriteOncePod"), size: fc.constantFrom("1Gi", "3Gi") }).map(({ mode, size }) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: `c${index}`, namespace: "default", ...(index < 3 && { annotations: { "pv.kubernetes.io/bind-completed": "yes" } }) },
    spec: { accessModes: [mode], resources: { requests: { storage: size } }, storageClassName: ["bound", "bound", "bound", "late", "made", "now"][index]!, ...(index < 3 && { volumeName: `v${index}` }) },
    status: { phase: index < 3 ? "Bound" : "Pending" },
  }));

const classes = (allowed: string | null): StorageClass[] => [
  { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "late" }, provisioner: "kubernetes.io/no-provisioner", volumeBindingMode: "WaitForFirstConsumer" },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "made" },
    provisioner: "csi.example.com",
    volumeBindingMode: "WaitForFirstConsumer",
    ...(allowed !== null && { allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: [allowed] }] }] }),
  },
  { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "now" }, provisioner: "csi.example.com", volumeBindingMode: "Immediate" },
];

const csiNode = (index: number): fc.Arbitrary<CSINode> =>
  fc.constantFrom(0, 1, 2).map((count) => ({ apiVersion: "storage.k8s.io/v1", kind: "CSINode", metadata: { name: `node-${index}` }, spec: { drivers: [{ name: "csi.example.com", nodeID: "n", allocatable: { count } }] } }));

const pod = (name: string): fc.Arbitrary<Pod> =>
  fc
    .record({
      claims: fc.oneof(fc.constant<number[]>([]), fc.uniqueArray(fc.nat({ max: 3 }), { minLength: 1, maxLength: 2 }), fc.nat({ max: 6 }).map((one) => [one])),
      disk: fc.option(fc.record({ image: fc.constantFrom("i", "j"), readOnly: fc.boolean() }), { freq: 2 }),
      device: fc.constantFrom({}, {}, { "nvidia.com/gpu": "1" }, { "nvidia.com/gpu": "2" }, { "berth.dev/gpu-milli": "300" }, { "berth.dev/gpu-milli": "700" }, { "berth.dev/gpu-milli": "2000" }),
      pages: fc.constantFrom("0", "2Mi"),
      storage: fc.constantFrom("0", "1Gi"),
    })
    .map(({ claims, disk, device, pages, storage }) => {
      const volumes = [...claims.map((one, i) => ({ name: `c${i}`, persistentVolumeClaim: { claimName: `c${one}` } })), ...(disk === null ? [] : [{ name: "d", rbd: { monitors: ["m"], ...disk } }])];
      return makePod(name, { requests: { cpu: "100m", "hugepages-2Mi": pages, "ephemeral-storage": storage, ...device }, spec: { volumes } as Partial<PodSpec> });
    });

const world = fc
  .record({
    nodes: fc.tuple(...[0, 1, 2, 3].map(node)),
    volumes: fc.tuple(...[0, 1, 2, 3, 4].map(volume)),
    claims: fc.tuple(...[0, 1, 2, 3, 4, 5].map(claim)),
    allowed: fc.option(zone),
    csiNodes: fc.tuple(...[0, 1, 2].map(csiNode)),
    placed: fc.tuple(...[0, 1, 2].map((i) => fc.tuple(pod(`placed-${i}`), fc.nat({ max: 3 }), fc.nat({ max: 2 })))),
    pending: fc.tuple(...[0, 1, 2, 3].map((i) => pod(`pending-${i}`))),
  })
  .map(({ allowed, placed, pending, ...rest }) => ({
    pending,
    storage: {
      ...rest,
      classes: classes(allowed),
      pods: placed.map(([one, on, device]) => ({ ...one, metadata: { ...one.metadata, annotations: { [DEVICES_ANNOTATION]: String(device) } }, spec: { ...one.spec!, nodeName: `node-${on}` } })),
    } satisfies PlainStorage,
  }));

function coreOf({ nodes, volumes, claims, classes: kinds, csiNodes, pods }: PlainStorage): SchedulerCore {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
  for (const one of nodes) core.setNode(one);
  for (const one of volumes) core.setStorage("volumes", one.metadata.name!, one);
  for (const one of claims) core.setStorage("claims", `default/${one.metadata.name}`, one);
  for (const one of kinds) core.setStorage("classes", one.metadata.name!, one);
  for (const one of csiNodes) core.setStorage("csiNodes", one.metadata.name!, one);
  for (const one of pods) core.setPod(one);
  return core;
}

test("devices, huge pages, storage and volumes: the feasible nodes are the naive ones, while pods are placed", (t) => {
  fc.assert(
    fc.property(world, ({ storage, pending }) => {
      const core = coreOf(storage);
      let now: PlainStorage = storage;
      for (const one of pending) {
        const naive = now.nodes.filter((candidate) => fitsStorage(one, candidate, now)).map(({ metadata }) => metadata.name!);
        core.setPod(one);
        const info = core.queue.get(`default/${one.metadata.name}`)!.info;
        const fast = core.decider(info.schedulerName)!.examine(info).filter(({ failures }) => failures.length === 0).map((report) => core.snapshot.nodes[report.node]!.name);
        if (fast.sort().join() !== naive.sort().join()) throw new Error(`${one.metadata.name}: ${fast}; naively: ${naive}`);
        const decision = core.step()!;
        if (decision.type === "unplaced") {
          if (naive.length > 0) throw new Error(`${one.metadata.name} is not placed: ${decision.text}; naively: ${naive}`);
          core.removePod(info.key);
          continue;
        }
        if (!naive.includes(decision.node)) throw new Error(`placed on ${decision.node}; naively: ${naive}`);
        core.bound(decision.pod);
        now = { ...now, pods: [...now.pods, { ...one, metadata: { ...one.metadata, annotations: { [DEVICES_ANNOTATION]: decision.devices.join(",") } }, spec: { ...one.spec!, nodeName: decision.node } }] };
      }
    }),
    { numRuns: 400, includeErrorInReport: true },
  );
  t.pass();
});
