import type { ClusterState } from "../relations/cluster-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { RuleSet } from "./rules.ts";

export interface Failure {
  readonly filter: string;
  readonly reasons: readonly string[];
  /** Removing pods could help. */
  readonly preemptable: boolean;
}

export interface ScorePart {
  readonly rule: string;
  /** 0 to 100. */
  readonly value: number;
  readonly weight: number;
}

/** What every rule says about one node. */
export interface NodeReport {
  readonly node: number;
  /** All filters that fail, not only the first. */
  readonly failures: readonly Failure[];
  /** Of feasible nodes only. */
  readonly scores: readonly ScorePart[];
  /** Weighted sum of `scores`. */
  readonly total: number;
}

/** Asks every rule about every node and keeps all answers: for explanations and tests. Nothing is cached. */
export function examine(pod: PodInfo, rules: RuleSet, cluster: ClusterState): NodeReport[] {
  const nodes = cluster.snapshot.nodes.filter((state) => state.node !== undefined).map((state) => state.index);
  const failures = new Map(nodes.map((node) => [node, failuresOf(pod, node, rules, cluster)]));
  const feasible = Int32Array.from(nodes.filter((node) => failures.get(node)!.length === 0));
  const scores = new Map<number, ScorePart[]>([...feasible].map((node) => [node, []]));
  for (const { rule, weight } of rules.nodeScores) {
    const score = rule.compile(pod.shape, cluster.snapshot);
    if (score !== undefined) for (const node of feasible) scores.get(node)!.push({ rule: rule.name, value: score(node), weight });
  }
  for (const { rule, weight } of rules.clusterScores) {
    const prepared = rule.prepare(pod, cluster);
    if (prepared === undefined) continue;
    const values = Float64Array.from(feasible, (node) => prepared.raw(node));
    prepared.normalise(values, feasible);
    for (const [i, node] of feasible.entries()) scores.get(node)!.push({ rule: rule.name, value: values[i]!, weight });
  }
  return nodes.map((node) => {
    const parts = scores.get(node) ?? [];
    return { node, failures: failures.get(node)!, scores: parts, total: parts.reduce((sum, { value, weight }) => sum + value * weight, 0) };
  });
}

function failuresOf(pod: PodInfo, node: number, rules: RuleSet, cluster: ClusterState): Failure[] {
  const failures: Failure[] = [];
  for (const filter of rules.nodeFilters) {
    const passes = filter.compile(pod.shape, cluster.snapshot);
    if (passes === undefined || passes(node)) continue;
    failures.push({ filter: filter.name, reasons: filter.reasons(pod.shape, cluster.snapshot, node), preemptable: filter.preemptable });
  }
  for (const filter of rules.clusterFilters) {
    const prepared = filter.prepare(pod, cluster);
    const verdict = prepared?.verdict(node) ?? 0;
    if (prepared === undefined || verdict === 0) continue;
    const preemptable = filter.preemptable && !prepared.unresolvable?.(verdict);
    failures.push({ filter: filter.name, reasons: [prepared.reason(verdict)], preemptable });
  }
  return failures;
}
