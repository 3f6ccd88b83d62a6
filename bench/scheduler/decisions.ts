import { systemClock } from "../../lib/clock.ts";
import { defaultConfiguration } from "../../scheduler/configuration/configuration.ts";
import { SchedulerCore } from "../../scheduler/core.ts";
import { percentile, report } from "../harness/report.ts";
import { hopelessPod, nodeNumber, SERVICE_COLOR, strayPod, type Workload } from "./workloads.ts";

interface Result {
  readonly placed: number;
  readonly latencies_us: readonly number[];
  readonly wall_s: number;
  readonly cpu_us: number;
  readonly rss_mib: number;
}

/** Measured pods between two changes of a churning workload. */
const CHURN_EVERY = 50;

function prepare(workload: Workload, nodes: number): SchedulerCore {
  const core = new SchedulerCore({ clock: systemClock, configuration: defaultConfiguration });
  core.setWorkload("Service", "bench", "bench", { apiVersion: "v1", kind: "Service", metadata: { name: "bench", namespace: "bench" }, spec: { selector: { color: SERVICE_COLOR } } });
  for (let i = 0; i < nodes; i++) core.setNode(nodeNumber(i));
  for (const pod of workload.initial(nodes)) core.setPod(pod);
  for (let i = 0; i < (workload.hopeless ?? 0); i++) core.setPod(hopelessPod(i));
  while (core.step() !== undefined);
  return core;
}

/** A node goes and comes back, and a pod comes and goes. */
function churn(core: SchedulerCore, turn: number, nodes: number): void {
  const node = nodeNumber(nodes - 1 - (turn % 100));
  core.removeNode(node.metadata.name!);
  core.setPod(strayPod(turn));
  core.setNode(node);
  if (turn > 0) core.removePod(`bench-0/stray-${turn - 1}`);
}

function run(workload: Workload, nodes: number, pods: number): Result {
  const core = prepare(workload, nodes);
  const objects = Array.from({ length: pods }, (_, i) => workload.measured(i, nodes));
  const latencies_us: number[] = [];
  let placed = 0;
  const cpu = process.cpuUsage();
  const start_ms = performance.now();
  let before_ms = start_ms;
  for (const [i, object] of objects.entries()) {
    if (workload.churn && i % CHURN_EVERY === 0) churn(core, i / CHURN_EVERY, nodes);
    core.setPod(object);
    for (let decision = core.step(); decision !== undefined; decision = core.step()) {
      if (decision.type === "placed") {
        if (decision.pod.info.name.startsWith("measured")) placed++;
        core.bound(decision.pod);
      } else for (const victim of decision.preemption?.victims ?? []) core.removePod(victim.key);
    }
    const now_ms = performance.now();
    latencies_us.push((now_ms - before_ms) * 1000);
    before_ms = now_ms;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { placed, latencies_us, wall_s: (before_ms - start_ms) / 1000, cpu_us: user + system, rss_mib: process.memoryUsage().rss / 2 ** 20 };
}

/**
 * Decisions per second of the scheduler's core (queue, snapshot, filters, scores, assume, preemption) against an in-memory cluster on one core;
 * only the calls to the API are left out. Reading the pod object is part of a decision.
 */
export function measureDecisions(workload: Workload, nodes: number, pods: number): void {
  const result = run(workload, nodes, pods);
  const conditions = { workload: workload.name, nodes, pods, placed: result.placed, part: "decisions" };
  report({ bench: "scheduler", figure: "decisions_per_s", value: pods / result.wall_s, unit: "pods/s", conditions });
  report({ bench: "scheduler", figure: "decisions_per_cpu_s", value: pods / (result.cpu_us / 1e6), unit: "pods/s", conditions });
  for (const [figure, share] of [["decision_p50_us", 0.5], ["decision_p99_us", 0.99]] as const) {
    report({ bench: "scheduler", figure, value: percentile(result.latencies_us, share), unit: "µs", conditions });
  }
  report({ bench: "scheduler", figure: "cpu_per_decision_us", value: result.cpu_us / pods, unit: "µs", conditions });
  report({ bench: "scheduler", figure: "rss_mib", value: result.rss_mib, unit: "MiB", conditions });
}
