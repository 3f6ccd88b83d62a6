import { seededRandom } from "../lib/random.ts";
import { bestFitPlacer, dotProductPlacer, fragmentationPlacer, randomPlacer } from "./packing/baselines.ts";
import { type Placer, schedulerPlacer } from "./packing/scheduler-policy.ts";
import { arrivals, devicesOf, ownTrace, readTrace, type Trace, type TracePod } from "./packing/trace.ts";
import { report, say } from "./harness/report.ts";

/**
 * How much of a cluster's GPUs gets allocated when pods arrive one after another and stay: a replay of the openb trace by its paper's protocol.
 * TRACE_DIR names the folder of the trace; LISTS, SEEDS and POLICY narrow the run. Arrivals of `berth` are all that it learns from.
 */
const { TRACE_DIR, LISTS = "default,cpu100,gpushare60,multigpu30", SEEDS = "10", POLICY = "berth,Random,DotProd,BestFit,FGD" } = process.env;

const FULL = 1;
const OVERFULL = 1.3;

type Policy = (trace: Trace, pods: readonly TracePod[], seed: number) => Placer;

const POLICIES: Readonly<Record<string, Policy>> = {
  berth: (trace) => schedulerPlacer(trace.nodes),
  Random: (trace, _pods, seed) => randomPlacer(trace.nodes, seededRandom(seed + 1000)),
  DotProd: (trace) => dotProductPlacer(trace.nodes),
  BestFit: (trace) => bestFitPlacer(trace.nodes),
  FGD: (trace, pods) => fragmentationPlacer(trace.nodes, pods),
};

/** Allocation in per cent when arrivals ask for all devices, and for 1.3 times as many. */
function replay(trace: Trace, pods: readonly TracePod[], policy: Policy, seed: number): { readonly full: number; readonly overfull: number } {
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

function meanAndDeviation(values: readonly number[]): { readonly mean: number; readonly sd: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

const trace = TRACE_DIR ? readTrace(TRACE_DIR, LISTS.split(",")) : ownTrace();
if (!TRACE_DIR) say("TRACE_DIR is not set: a small trace of the project's own making is replayed");
for (const [list, pods] of trace.lists) {
  for (const name of POLICY.split(",")) {
    const policy = POLICIES[name];
    if (policy === undefined) throw new Error(`there is no policy ${name}; there are ${Object.keys(POLICIES).join(", ")}`);
    const results = Array.from({ length: Number(SEEDS) }, (_, i) => replay(trace, pods, policy, i + 1));
    for (const [percent, key] of [[100, "full"], [130, "overfull"]] as const) {
      const { mean, sd } = meanAndDeviation(results.map((result) => result[key]));
      const conditions = { list, arrivals: percent, policy: name, seeds: results.length, trace: TRACE_DIR ? "openb" : "own", distribution: name === "FGD" ? "known" : name === "berth" ? "learned" : "none" };
      report({ bench: "packing", figure: "gpu_allocation", value: mean, sd, unit: "%", conditions });
    }
  }
}
