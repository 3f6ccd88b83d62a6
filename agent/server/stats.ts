import type { Message } from "../../cri/vocabulary.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { CriClient } from "../cri/cri-client.ts";
import { podIdentity } from "../sync/runtime-records.ts";

export interface StatsInput {
  readonly cri: CriClient;
  readonly nodeName: string;
  readonly now_ms: number;
}

type Usage = { time: string; usageNanoCores?: number; usageCoreNanoSeconds?: number };
type Memory = { time: string; usageBytes?: number; workingSetBytes?: number; rssBytes?: number; availableBytes?: number; pageFaults?: number; majorPageFaults?: number };

export interface ContainerStats {
  readonly name: string;
  readonly cpu?: Usage;
  readonly memory?: Memory;
  readonly rootfs?: { readonly time: string; readonly usedBytes?: number; readonly inodesUsed?: number };
}

export interface PodStats {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly cpu?: Usage;
  readonly memory?: Memory;
  readonly network?: { readonly time: string; readonly name: string; readonly rxBytes?: number; readonly txBytes?: number };
  readonly containers: readonly ContainerStats[];
}

export interface Summary {
  readonly node: { readonly nodeName: string; readonly cpu: Usage; readonly memory: Memory };
  readonly pods: readonly PodStats[];
}

const NS_PER_MS = 1_000_000;

/** stats.k8s.io/v1alpha1 Summary: what the runtime counts of each pod, and their sum for the node's pods. */
export async function statsSummary(input: StatsInput): Promise<Summary> {
  const { stats } = await input.cri.runtime.ListPodSandboxStats({});
  const pods = stats.flatMap((entry) => podStats(entry, input.nodeName) ?? []);
  const time = rfc3339(input.now_ms);
  const sum = (of: (pod: PodStats) => number | undefined) => pods.reduce((total, pod) => total + (of(pod) ?? 0), 0);
  return {
    node: {
      nodeName: input.nodeName,
      cpu: { time, usageNanoCores: sum((pod) => pod.cpu?.usageNanoCores), usageCoreNanoSeconds: sum((pod) => pod.cpu?.usageCoreNanoSeconds) },
      memory: { time, workingSetBytes: sum((pod) => pod.memory?.workingSetBytes), rssBytes: sum((pod) => pod.memory?.rssBytes) },
    },
    pods,
  };
}

function podStats(stats: Message<"PodSandboxStats">, nodeName: string): PodStats | undefined {
  const identity = podIdentity(stats.attributes?.labels ?? {}, nodeName);
  if (identity === undefined) return undefined;
  const { linux } = stats;
  const network = linux?.network?.defaultInterface;
  const cpu = cpuOf(linux?.cpu);
  const memory = memoryOf(linux?.memory);
  return {
    podRef: { name: identity.name, namespace: identity.namespace, uid: identity.uid },
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(network === undefined ? {} : { network: { time: timeOf(linux?.network?.timestamp ?? 0), name: network.name, ...numbers({ rxBytes: network.rxBytes, txBytes: network.txBytes }) } }),
    containers: (linux?.containers ?? []).map(containerStats),
  };
}

function containerStats(stats: Message<"ContainerStats">): ContainerStats {
  const cpu = cpuOf(stats.cpu);
  const memory = memoryOf(stats.memory);
  const layer = stats.writableLayer;
  return {
    name: stats.attributes?.metadata?.name ?? "",
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(layer === undefined ? {} : { rootfs: { time: timeOf(layer.timestamp), ...numbers({ usedBytes: layer.usedBytes, inodesUsed: layer.inodesUsed }) } }),
  };
}

function timeOf(timestamp_ns: number): string {
  return rfc3339(timestamp_ns / NS_PER_MS);
}

function numbers<K extends string>(values: Record<K, { readonly value: number } | undefined>): Partial<Record<K, number>> {
  const out: Partial<Record<K, number>> = {};
  for (const name in values) if (values[name] !== undefined) out[name] = values[name].value;
  return out;
}

function cpuOf(cpu: Message<"CpuUsage"> | undefined): Usage | undefined {
  if (cpu === undefined) return undefined;
  return { time: timeOf(cpu.timestamp), ...numbers({ usageNanoCores: cpu.usageNanoCores, usageCoreNanoSeconds: cpu.usageCoreNanoSeconds }) };
}

function memoryOf(memory: Message<"MemoryUsage"> | undefined): Memory | undefined {
  if (memory === undefined) return undefined;
  const { usageBytes, workingSetBytes, rssBytes, availableBytes, pageFaults, majorPageFaults } = memory;
  return { time: timeOf(memory.timestamp), ...numbers({ usageBytes, workingSetBytes, rssBytes, availableBytes, pageFaults, majorPageFaults }) };
}
