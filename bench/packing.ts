import { seededRandom } from "../lib/random.ts";
import { bestFitPlacer, dotProductPlacer, fragmentationPlacer, randomPlacer } from "./packing/baselines.ts";
import { published } from "./packing/published.ts";
import { type Placer, rebalancingPlacer, schedulerPlacer } from "./packing/scheduler-policy.ts";
import { arrivals, devicesOf, inRandomOrder, listsIn, ownTrace, readTrace, type Trace, type TracePod } from "./packing/trace.ts";
import { upperBound } from "./packing/upper-bound.ts";
import { runVectors, VECTOR_LISTS, VECTOR_POLICIES } from "./packing/vector-runs.ts";
import { report, say } from "./harness/report.ts";

/**
 * How tightly pods are packed. GPUs: how much of a cluster's gets allocated when pods arrive one after another and stay, a replay of the openb trace
 * by its paper's protocol (TRACE_DIR names its folder). CPU and memory: nodes in use over the lower bound, for pods of three distributions that stay
 * (uniform, correlated, anti-correlated) or come and go (churn-…). LISTS, SEEDS and POLICY narrow the run. `berth` learns from the arrivals alone.
 */
const { TRACE_DIR, SEEDS = "10" } = process.env;
/** The lists that the goals are for. */
const TRACE_LISTS = ["default", "cpu100", "gpushare60", "multigpu30"];
const LISTS = process.env.LISTS?.split(",") ?? [...traceListsIn(TRACE_DIR), ...VECTOR_LISTS];

const FULL = 1;
const OVERFULL = 1.3;

type Policy = (trace: Trace, pods: readonly TracePod[], seed: number) => Placer;

const POLICIES: Readonly<Record<string, Policy>> = {
  berth: (trace) => schedulerPlacer(trace.nodes),
  "berth+rebalance": (trace) => rebalancingPlacer(trace.nodes),
  Random: (trace, _pods, seed) => randomPlacer(trace.nodes, seededRandom(seed + 1000)),
  DotProd: (trace) => dotProductPlacer(trace.nodes),
  BestFit: (trace) => bestFitPlacer(trace.nodes),
  FGD: (trace, pods) => fragmentationPlacer(trace.nodes, pods),
};
const ALL = [...new Set([...Object.keys(POLICIES), ...VECTOR_POLICIES])];
const POLICY = process.env.POLICY?.split(",") ?? ALL;

/** Of arrivals that ask for all devices, and for 1.3 times as many. */
interface Pair {
  readonly full: number;
  readonly overfull: number;
}

interface Replay extends Pair {
  /** Pods with devices that were offered, and CPU seconds of the process from the first pod to the last, those without devices included. */
  readonly devicePods: number;
  readonly cpu_s: number;
}

/** The folder's lists of the goals; where there are none, all of its lists. */
function traceListsIn(dir: string | undefined): readonly string[] {
  if (!dir) return TRACE_LISTS;
  const lists = listsIn(dir);
  const wanted = TRACE_LISTS.filter((list) => lists.includes(list));
  return wanted.length > 0 ? wanted : lists;
}

/** Allocation in per cent. */
function replay(trace: Trace, pods: readonly TracePod[], policy: Policy, seed: number): Replay {
  const devices = devicesOf(trace);
  const placer = policy({ ...trace, nodes: inRandomOrder(trace.nodes, seed) }, pods, seed);
  const arriving = arrivals(pods, devices, seed, OVERFULL);
  let asked_milli = 0;
  let placed_milli = 0;
  let full: number | undefined;
  const cpu = process.cpuUsage();
  for (const pod of arriving) {
    asked_milli += pod.devices * pod.milli;
    if (placer.offer(pod)) placed_milli += pod.devices * pod.milli;
    if (full === undefined && asked_milli >= FULL * devices * 1000) full = placed_milli / devices / 10;
  }
  const { user, system } = process.cpuUsage(cpu);
  const devicePods = arriving.filter((pod) => pod.devices > 0).length;
  return { full: full ?? 0, overfull: placed_milli / devices / 10, devicePods, cpu_s: (user + system) / 1e6 };
}

function bounds(trace: Trace, pods: readonly TracePod[], seed: number): Pair {
  const devices = devicesOf(trace);
  const of = (factor: number) => upperBound(arrivals(pods, devices, seed, factor), devices);
  return { full: of(FULL), overfull: of(OVERFULL) };
}

function meanAndDeviation(values: readonly number[]): { readonly mean: number; readonly sd: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

function tell(figure: string, list: string, results: readonly Pair[], more: Readonly<Record<string, string>>): void {
  for (const [percent, key] of [[100, "full"], [130, "overfull"]] as const) {
    const { mean, sd } = meanAndDeviation(results.map((result) => result[key]));
    const known = TRACE_DIR ? published(list, more.policy ?? "", percent, mean) : undefined;
    const conditions = { list, arrivals: percent, ...more, seeds: results.length, trace: TRACE_DIR ? "openb" : "own", ...known };
    report({ bench: "packing", figure, value: mean, sd, unit: "%", conditions });
    if (known?.agrees === false && results.length >= 10) say(`${more.policy} on ${list} at ${percent} %: ${mean.toFixed(2)} is not the published ${known.published}`);
  }
}

/** Of all seeds together, by CPU time: queue, snapshot, learning, filters, scores, assuming; reading the pod objects is part of it. */
function tellSpeed(list: string, policy: string, results: readonly Replay[]): void {
  const devicePods = results.reduce((sum, result) => sum + result.devicePods, 0);
  const cpu_s = results.reduce((sum, result) => sum + result.cpu_s, 0);
  const conditions = { list, policy, seeds: results.length, trace: TRACE_DIR ? "openb" : "own", cpu: "of all pods, those without GPUs included, and of learning" };
  report({ bench: "packing", figure: "gpu_pods_per_cpu_s", value: devicePods / cpu_s, unit: "pods/s", conditions });
}

function runTrace(trace: Trace): void {
  const seeds = Array.from({ length: Number(SEEDS) }, (_, i) => i + 1);
  if (devicesOf(trace) === 0) throw new Error("the nodes of the trace have no GPUs");
  for (const [list, pods] of trace.lists) {
    if (!pods.some((pod) => pod.devices > 0)) {
      say(`list ${list}: none of its ${pods.length} pods asks for a GPU, there is nothing to measure`);
      continue;
    }
    for (const name of POLICY) {
      const policy = POLICIES[name];
      if (policy === undefined) continue;
      const distribution = name === "FGD" ? "known" : name.startsWith("berth") ? "learned" : "none";
      const results = seeds.map((seed) => replay(trace, pods, policy, seed));
      tell("gpu_allocation", list, results, { policy: name, distribution });
      if (name.startsWith("berth")) tellSpeed(list, name, results);
    }
    tell("gpu_allocation_upper_bound", list, seeds.map((seed) => bounds(trace, pods, seed)), { how: "all arrivals known, any may be refused; devices alone, linear relaxation, Lagrangian dual" });
  }
}

if (!(Number(SEEDS) >= 1)) throw new Error(`SEEDS is ${SEEDS}, not a number of at least 1`);
for (const name of POLICY) if (!ALL.includes(name)) throw new Error(`there is no policy ${name}; there are ${ALL.join(", ")}`);
const traceLists = LISTS.filter((list) => !VECTOR_LISTS.includes(list));
if (traceLists.length > 0) {
  if (!TRACE_DIR) say("TRACE_DIR is not set: a small trace of the project's own making is replayed");
  runTrace(TRACE_DIR ? readTrace(TRACE_DIR, traceLists) : ownTrace());
}
for (const list of LISTS.filter((one) => VECTOR_LISTS.includes(one))) for (const policy of POLICY.filter((one) => VECTOR_POLICIES.includes(one))) runVectors(list, policy, Math.min(3, Number(SEEDS)));
