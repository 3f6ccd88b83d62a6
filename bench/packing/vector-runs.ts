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
  const runs: Use[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const placer = placerOf(policy)!;
    runs.push((churn ? withChurn : fill)(placer, draw, seededRandom(seed)));
  }
  const mean = (value: (run: Use) => number) => runs.reduce((sum, run) => sum + value(run), 0) / runs.length;
  const value = mean((run) => run.ratio);
  const sd = Math.sqrt(runs.reduce((sum, { ratio }) => sum + (ratio - value) ** 2, 0) / Math.max(1, runs.length - 1));
  const conditions = {
    list,
    policy,
    seeds,
    ...(churn ? { pods: LIVING, turnovers: TURNOVERS } : { pods: PODS }),
    nodes: Number(mean((run) => run.nodes).toFixed(1)),
    lower_bound: Number(mean((run) => run.bound).toFixed(1)),
  };
  report({ bench: "packing", figure: "nodes_over_lower_bound", value, sd, unit: "ratio", conditions });
}

/** Nodes in use, the fewest that could do, and their ratio; means over time where pods come and go. */
interface Use {
  readonly nodes: number;
  readonly bound: number;
  readonly ratio: number;
}

function fill(placer: VectorPlacer, draw: (random: Random) => Vector, random: Random): Use {
  const pods = Array.from({ length: PODS }, () => draw(random));
  for (const [i, pod] of pods.entries()) placer.place(pod, `pod-${i}`);
  const bound = lowerBound(pods);
  return { nodes: placer.nodesInUse, bound, ratio: placer.nodesInUse / bound };
}

/** After the cluster is filled one pod ends and one comes, again and again; the mean over time of nodes in use over what those there need at least. */
function withChurn(placer: VectorPlacer, draw: (random: Random) => Vector, random: Random): Use {
  const living: { name: string; pod: Vector }[] = [];
  let count = 0;
  const arrive = (at: number) => {
    living[at] = { name: `pod-${count++}`, pod: draw(random) };
    placer.place(living[at].pod, living[at].name);
  };
  for (let i = 0; i < LIVING; i++) arrive(i);
  const sum = { nodes: 0, bound: 0, ratio: 0 };
  let samples = 0;
  for (let step = 1; step <= LIVING * TURNOVERS; step++) {
    const at = Math.floor(random.next() * LIVING);
    placer.remove(living[at]!.name);
    arrive(at);
    if (step % SAMPLE_EVERY !== 0) continue;
    samples++;
    const bound = lowerBound(living.map(({ pod }) => pod));
    sum.nodes += placer.nodesInUse;
    sum.bound += bound;
    sum.ratio += placer.nodesInUse / bound;
  }
  return { nodes: sum.nodes / samples, bound: sum.bound / samples, ratio: sum.ratio / samples };
}
