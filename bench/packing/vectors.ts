import type { Random } from "../../lib/random.ts";

/** A pod of two dimensions, in hundredths of a node. */
export interface Vector {
  readonly cpu: number;
  readonly memory: number;
}

/** A node has this much of both. */
export const NODE = 100;
const LEAST = 2;
const MOST = 25;

const whole = (random: Random, from: number, to: number) => from + Math.floor(random.next() * (to - from + 1));
const clamp = (value: number) => Math.max(1, Math.min(MOST + 5, Math.round(value)));

/** Sizes of pods, in hundredths of a node; each dimension is 2 to 25 unless said otherwise. */
export const DISTRIBUTIONS: Readonly<Record<string, (random: Random) => Vector>> = {
  /** Both dimensions uniform and independent. */
  uniform: (random) => ({ cpu: whole(random, LEAST, MOST), memory: whole(random, LEAST, MOST) }),
  /** CPU uniform, memory 0.8 to 1.2 times as much: most pods ask for much of both or little of both. */
  correlated: (random) => {
    const cpu = whole(random, LEAST, MOST);
    return { cpu, memory: clamp(cpu * (0.8 + 0.4 * random.next())) };
  },
  /** CPU uniform, memory 27 less CPU, ± 2: who asks for much of one asks for little of the other. */
  "anti-correlated": (random) => {
    const cpu = whole(random, LEAST, MOST);
    return { cpu, memory: clamp(LEAST + MOST - cpu + (random.next() - 0.5) * 4) };
  },
};

/** Keeps pods on nodes, as few as it can. */
export interface VectorPlacer {
  place(pod: Vector, name: string): void;
  remove(name: string): void;
  /** Nodes with pods. */
  readonly nodesInUse: number;
}

/** Of the nodes in use that have room the one with the highest score, the first among equals; a new one when none has. */
function scoringPlacer(score: (cpu: number, memory: number, pod: Vector) => number): VectorPlacer {
  const cpu: number[] = [];
  const memory: number[] = [];
  const pods: number[] = [];
  const where = new Map<string, { node: number; pod: Vector }>();
  let nodesInUse = 0;
  return {
    place(pod, name) {
      let best = -1;
      let bestScore = Number.NEGATIVE_INFINITY;
      let empty = -1;
      for (let node = 0; node < cpu.length; node++) {
        if (pods[node] === 0) {
          if (empty < 0) empty = node;
          continue;
        }
        if (cpu[node]! < pod.cpu || memory[node]! < pod.memory) continue;
        const here = score(cpu[node]!, memory[node]!, pod);
        if (here <= bestScore) continue;
        best = node;
        bestScore = here;
      }
      if (best < 0) {
        best = empty >= 0 ? empty : cpu.length;
        [cpu[best], memory[best], pods[best]] = [NODE, NODE, 0];
        nodesInUse++;
      }
      cpu[best]! -= pod.cpu;
      memory[best]! -= pod.memory;
      pods[best]!++;
      where.set(name, { node: best, pod });
    },
    remove(name) {
      const { node, pod } = where.get(name)!;
      where.delete(name);
      cpu[node]! += pod.cpu;
      memory[node]! += pod.memory;
      if (--pods[node]! === 0) nodesInUse--;
    },
    get nodesInUse() {
      return nodesInUse;
    },
  };
}

/** Vector bin packing heuristics of the literature (Panigrahy et al. 2011), online. */
export const VECTOR_BASELINES: Readonly<Record<string, () => VectorPlacer>> = {
  "first-fit": () => scoringPlacer(() => 0),
  /** The least sum of what is left. */
  "best-fit": () => scoringPlacer((cpu, memory, pod) => -(cpu - pod.cpu + memory - pod.memory)),
  /** The largest dot product of what is free and what is asked. */
  "dot-product": () => scoringPlacer((cpu, memory, pod) => cpu * pod.cpu + memory * pod.memory),
  /** The smallest distance between what is free and what is asked. */
  l2: () => scoringPlacer((cpu, memory, pod) => -((cpu - pod.cpu) ** 2 + (memory - pod.memory) ** 2)),
};

/** No packing can do with fewer nodes: the larger sum of the two dimensions. */
export function lowerBound(pods: Iterable<Vector>): number {
  let cpu = 0;
  let memory = 0;
  for (const pod of pods) {
    cpu += pod.cpu;
    memory += pod.memory;
  }
  return Math.ceil(Math.max(cpu, memory) / NODE);
}
