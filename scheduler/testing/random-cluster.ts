import fc from "fast-check";
import type { Node, Pod, PodSpec, ReplicaSet, Service } from "../../api/wire.ts";
import { makeNode, makePod } from "./objects.ts";
import type { PlainCluster } from "./reference-filters.ts";

/** Mostly absent, so that each rule is often the only one that decides. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

const zone = fc.constantFrom("a", "b", "c");
const app = fc.constantFrom("web", "db", "cache");
const tier = fc.constantFrom("1", "2", "10");
const namespace = fc.constantFrom("default", "other", "third");
const topologyKey = fc.constantFrom("zone", "kubernetes.io/hostname", "rack", "nowhere");
const taint = fc.record({ key: fc.constantFrom("k", "l"), value: fc.constantFrom("", "v"), effect: fc.constantFrom("NoSchedule", "PreferNoSchedule", "NoExecute") });

const SIZES: Readonly<Record<string, number>> = { "a:latest": 2_000_000_000, "b:1": 300_000_000, "tiny:latest": 1_000_000 };

function nodeOf(index: number): fc.Arbitrary<Node> {
  return fc
    .record({
      zone: fc.option(zone, { freq: 6 }),
      rack: fc.option(fc.constantFrom("r1", "r2")),
      tier: fc.option(tier),
      taints: fc.array(taint, { maxLength: 2 }),
      cpu: fc.constantFrom("1", "2", "4"),
      pods: fc.constantFrom("3", "110", "110"),
      unschedulable: fc.boolean(),
      gpus: fc.constantFrom("0", "2"),
      region: fc.option(zone),
      images: fc.subarray(["a:latest", "b:1", "tiny:latest"]),
    })
    .map(({ zone: zoneName, rack, tier: tierName, taints, cpu, pods, unschedulable, gpus, region, images }) =>
      makeNode(`node-${index}`, {
        cpu,
        pods,
        memory: "4Gi",
        extended: { "example.com/thing": gpus },
        taints: taints.slice(0, index % 3),
        unschedulable: unschedulable && index % 5 === 0,
        images: images.map((name) => ({ names: [name], sizeBytes: SIZES[name]! })),
        labels: { ...(region && { "topology.kubernetes.io/zone": region }), ...(zoneName && { zone: zoneName }), ...(rack && { rack }), ...(tierName && { tier: tierName }) },
      }),
    );
}

const labelSelector = fc.oneof(
  app.map((value) => ({ matchLabels: { app: value } })),
  app.map((value) => ({ matchExpressions: [{ key: "app", operator: "NotIn", values: [value] }] })),
  fc.constant({ matchExpressions: [{ key: "release", operator: "Exists" }] }),
  fc.constant({}),
);

const term = fc
  .record({
    labelSelector,
    topologyKey,
    namespaces: seldom(fc.array(namespace, { minLength: 1, maxLength: 2 })),
    namespaceSelector: seldom(fc.constantFrom({}, { matchLabels: { team: "x" } })),
    matchLabelKeys: seldom(fc.constantFrom(["release"], ["absent"])),
    mismatchLabelKeys: seldom(fc.constantFrom(["release"])),
  })
  .map(({ namespaces, namespaceSelector, matchLabelKeys, mismatchLabelKeys, ...rest }) => ({
    ...rest,
    ...(namespaces && { namespaces }),
    ...(namespaceSelector && { namespaceSelector }),
    ...(matchLabelKeys && { matchLabelKeys }),
    ...(mismatchLabelKeys && !matchLabelKeys && { mismatchLabelKeys }),
  }));
const weighted = fc.record({ weight: fc.integer({ min: 1, max: 100 }), podAffinityTerm: term });

const requirement = fc.oneof(
  fc.record({ key: fc.constant("zone"), operator: fc.constantFrom("In", "NotIn"), values: fc.array(zone, { minLength: 1, maxLength: 2 }) }),
  fc.record({ key: fc.constantFrom("rack", "nowhere"), operator: fc.constantFrom("Exists", "DoesNotExist") }),
  fc.record({ key: fc.constant("tier"), operator: fc.constantFrom("Gt", "Lt"), values: fc.constantFrom(["2"], ["1"], ["5"]) }),
);
const nodeTerm = fc.oneof(
  fc.array(requirement, { minLength: 1, maxLength: 2 }).map((matchExpressions) => ({ matchExpressions })),
  fc.constantFrom("node-1", "node-2").map((name) => ({ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] })),
);

const nodeAffinity = fc
  .record({ required: fc.option(fc.array(nodeTerm, { minLength: 1, maxLength: 2 })), preferred: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), preference: nodeTerm }), { maxLength: 2 }) })
  .map(({ required, preferred }) => ({
    ...(required && { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: required } }),
    ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
  }));

const podAffinity = fc.record({ required: fc.array(term, { maxLength: 2 }), preferred: fc.array(weighted, { maxLength: 2 }) }).map(({ required, preferred }) => ({
  ...(required.length > 0 && { requiredDuringSchedulingIgnoredDuringExecution: required }),
  ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
}));

const spreadConstraint = fc
  .record({
    labelSelector,
    topologyKey: fc.constantFrom("zone", "kubernetes.io/hostname", "rack"),
    maxSkew: fc.integer({ min: 1, max: 3 }),
    whenUnsatisfiable: fc.constantFrom("DoNotSchedule", "ScheduleAnyway"),
    minDomains: fc.option(fc.integer({ min: 1, max: 4 })),
    nodeAffinityPolicy: fc.option(fc.constantFrom("Honor", "Ignore")),
    nodeTaintsPolicy: fc.option(fc.constantFrom("Honor", "Ignore")),
    matchLabelKeys: seldom(fc.constant(["release"])),
  })
  .map(({ minDomains, nodeAffinityPolicy, nodeTaintsPolicy, matchLabelKeys, ...rest }) => ({
    ...rest,
    ...(minDomains && rest.whenUnsatisfiable === "DoNotSchedule" && { minDomains }),
    ...(nodeAffinityPolicy && { nodeAffinityPolicy }),
    ...(nodeTaintsPolicy && { nodeTaintsPolicy }),
    ...(matchLabelKeys && { matchLabelKeys }),
  }));

const toleration = fc.constantFrom(
  { key: "k", operator: "Exists" },
  { key: "l", operator: "Equal", value: "v", effect: "NoSchedule" },
  { operator: "Exists", effect: "PreferNoSchedule" },
  { operator: "Exists" },
);

const hostPort = fc.record({ hostPort: fc.constantFrom(80, 81), hostIP: fc.constantFrom("", "10.0.0.1", "10.0.0.2") });

const spec: fc.Arbitrary<Partial<PodSpec>> = fc
  .record({
    nodeAffinity: seldom(nodeAffinity),
    podAffinity: seldom(podAffinity),
    podAntiAffinity: seldom(podAffinity),
    topologySpreadConstraints: seldom(fc.array(spreadConstraint, { minLength: 1, maxLength: 2 })),
    tolerations: fc.array(toleration, { maxLength: 2 }),
    nodeSelector: seldom(zone.map((value) => ({ zone: value }))),
    port: seldom(hostPort),
    image: fc.option(fc.constantFrom("a", "b:1", "tiny", "unknown")),
    memory: fc.constantFrom("0", "0", "1Gi"),
    cpu: fc.constantFrom("0", "100m", "100m", "1"),
    thing: fc.constantFrom("0", "0", "1"),
  })
  .map((parts) => ({
    affinity: {
      ...(parts.nodeAffinity && { nodeAffinity: parts.nodeAffinity }),
      ...(parts.podAffinity && { podAffinity: parts.podAffinity }),
      ...(parts.podAntiAffinity && { podAntiAffinity: parts.podAntiAffinity }),
    },
    tolerations: parts.tolerations,
    ...(parts.topologySpreadConstraints && { topologySpreadConstraints: parts.topologySpreadConstraints }),
    ...(parts.nodeSelector && { nodeSelector: parts.nodeSelector }),
    containers: [
      {
        name: "main",
        ...(parts.image && { image: parts.image }),
        resources: { requests: { cpu: parts.cpu, memory: parts.memory, "example.com/thing": parts.thing } },
        ...(parts.port && { ports: [{ containerPort: 1, ...parts.port }] }),
      },
    ],
  })) as fc.Arbitrary<unknown> as fc.Arbitrary<Partial<PodSpec>>;

function podOf(name: string): fc.Arbitrary<Pod> {
  return fc
    .record({ namespace, app, release: fc.option(fc.constantFrom("x", "y")), owner: fc.option(app), spec })
    .map(({ namespace: ns, app: appName, release, owner, spec: podSpec }) => {
      const pod = makePod(name, { namespace: ns, labels: { app: appName, ...(release && { release }) }, spec: podSpec });
      const ownerReferences = [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `set-${owner}`, uid: `set-${owner}`, controller: true }];
      return owner === null ? pod : { ...pod, metadata: { ...pod.metadata, ownerReferences } };
    });
}

function serviceOf(ns: string, name: string): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { namespace: ns, name }, spec: { selector: { app: name } } };
}

/** Of one app's pods that have release x. */
function replicaSetOf(ns: string, name: string): ReplicaSet {
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { namespace: ns, name: `set-${name}` }, spec: { selector: { matchLabels: { app: name, release: "x" } } } };
}

/** A small cluster with pods on it, and some pods to place. */
export const randomCluster: fc.Arbitrary<{ readonly cluster: PlainCluster; readonly pending: readonly Pod[] }> = fc
  .record({
    nodes: fc.tuple(...Array.from({ length: 7 }, (_, i) => nodeOf(i))),
    placed: fc.tuple(...Array.from({ length: 8 }, (_, i) => fc.tuple(podOf(`placed-${i}`), fc.nat({ max: 7 }), fc.boolean()))),
    pending: fc.tuple(...Array.from({ length: 4 }, (_, i) => podOf(`pending-${i}`))),
  })
  .map(({ nodes, placed, pending }) => ({
    cluster: {
      nodes,
      pods: placed.map(([pod, node, terminating]) => ({
        ...pod,
        metadata: { ...pod.metadata, ...(terminating && node % 2 === 1 && { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
        spec: { ...pod.spec!, nodeName: `node-${node}` },
      })),
      namespaces: { default: { team: "x" }, other: { team: "y" } },
      services: [serviceOf("default", "web"), serviceOf("other", "db")],
      replicaSets: ["web", "db"].flatMap((name) => ["default", "other", "third"].map((ns) => replicaSetOf(ns, name))),
    },
    pending,
  }));
