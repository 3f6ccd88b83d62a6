import { seededRandom } from "../lib/random.ts";
import { bestFitPlacer, dotProductPlacer, fragmentationPlacer, randomPlacer } from "./packing/baselines.ts";
import { published } from "./packing/published.ts";
import { type Placer, rebalancingPlacer, schedulerPlacer } from "./packing/scheduler-policy.ts";
import { arrivals, devicesOf, ownTrace, readTrace, type Trace, type TracePod } from "./packing/trace.ts";
import { upperBound } from "./packing/upper-bound.ts";
import { runVectors, VECTOR_LISTS, VECTOR_POLICIES } from "./packing/vector-runs.ts";
import { report, say } from "./harness/report.ts";

/**
 * How tightly pods are packed. GPUs: how much of a cluster's gets allocated when pods arrive one after another and stay, a replay of the openb trace
 * by its paper's protocol (TRACE_DIR names its folder). CPU and memory: nodes in use over the lower bound, for pods of three distributions that stay
 * (uniform, correlated, anti-correlated) or come and go (churn-…). LISTS, SEEDS and POLICY narrow the run. `berth` learns from the arrivals alone.
 */
const { TRACE_DIR, SEEDS = "10" } = process.env;
const TRACE_LISTS = ["default", "cpu100", "gpushare60", "multigpu30"];
const LISTS = process.env.LISTS?.split(",") ?? [...TRACE_LISTS, ...VECTOR_LISTS];

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

/** Allocation in per cent. */
function replay(trace: Trace, pods: readonly TracePod[], policy: Policy, seed: number): Pair {
  const devices = devicesOf(trace);
  const placer = policy(trace, pods, seed);
  let asked_milli = 0;
  let placed_milli = 0;
  let full: number | undefined;
  for (const pod of arrivals(pods, devices, seed, OVERFULL)) {
    asked_milli += pod.devices * pod.milli;
    if (placer.offer(pod)) placed_milli += pod.devices * pod.milli;
    if (full === undefined && asked_milli >= FULL * devices * 1000) full = placed_milli / devices / 10;
  }
  return { full: full ?? 0, overfull: placed_milli / devices / 10 };
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

function runTrace(trace: Trace): void {
  const seeds = Array.from({ length: Number(SEEDS) }, (_, i) => i + 1);
  for (const [list, pods] of trace.lists) {
    for (const name of POLICY) {
      const policy = POLICIES[name];
      if (policy === undefined) continue;
      const distribution = name === "FGD" ? "known" : name.startsWith("berth") ? "learned" : "none";
      tell("gpu_allocation", list, seeds.map((seed) => replay(trace, pods, policy, seed)), { policy: name, distribution });
    }
    tell("gpu_allocation_upper_bound", list, seeds.map((seed) => bounds(trace, pods, seed)), { how: "all arrivals known, any may be refused; devices alone, linear relaxation, Lagrangian dual" });
  }
}

for (const name of POLICY) if (!ALL.includes(name)) throw new Error(`there is no policy ${name}; there are ${ALL.join(", ")}`);
const traceLists = LISTS.filter((list) => !VECTOR_LISTS.includes(list));
if (traceLists.length > 0) {
  if (!TRACE_DIR) say("TRACE_DIR is not set: a small trace of the project's own making is replayed");
  runTrace(TRACE_DIR ? readTrace(TRACE_DIR, traceLists) : ownTrace());
}
for (const list of LISTS.filter((one) => VECTOR_LISTS.includes(one))) for (const policy of POLICY.filter((one) => VECTOR_POLICIES.includes(one))) runVectors(list, policy, Math.min(3, Number(SEEDS)));
