import type { Summary } from "./stats.ts";

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One family in Prometheus' text format. */
function family(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}=${JSON.stringify(label)}`);
    return `${name}${text.length === 0 ? "" : `{${text.join(",")}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

export interface AgentNumbers {
  readonly nodeName: string;
  readonly pods: number;
  readonly containersByState: Readonly<Record<string, number>>;
}

/** The agent's own metrics. */
export function agentMetrics(numbers: AgentNumbers): string {
  const usage = process.cpuUsage();
  return [
    family("kubelet_node_name", "gauge", "The node's name. The count is always 1.", [{ labels: { node: numbers.nodeName }, value: 1 }]),
    family("kubelet_running_pods", "gauge", "Number of pods that have a running pod sandbox", [{ value: numbers.pods }]),
    family(
      "kubelet_running_containers",
      "gauge",
      "Number of containers by their state",
      Object.entries(numbers.containersByState).map(([state, value]) => ({ labels: { container_state: state }, value })),
    ),
    family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", [{ value: (usage.user + usage.system) / 1e6 }]),
    family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", [{ value: process.memoryUsage.rss() }]),
  ].join("");
}

/** `/metrics/resource`: what metrics-server reads. */
export function resourceMetrics(summary: Summary): string {
  const containers = summary.pods.flatMap((pod) => pod.containers.map((container) => ({ container, labels: { container: container.name, namespace: pod.podRef.namespace, pod: pod.podRef.name } })));
  const podLabels = (pod: Summary["pods"][number]) => ({ namespace: pod.podRef.namespace, pod: pod.podRef.name });
  const seconds = (nanoseconds: number | undefined) => (nanoseconds ?? 0) / 1e9;
  return [
    family("node_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the node in core-seconds", [{ value: seconds(summary.node.cpu.usageCoreNanoSeconds) }]),
    family("node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes", [{ value: summary.node.memory.workingSetBytes ?? 0 }]),
    family("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the container in core-seconds", containers.map(({ container, labels }) => ({ labels, value: seconds(container.cpu?.usageCoreNanoSeconds) }))),
    family("container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes", containers.map(({ container, labels }) => ({ labels, value: container.memory?.workingSetBytes ?? 0 }))),
    family("pod_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the pod in core-seconds", summary.pods.map((pod) => ({ labels: podLabels(pod), value: seconds(pod.cpu?.usageCoreNanoSeconds) }))),
    family("pod_memory_working_set_bytes", "gauge", "Current working set of the pod in bytes", summary.pods.map((pod) => ({ labels: podLabels(pod), value: pod.memory?.workingSetBytes ?? 0 }))),
  ].join("");
}
