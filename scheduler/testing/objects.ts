import type { Node, Pod, PodSpec, Taint } from "../../api/wire.ts";

export interface NodeText {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly unschedulable?: boolean;
  readonly extended?: Readonly<Record<string, string>>;
  readonly images?: readonly { readonly names: string[]; readonly sizeBytes: number }[];
}

/** A Node as its agent would report it: 4 CPUs, 32 GiB, 110 pods unless said otherwise. */
export function makeNode(name: string, text: NodeText = {}): Node {
  const amounts = { cpu: text.cpu ?? "4", memory: text.memory ?? "32Gi", pods: text.pods ?? "110", ...text.extended };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-${name}`, labels: { "kubernetes.io/hostname": name, ...text.labels } },
    spec: { ...(text.taints && { taints: [...text.taints] }), ...(text.unschedulable && { unschedulable: true }) },
    status: { allocatable: amounts, capacity: amounts, ...(text.images && { images: [...text.images] }) },
  };
}

export interface PodText {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly priority?: number;
  readonly nodeName?: string;
  readonly requests?: Readonly<Record<string, string>>;
  readonly spec?: Partial<PodSpec>;
}

/** A pending Pod with one container, as the API server would give it to the scheduler. */
export function makePod(name: string, text: PodText = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: text.namespace ?? "default",
      uid: `uid-${name}`,
      generation: 1,
      labels: { ...text.labels },
      ...(text.annotations && { annotations: { ...text.annotations } }),
    },
    spec: {
      schedulerName: "default-scheduler",
      containers: [{ name: "main", image: "busybox", ...(text.requests && { resources: { requests: { ...text.requests } } }) }],
      ...(text.priority !== undefined && { priority: text.priority }),
      ...(text.nodeName && { nodeName: text.nodeName }),
      ...text.spec,
    },
    status: { phase: "Pending" },
  };
}

/** The same pod, bound. */
export function boundTo(pod: Pod, nodeName: string): Pod {
  return { ...pod, spec: { ...pod.spec!, nodeName } };
}
