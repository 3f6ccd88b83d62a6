import type { enums, Init } from "../../cri/vocabulary.ts";
import { containersIn, isListed, now_ns, type ShimContext } from "../context.ts";
import { readCgroupStats, type CgroupStats } from "./cgroup-stats.ts";

interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly type: keyof typeof enums.MetricType;
  readonly value: (stats: CgroupStats) => number;
}

/** Named as cAdvisor names them, for a kubelet that serves /metrics/cadvisor from the runtime. Whole numbers: seconds are cut. */
const sources: readonly MetricSource[] = [
  { name: "container_cpu_usage_seconds_total", help: "Cumulative cpu time consumed in seconds.", type: "COUNTER", value: (stats) => Math.floor(stats.cpuUsage_ns / 1e9) },
  { name: "container_memory_usage_bytes", help: "Current memory usage in bytes, including all memory regardless of when it was accessed.", type: "GAUGE", value: (stats) => stats.memory.usageBytes?.value ?? 0 },
  { name: "container_memory_working_set_bytes", help: "Current working set in bytes.", type: "GAUGE", value: (stats) => stats.memory.workingSetBytes?.value ?? 0 },
  { name: "container_memory_rss", help: "Size of RSS in bytes.", type: "GAUGE", value: (stats) => stats.memory.rssBytes?.value ?? 0 },
  { name: "container_processes", help: "Number of processes running inside the container.", type: "GAUGE", value: (stats) => stats.processes },
];
const labelKeys = ["id", "name", "namespace", "pod", "container"];

export async function listMetricDescriptors(): Promise<Init<"ListMetricDescriptorsResponse">> {
  return { descriptors: sources.map(({ name, help }) => ({ name, help, labelKeys })) };
}

export async function listPodSandboxMetrics(context: ShimContext): Promise<Required<Pick<Init<"ListPodSandboxMetricsResponse">, "podMetrics">>> {
  const timestamp = now_ns(context);
  const ready = [...context.sandboxes.values()].filter((record) => record.phase === "ready");
  const podMetrics = ready.map((record): Init<"PodSandboxMetrics"> => {
    const { name = "", namespace = "" } = record.config.metadata ?? {};
    const containers = containersIn(context, record.id).filter((container) => isListed(container) && container.phase === "running");
    return {
      podSandboxId: record.id,
      metrics: metricsOf(readCgroupStats(context.cgroups, record.cgroupParent), [record.id, "POD", namespace, name, ""], timestamp),
      containerMetrics: containers.map((container) => ({
        containerId: container.id,
        metrics: metricsOf(readCgroupStats(context.cgroups, container.cgroupPath), [container.id, container.config.metadata?.name ?? "", namespace, name, container.config.metadata?.name ?? ""], timestamp),
      })),
    };
  });
  return { podMetrics };
}

function metricsOf(stats: CgroupStats | undefined, labelValues: string[], timestamp: number): Init<"Metric">[] {
  return stats === undefined ? [] : sources.map(({ name, type, value }) => ({ name, timestamp, metricType: type, labelValues, value: { value: value(stats) } }));
}
