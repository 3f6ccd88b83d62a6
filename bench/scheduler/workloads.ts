import type { Affinity, Node, Pod, PodSpec } from "../../api/wire.ts";

/** A workload shaped as one of Kubernetes' scheduler benchmarks: what is there before, and the pods that are measured. */
export interface Workload {
  readonly name: string;
  /** Pods on the nodes before the measurement, of lower priority. */
  initial(nodes: number): Pod[];
  measured(index: number, nodes: number): Pod;
  /** Most pods that it makes sense to measure; absent: any number. */
  most?(nodes: number): number;
  /** Pods that no node is large enough for, pending before the measurement. */
  readonly hopeless?: number;
  /** Nodes and other pods come and go meanwhile. */
  readonly churn?: boolean;
  /** It is measured at this number of nodes only. */
  readonly nodes?: number;
}

const ZONES = 10;

export function nodeNumber(index: number): Node {
  const name = `node-${index}`;
  const amounts = { cpu: "4", memory: "32Gi", pods: "110" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${index % ZONES}` } },
    status: { allocatable: amounts, capacity: amounts },
  };
}

interface PodText {
  readonly labels?: Record<string, string>;
  readonly priority?: number;
  readonly cpu?: string;
  readonly spec?: Partial<PodSpec>;
  readonly namespace?: string;
}

function podOf(name: string, { labels = {}, priority = 0, cpu = "100m", spec = {}, namespace = "bench" }: PodText): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: name, generation: 1, labels },
    spec: { priority, containers: [{ name: "pause", image: "pause", resources: { requests: { cpu, memory: "500Mi" } } }], ...spec },
  };
}

function onNodes(count: number, nodes: number, make: (index: number) => Pod): Pod[] {
  return Array.from({ length: count }, (_, i) => {
    const pod = make(i);
    return { ...pod, spec: { ...pod.spec!, nodeName: `node-${i % nodes}` } };
  });
}

const term = (color: string, topologyKey: string) => ({ labelSelector: { matchLabels: { color } }, topologyKey, namespaces: ["bench", "bench-0"] });
const required = (color: string, topologyKey: string) => ({ requiredDuringSchedulingIgnoredDuringExecution: [term(color, topologyKey)] });
const preferred = (color: string, topologyKey: string) => ({ preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term(color, topologyKey) }] });

function affinityWorkload(name: string, color: string, affinity: Affinity, initialAffinity: boolean): Workload {
  const spec = { affinity };
  return {
    name,
    initial: (nodes) => onNodes(nodes / 5, nodes, (i) => podOf(`initial-${i}`, { labels: { color }, namespace: "bench-0", ...(initialAffinity && { spec }) })),
    measured: (index) => podOf(`measured-${index}`, { labels: { color }, spec }),
    ...(name === "pod-anti-affinity-required" && { most: (nodes) => Math.floor(nodes * 0.75) }),
  };
}

function spreadWorkload(name: string, whenUnsatisfiable: string): Workload {
  const constraint = { maxSkew: 5, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable, labelSelector: { matchLabels: { color: "blue" } } };
  return {
    name,
    initial: (nodes) => onNodes(nodes, nodes, (i) => podOf(`initial-${i}`, {})),
    measured: (index) => podOf(`measured-${index}`, { labels: { color: "blue" }, spec: { topologySpreadConstraints: [constraint] } }),
  };
}

const inZones = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["zone-1", "zone-2"] }] }] } };
const small = (index: number) => podOf(`measured-${index}`, { cpu: "10m" });

/** As the DaemonSet controller makes them: each is for one node. */
function daemonPod(index: number): Pod {
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [`node-${index}`] }] }] } };
  return podOf(`measured-${index}`, { cpu: "10m", spec: { affinity: { nodeAffinity } } });
}

const SINGLE: readonly Workload[] = [
  { name: "basic", initial: () => [], measured: small },
  { name: "node-affinity", initial: () => [], measured: (index) => podOf(`measured-${index}`, { cpu: "10m", spec: { affinity: { nodeAffinity: inZones } } }) },
  affinityWorkload("pod-affinity-required", "blue", { podAffinity: required("blue", "topology.kubernetes.io/zone") }, true),
  affinityWorkload("pod-affinity-preferred", "red", { podAffinity: preferred("red", "kubernetes.io/hostname") }, true),
  affinityWorkload("pod-anti-affinity-required", "green", { podAntiAffinity: required("green", "kubernetes.io/hostname") }, true),
  affinityWorkload("pod-anti-affinity-preferred", "yellow", { podAntiAffinity: preferred("yellow", "kubernetes.io/hostname") }, true),
  spreadWorkload("topology-spread-required", "DoNotSchedule"),
  spreadWorkload("topology-spread-preferred", "ScheduleAnyway"),
  {
    name: "topology-spread-default",
    initial: (nodes) => onNodes(nodes, nodes, (i) => podOf(`initial-${i}`, {})),
    measured: (index) => podOf(`measured-${index}`, { labels: { color: SERVICE_COLOR }, spec: { schedulerName: "spreading-scheduler" } }),
  },
];

export const WORKLOADS: readonly Workload[] = [
  ...SINGLE,
  {
    name: "preemption",
    initial: (nodes) => onNodes(nodes * 4, nodes, (i) => podOf(`initial-${i}`, { cpu: "900m" })),
    measured: (index) => podOf(`measured-${index}`, { cpu: "3", priority: 10 }),
    most: (nodes) => Math.floor(nodes * 0.75),
  },
  { name: "unschedulable", initial: () => [], measured: small, hopeless: 10_000 },
  { name: "churn", initial: () => [], measured: small, churn: true },
  { name: "daemon-set", initial: () => [], measured: daemonPod, nodes: 15_000, most: (nodes) => nodes },
  {
    name: "mixed",
    initial: (nodes) => SINGLE.flatMap((workload, kind) => workload.initial(nodes / SINGLE.length).map((pod) => ({ ...pod, metadata: { ...pod.metadata, name: `${kind}-${pod.metadata.name}`, uid: `${kind}-${pod.metadata.name}` } }))),
    measured: (index, nodes) => SINGLE[index % SINGLE.length]!.measured(index, nodes),
  },
];

/** The label value that the bench's one Service selects. */
export const SERVICE_COLOR = "purple";

/** A pod that no node is large enough for. */
export function hopelessPod(index: number): Pod {
  return podOf(`hopeless-${index}`, { cpu: "9" });
}

/** A pod that has nothing to do with the measured ones. */
export function strayPod(index: number): Pod {
  return podOf(`stray-${index}`, { cpu: "10m", namespace: "bench-0" });
}
