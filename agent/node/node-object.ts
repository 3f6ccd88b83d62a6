import type { Node } from "../../api/wire.ts";
import type { Message } from "../../cri/vocabulary.ts";
import type { Machine } from "./machine.ts";

export interface NodeFacts {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly machine: Machine;
  readonly maxPods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly port: number;
  /** `kubeletVersion`. */
  readonly version: string;
}

export interface RuntimeFacts {
  /** `berth`, `containerd`; its version. Empty until the runtime has answered once. */
  readonly name: string;
  readonly version: string;
  readonly handlers: readonly Message<"RuntimeHandler">[];
  readonly supportsGroupsPolicy: boolean;
  readonly images: readonly Message<"Image">[];
  /** Why pods cannot run; undefined: they can. */
  readonly problem: string | undefined;
}

type Condition = NonNullable<NonNullable<Node["status"]>["conditions"]>[number];

/** kubelet's hard eviction thresholds, which allocatable leaves out: memory.available<100Mi, nodefs.available<10%. */
const RESERVED_MEMORY_BYTES = 100 * 1024 * 1024;
const STORAGE_SHARE = 0.9;
/** Images that the Node lists: the largest first. */
const MAX_IMAGES = 50;
const MAX_NAMES = 5;

function kib(amount_bytes: number): string {
  return `${Math.floor(amount_bytes / 1024)}Ki`;
}

/** What the node has. */
export function capacityOf({ machine, maxPods }: NodeFacts): Record<string, string> {
  return { ...amounts(machine), memory: kib(machine.memory_bytes), "ephemeral-storage": kib(machine.storage_bytes), pods: String(maxPods) };
}

/** What pods may ask for. */
export function allocatableOf({ machine, maxPods }: NodeFacts): Record<string, string> {
  const hugepages = Object.values(machine.hugepages).reduce((sum, size) => sum + size, 0);
  return {
    ...amounts(machine),
    memory: kib(machine.memory_bytes - RESERVED_MEMORY_BYTES - hugepages),
    "ephemeral-storage": String(Math.floor(machine.storage_bytes * STORAGE_SHARE)),
    pods: String(maxPods),
  };
}

function amounts(machine: Machine): Record<string, string> {
  const hugepages = Object.entries(machine.hugepages).map(([name, size]) => [name, size === 0 ? "0" : kib(size)]);
  return { cpu: String(machine.cpus), ...Object.fromEntries(hugepages) };
}

/** Labels that the agent keeps on its Node; `labels` are the administrator's. */
export function nodeLabels({ name, machine, labels }: NodeFacts): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": machine.architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": machine.architecture,
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    ...labels,
  };
}

/** The Node's conditions; `previous` keeps transition times. */
export function nodeConditions(runtime: RuntimeFacts, previous: readonly Condition[], now: string): Condition[] {
  const ready: Omit<Condition, "type"> =
    runtime.problem === undefined
      ? { status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { status: "False", reason: "KubeletNotReady", message: runtime.problem };
  const all: [string, Omit<Condition, "type">][] = [
    ["MemoryPressure", { status: "False", reason: "KubeletHasSufficientMemory", message: "kubelet has sufficient memory available" }],
    ["DiskPressure", { status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" }],
    ["PIDPressure", { status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" }],
    ["Ready", ready],
  ];
  return all.map(([type, condition]) => {
    const old = previous.find((candidate) => candidate.type === type);
    const since = old?.status === condition.status ? old.lastTransitionTime : undefined;
    return { type, ...condition, lastHeartbeatTime: now, lastTransitionTime: since ?? now };
  });
}

/** The Node's whole status as this agent sees it. */
export function nodeStatus(facts: NodeFacts, runtime: RuntimeFacts, previous: Node["status"], now: string): NonNullable<Node["status"]> {
  const { machine } = facts;
  return {
    addresses: [...facts.addresses.map((address) => ({ type: "InternalIP", address })), { type: "Hostname", address: facts.name }],
    capacity: { ...previous?.capacity, ...capacityOf(facts) },
    allocatable: { ...previous?.allocatable, ...allocatableOf(facts) },
    conditions: nodeConditions(runtime, previous?.conditions ?? [], now),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    images: nodeImages(runtime.images),
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kubeletVersion: facts.version,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
    },
    ...(runtime.handlers.length === 0 ? {} : { runtimeHandlers: runtime.handlers.map((handler) => ({ name: handler.name, features: featuresOf(handler) })) }),
    ...(runtime.supportsGroupsPolicy ? { features: { supplementalGroupsPolicy: true } } : {}),
  };
}

function featuresOf(handler: Message<"RuntimeHandler">): { recursiveReadOnlyMounts: boolean; userNamespaces: boolean } {
  return { recursiveReadOnlyMounts: handler.features?.recursiveReadOnlyMounts ?? false, userNamespaces: handler.features?.userNamespaces ?? false };
}

function nodeImages(images: readonly Message<"Image">[]): { names: string[]; sizeBytes: number }[] {
  return [...images]
    .sort((a, b) => b.size - a.size)
    .slice(0, MAX_IMAGES)
    .map((image) => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, MAX_NAMES), sizeBytes: image.size }));
}
