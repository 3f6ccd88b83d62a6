import { type Random, seededRandom } from "../../lib/random.ts";
import { report } from "../harness/report.ts";
import { DISTRIBUTIONS, lowerBound, type Vector, VECTOR_BASELINES, type VectorPlacer } from "./vectors.ts";
import { vectorScheduler } from "./vector-scheduler.ts";

const PODS = 10_000;
/** Churn: this many pods at any time, each of which is replaced this many times on average, in random order. */
const LIVING = 3000;
const TURNOVERS = 10;
/** How often the nodes in use are counted. */
const SAMPLE_EVERY = 100;
/** Nodes for the scheduler: more than the worst policy uses. */
const NODES = 2400;
const CHURN = "churn-";

/** Names of the runs: the distributions, and each with departures. */
export const VECTOR_LISTS: readonly string[] = Object.keys(DISTRIBUTIONS).flatMap((name) => [name, `${CHURN}${name}`]);

function placerOf(policy: string): VectorPlacer | undefined {
  if (policy === "berth") return vectorScheduler(NODES);
  return VECTOR_BASELINES[policy]?.();
}

export const VECTOR_POLICIES: readonly string[] = ["berth", ...Object.keys(VECTOR_BASELINES)];

/** Prints nodes in use over the lower bound for one list and policy, mean over seeds. */
export function runVectors(list: string, policy: string, seeds: number): void {
  const churn = list.startsWith(CHURN);
  const draw = DISTRIBUTIONS[churn ? list.slice(CHURN.length) : list]!;
  const ratios: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const placer = placerOf(policy)!;
    ratios.push((churn ? withChurn : fill)(placer, draw, seededRandom(seed)));
  }
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const sd = Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / Math.max(1, ratios.length - 1));
  const pods = churn ? { pods: LIVING, turnovers: TURNOVERS } : { pods: PODS };
  report({ bench: "packing", figure: "nodes_over_lower_bound", value: mean, sd, unit: "ratio", conditions: { list, policy, seeds, ...pods } });
}

function fill(placer: VectorPlacer, draw: (random: Random) => Vector, random: Random): number {
  const pods = Array.from({ length: PODS }, () => draw(random));
  for (const [i, pod] of pods.entries()) placer.place(pod, `pod-${i}`);
  return placer.nodesInUse / lowerBound(pods);
}

/** After the cluster is filled one pod ends and one comes, again and again; the mean over time of nodes in use over what those there need at least. */
function withChurn(placer: VectorPlacer, draw: (random: Random) => Vector, random: Random): number {
  const living: { name: string; pod: Vector }[] = [];
  let count = 0;
  const arrive = (at: number) => {
    living[at] = { name: `pod-${count++}`, pod: draw(random) };
    placer.place(living[at].pod, living[at].name);
  };
  for (let i = 0; i < LIVING; i++) arrive(i);
  let sum = 0;
  let samples = 0;
  for (let step = 1; step <= LIVING * TURNOVERS; step++) {
    const at = Math.floor(random.next() * LIVING);
    placer.remove(living[at]!.name);
    arrive(at);
    if (step % SAMPLE_EVERY !== 0) continue;
    samples++;
    sum += placer.nodesInUse / lowerBound(living.map(({ pod }) => pod));
  }
  return sum / samples;
}
