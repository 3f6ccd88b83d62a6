import { systemClock } from "../lib/clock.ts";
import { defaultConfiguration } from "../scheduler/configuration/configuration.ts";
import { SchedulerCore } from "../scheduler/core.ts";
import { percentile, report } from "./harness/report.ts";
import { hopelessPod, nodeNumber, type Workload, WORKLOADS } from "./scheduler/workloads.ts";

/**
 * Decisions per second of the scheduler's core (queue, snapshot, filters, scores, assume, preemption) against an in-memory cluster on one core;
 * only the calls to the API are left out. Reading the pod object is part of a decision. NODES, PODS and WORKLOAD narrow the run.
 */
const { NODES = "500,5000,50000", PODS = "10000", WORKLOAD = "", UNSCHEDULABLE = "10000" } = process.env;

interface Result {
  readonly decisions: number;
  readonly placed: number;
  readonly latencies_us: readonly number[];
  readonly wall_s: number;
  readonly cpu_us: number;
  readonly rss_mib: number;
}

function run(workload: Workload, nodes: number, pods: number, hopeless: number): Result {
  const core = new SchedulerCore({ clock: systemClock, configuration: defaultConfiguration });
  for (let i = 0; i < nodes; i++) core.setNode(nodeNumber(i));
  for (const pod of workload.initial(nodes)) core.setPod(pod);
  for (let i = 0; i < hopeless; i++) core.setPod(hopelessPod(i));
  while (core.step() !== undefined);
  const objects = Array.from({ length: pods }, (_, i) => workload.measured(i));
  const latencies_us: number[] = [];
  let placed = 0;
  const cpu = process.cpuUsage();
  const start_ms = performance.now();
  let before_ms = start_ms;
  for (const object of objects) {
    core.setPod(object);
    for (let decision = core.step(); decision !== undefined; decision = core.step()) {
      if (decision.type === "placed") {
        placed++;
        core.bound(decision.pod);
      } else for (const victim of decision.preemption?.victims ?? []) core.removePod(victim.key);
    }
    const now_ms = performance.now();
    latencies_us.push((now_ms - before_ms) * 1000);
    before_ms = now_ms;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { decisions: pods, placed, latencies_us, wall_s: (before_ms - start_ms) / 1000, cpu_us: user + system, rss_mib: process.memoryUsage().rss / 2 ** 20 };
}

function measure(workload: Workload, name: string, nodes: number, hopeless: number): void {
  const pods = workload.name === "preemption" || workload.name === "pod-anti-affinity-required" ? Math.min(Number(PODS), Math.floor(nodes * 0.75)) : Number(PODS);
  const result = run(workload, nodes, pods, hopeless);
  const conditions = { workload: name, nodes, pods, placed: result.placed, part: "decisions" };
  report({ bench: "scheduler", figure: "decisions_per_s", value: result.decisions / result.wall_s, unit: "pods/s", conditions });
  for (const [figure, share] of [["decision_p50_us", 0.5], ["decision_p99_us", 0.99]] as const) {
    report({ bench: "scheduler", figure, value: percentile(result.latencies_us, share), unit: "µs", conditions });
  }
  report({ bench: "scheduler", figure: "cpu_per_decision_us", value: result.cpu_us / result.decisions, unit: "µs", conditions });
  report({ bench: "scheduler", figure: "rss_mib", value: result.rss_mib, unit: "MiB", conditions });
}

for (const nodes of NODES.split(",").map(Number)) {
  for (const workload of WORKLOADS) {
    if (WORKLOAD !== "" && WORKLOAD !== workload.name) continue;
    // The largest size is there to show how basic grows.
    if (nodes > 5000 && workload.name !== "basic") continue;
    measure(workload, workload.name, nodes, 0);
    if (workload.name === "basic" && nodes <= 5000) measure(workload, "basic-with-unschedulable", nodes, Number(UNSCHEDULABLE));
  }
}
