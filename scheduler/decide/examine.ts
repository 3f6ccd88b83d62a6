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

/**
 * Asks every rule about every node (or some) and keeps all answers: for explanations and tests. Nothing is cached. Rules that weigh nodes
 * against one another weigh those asked about.
 */
export function examine(pod: PodInfo, rules: RuleSet, cluster: ClusterState, some?: readonly number[]): NodeReport[] {
  const nodes = some ?? cluster.snapshot.nodes.filter((state) => state.node !== undefined).map((state) => state.index);
  const judge = judgeOf(pod, rules, cluster);
  const failures = new Map(nodes.map((node) => [node, judge(node)]));
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

/** The rules made ready once for all nodes. */
function judgeOf(pod: PodInfo, rules: RuleSet, cluster: ClusterState): (node: number) => Failure[] {
  const single = rules.nodeFilters.flatMap((filter) => {
    const passes = filter.compile(pod.shape, cluster.snapshot);
    return passes === undefined ? [] : [{ filter, passes }];
  });
  const between = rules.clusterFilters.flatMap((filter) => {
    const prepared = filter.prepare(pod, cluster);
    return prepared === undefined ? [] : [{ filter, prepared }];
  });
  return (node) => {
    const failures: Failure[] = [];
    for (const { filter, passes } of single) if (!passes(node)) failures.push({ filter: filter.name, reasons: filter.reasons(pod.shape, cluster.snapshot, node), preemptable: filter.preemptable });
    for (const { filter, prepared } of between) {
      const verdict = prepared.verdict(node);
      if (verdict !== 0) failures.push({ filter: filter.name, reasons: [prepared.reason(verdict)], preemptable: filter.preemptable && !prepared.unresolvable?.(verdict) });
    }
    return failures;
  };
}
