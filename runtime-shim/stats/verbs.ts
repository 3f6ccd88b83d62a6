import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { hasLabels, selectContainers } from "../container/list.ts";
import { containerOf, containersIn, isListed, now_ns, sandboxOf, type ShimContext } from "../context.ts";
import { inNamespace } from "../os/namespaces.ts";
import { pinnedKinds } from "../sandbox/placement.ts";
import type { ContainerRecord, SandboxRecord } from "../state/records.ts";
import { readCgroupStats, type CgroupStats } from "./cgroup-stats.ts";

type ContainerFilter = { readonly id: string; readonly podSandboxId: string; readonly labelSelector: Record<string, string> };

export async function containerStats(context: ShimContext, request: Message<"ContainerStatsRequest">): Promise<Init<"ContainerStatsResponse">> {
  return { stats: await statsOf(context, containerOf(context, request.containerId)) };
}

/** Statistics of the running containers that fit the filter. */
export async function listContainerStats(context: ShimContext, request: { readonly filter?: ContainerFilter }): Promise<{ stats: Init<"ContainerStats">[] }> {
  const { filter } = request;
  const selected = selectContainers(context, filter === undefined ? undefined : { id: filter.id, podSandboxId: filter.podSandboxId, labelSelector: filter.labelSelector });
  return { stats: await Promise.all(selected.filter((record) => record.phase === "running").map((record) => statsOf(context, record))) };
}

export async function podSandboxStats(context: ShimContext, request: Message<"PodSandboxStatsRequest">): Promise<Init<"PodSandboxStatsResponse">> {
  return { stats: await podStatsOf(context, sandboxOf(context, request.podSandboxId)) };
}

/** Statistics of the ready sandboxes that fit the filter. */
export async function listPodSandboxStats(context: ShimContext, request: { readonly filter?: Message<"PodSandboxStatsFilter"> }): Promise<{ stats: Init<"PodSandboxStats">[] }> {
  const { filter } = request;
  const selected = [...context.sandboxes.values()].filter((record) => record.phase === "ready" && record.id.startsWith(filter?.id ?? "") && hasLabels(record.config.labels, filter?.labelSelector ?? {}));
  return { stats: await Promise.all(selected.map((record) => podStatsOf(context, record))) };
}

async function statsOf(context: ShimContext, record: ContainerRecord): Promise<Init<"ContainerStats">> {
  const timestamp = now_ns(context);
  const upper = join(context.paths.container(record.id), "upper");
  const disk = await context.diskUsages.get(upper);
  const { id, config } = record;
  const stats = record.phase === "running" ? readCgroupStats(context.cgroups, record.cgroupPath) : undefined;
  return {
    attributes: { id, metadata: config.metadata, labels: config.labels, annotations: config.annotations },
    writableLayer: { timestamp, fsId: { mountpoint: context.paths.containers() }, usedBytes: { value: disk.bytes }, inodesUsed: { value: disk.inodes } },
    ...(stats === undefined ? {} : usageOf(context, id, stats, timestamp)),
  };
}

async function podStatsOf(context: ShimContext, record: SandboxRecord): Promise<Init<"PodSandboxStats">> {
  const timestamp = now_ns(context);
  const { id, config } = record;
  const containers = containersIn(context, id).filter((container) => isListed(container) && container.phase === "running");
  const stats = readCgroupStats(context.cgroups, record.cgroupParent);
  const usage = stats === undefined ? undefined : usageOf(context, id, stats, timestamp);
  return {
    attributes: { id, metadata: config.metadata, labels: config.labels, annotations: config.annotations },
    linux: {
      ...(usage === undefined ? {} : { cpu: usage.cpu, memory: usage.memory, io: usage.io }),
      ...(stats === undefined ? {} : { process: { timestamp, processCount: { value: stats.processes } } }),
      network: networkOf(context, record, timestamp),
      containers: await Promise.all(containers.map((container) => statsOf(context, container))),
    },
  };
}

function usageOf(context: ShimContext, id: string, stats: CgroupStats, timestamp: number) {
  const nanoCores = context.cpuRates.rate(id, stats.cpuUsage_ns, timestamp);
  return {
    cpu: { timestamp, usageCoreNanoSeconds: { value: stats.cpuUsage_ns }, ...(nanoCores === undefined ? {} : { usageNanoCores: { value: nanoCores } }), ...(stats.cpuPressure === undefined ? {} : { psi: stats.cpuPressure }) },
    memory: { timestamp, ...stats.memory },
    ...(stats.swap === undefined ? {} : { swap: { timestamp, ...stats.swap } }),
    io: stats.ioPressure === undefined ? undefined : { timestamp, psi: stats.ioPressure },
  };
}

/** Counters of the interfaces in the sandbox's own network namespace; none where it is the host's. */
function networkOf(context: ShimContext, record: SandboxRecord, timestamp: number): Init<"NetworkUsage"> {
  if (!pinnedKinds(record).includes("net") || record.phase !== "ready") return { timestamp };
  const text = inNamespace("net", context.paths.namespace(record.id, "net"), () => readFileSync("/proc/thread-self/net/dev", "utf8"));
  const interfaces = text
    .split("\n")
    .slice(2)
    .filter((line) => line.includes(":"))
    .map(interfaceOf)
    .filter(({ name }) => name !== "lo");
  const own = interfaces.find(({ name }) => name === "eth0") ?? interfaces[0];
  return { timestamp, interfaces: interfaces.filter((other) => other !== own), ...(own === undefined ? {} : { defaultInterface: own }) };
}

/** One line of /proc/net/dev: eight counters received, eight sent. */
function interfaceOf(line: string) {
  const colon = line.indexOf(":");
  const counters = line.slice(colon + 1).trim().split(/\s+/).map(Number);
  const value = (index: number) => ({ value: counters[index] ?? 0 });
  return { name: line.slice(0, colon).trim(), rxBytes: value(0), rxErrors: value(2), txBytes: value(8), txErrors: value(10) };
}
