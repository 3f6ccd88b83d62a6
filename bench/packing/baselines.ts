import type { Random } from "../../lib/random.ts";
import { Cluster } from "./cluster.ts";
import type { Placer } from "./scheduler-policy.ts";
import type { TraceNode, TracePod } from "./trace.ts";

/** Scores of the paper's simulator are integers from 0 to 100; the first node in order of name wins among equals. */
const MAX_SCORE = 100;
/** Largest machine and most devices of the paper's simulator, for normalisation. */
const MAX_CPU_MILLI = 128_000;
const MAX_DEVICES_MILLI = 8000;

interface Choice {
  readonly score: number;
  /** For a share; -1: the fullest device that fits. */
  readonly device: number;
}

type Score = (cluster: Cluster, node: number, pod: TracePod) => Choice;

/** What pods of one kind score on every node, each as of the node's last change. */
interface Scores {
  readonly versions: Int32Array;
  /** -1: it does not fit. */
  readonly scores: Int32Array;
  readonly devices: Int32Array;
}

function placerOf(nodes: readonly TraceNode[], score: Score): Placer {
  const cluster = new Cluster(nodes);
  const versions = new Int32Array(cluster.size).fill(1);
  const known = new Map<string, Scores>();
  const scoresOf = (pod: TracePod) => {
    const text = textOf(pod);
    let found = known.get(text);
    if (found === undefined) {
      found = { versions: new Int32Array(cluster.size), scores: new Int32Array(cluster.size), devices: new Int32Array(cluster.size) };
      known.set(text, found);
    }
    return found;
  };
  return {
    offer(pod) {
      const { versions: seen, scores, devices } = scoresOf(pod);
      let best = -1;
      for (let node = 0; node < cluster.size; node++) {
        if (seen[node] !== versions[node]) {
          const choice = cluster.fits(node, pod) ? score(cluster, node, pod) : undefined;
          scores[node] = choice === undefined ? -1 : Math.max(0, choice.score);
          devices[node] = choice?.device ?? -1;
          seen[node] = versions[node]!;
        }
        if (scores[node]! > (best < 0 ? -1 : scores[best]!)) best = node;
      }
      if (best < 0) return false;
      cluster.place(best, pod, devices[best]!);
      versions[best]!++;
      return true;
    },
  };
}

function textOf(pod: TracePod): string {
  return [pod.cpu_milli, pod.memory_mib, pod.devices, pod.milli, pod.models.join("|")].join();
}

/** Any feasible node, each as likely, and there any of the devices that a share fits on. */
export function randomPlacer(nodes: readonly TraceNode[], random: Random): Placer {
  const cluster = new Cluster(nodes);
  return {
    offer(pod) {
      const feasible: number[] = [];
      for (let node = 0; node < cluster.size; node++) if (cluster.fits(node, pod)) feasible.push(node);
      const node = feasible[Math.floor(random.next() * feasible.length)];
      if (node === undefined) return false;
      const serving = pod.devices === 1 && pod.milli < 1000 ? [...cluster.devicesOf(node).entries()].filter(([, left]) => left >= pod.milli) : [];
      cluster.place(node, pod, serving[Math.floor(random.next() * serving.length)]?.[0] ?? -1);
      return true;
    },
  };
}

/** The node where the least CPU and device capacity is left. */
export function bestFitPlacer(nodes: readonly TraceNode[]): Placer {
  return placerOf(nodes, (cluster, node, pod) => {
    const left = (cluster.cpu_milli[node]! - pod.cpu_milli) / MAX_CPU_MILLI / 2 + (cluster.freeDevices_milli(node) - pod.devices * pod.milli) / MAX_DEVICES_MILLI / 2;
    return { score: Math.trunc((1 - left) * MAX_SCORE), device: -1 };
  });
}

/** The smallest dot product of what is free and what is asked, all devices of the node together (Tetris, SIGCOMM 2014). */
export function dotProductPlacer(nodes: readonly TraceNode[]): Placer {
  return placerOf(nodes, (cluster, node, pod) => {
    const cpu = (cluster.cpu_milli[node]! / MAX_CPU_MILLI) * (pod.cpu_milli / MAX_CPU_MILLI);
    const devices = (cluster.freeDevices_milli(node) / MAX_DEVICES_MILLI) * ((pod.devices * pod.milli) / MAX_DEVICES_MILLI);
    return { score: Math.trunc((1 - (cpu + devices) / 2) * MAX_SCORE), device: -1 };
  });
}

interface TypicalPod {
  readonly cpu_milli: number;
  readonly devices: number;
  readonly milli: number;
  readonly models: readonly string[];
  readonly share: number;
}

/** Share of the pods that the typical ones stand for. */
const POPULARITY = 0.95;

function typicalPods(pods: readonly TracePod[]): TypicalPod[] {
  const counts = new Map<string, { pod: TracePod; count: number }>();
  for (const pod of pods) {
    const text = [pod.cpu_milli, pod.devices, pod.milli, pod.models.join("|")].join();
    const known = counts.get(text);
    if (known === undefined) counts.set(text, { pod, count: 1 });
    else known.count++;
  }
  const sorted = [...counts.values()].sort((a, b) => b.count - a.count || byRequest(b.pod, a.pod));
  const typical: typeof sorted = [];
  let covered = 0;
  for (const one of sorted) {
    if (covered >= POPULARITY * pods.length) break;
    typical.push(one);
    covered += one.count;
  }
  return typical.map(({ pod, count }) => ({ cpu_milli: pod.cpu_milli, devices: pod.devices, milli: pod.milli, models: pod.models, share: count / covered }));
}

/** Of pods that are as frequent the larger comes first. */
function byRequest(a: TracePod, b: TracePod): number {
  return a.cpu_milli - b.cpu_milli || a.milli - b.milli || a.devices - b.devices || (a.models.join("|") < b.models.join("|") ? -1 : 1);
}

/** Thousandths of devices that a typical pod could not use. */
function fragmentation(cpu_milli: number, free: readonly number[], model: string, typical: readonly TypicalPod[]): number {
  const total = free.reduce((sum, left) => sum + left, 0);
  let fragments = 0;
  for (const pod of typical) {
    const usable = free.filter((left) => left >= pod.milli);
    const runs = pod.milli > 0 && pod.cpu_milli <= cpu_milli && usable.length >= pod.devices && (pod.models.length === 0 || pod.models.includes(model));
    fragments += pod.share * (runs ? total - usable.reduce((sum, left) => sum + left, 0) : total);
  }
  return fragments;
}

/** Fragmentation gradient descent (USENIX ATC 2023): the node whose fragmentation grows least, by the distribution of the whole list, known ahead. */
export function fragmentationPlacer(nodes: readonly TraceNode[], pods: readonly TracePod[]): Placer {
  const typical = typicalPods(pods);
  const memo = new Map<string, number>();
  const measure = (cpu_milli: number, free: readonly number[], model: string): number => {
    const text = `${cpu_milli},${free.join()},${model}`;
    let value = memo.get(text);
    if (value === undefined) {
      value = fragmentation(cpu_milli, free, model, typical);
      memo.set(text, value);
    }
    return value;
  };
  return placerOf(nodes, (cluster, node, pod) => {
    const free = cluster.devicesOf(node);
    const { model } = cluster.nodes[node]!;
    const before = measure(cluster.cpu_milli[node]!, free, model);
    const scoreOf = (after: readonly number[]) => Math.trunc(MAX_SCORE / (1 + Math.exp((measure(cluster.cpu_milli[node]! - pod.cpu_milli, after, model) - before) / 1000)));
    if (pod.devices !== 1 || pod.milli === 1000) return { score: scoreOf(cluster.without(node, pod, -1)), device: -1 };
    let best: Choice = { score: -1, device: -1 };
    for (const [device, left] of free.entries()) {
      if (left < pod.milli) continue;
      const score = scoreOf(cluster.without(node, pod, device));
      if (score > best.score) best = { score, device };
    }
    return best;
  });
}
