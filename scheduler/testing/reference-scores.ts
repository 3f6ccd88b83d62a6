import type { Node, Pod } from "../../api/wire.ts";
import { podRequests } from "../../api/placement/pod-requests.ts";
import { amountOf } from "../../api/placement/amounts.ts";
import { tolerates } from "../snapshot/taints.ts";
import { matchesTerm, nodeOf, type PlainCluster, podsOn, sameDomain, spreadCount, takesPart, termSelects } from "./reference-filters.ts";

type Scorer = (pod: Pod, nodes: readonly Node[], cluster: PlainCluster) => number[];

/** Slow and plain: the score of each of `nodes` (the feasible ones), by rule. */
export const NAIVE_SCORES: Readonly<Record<string, Scorer>> = {
  MostAllocated: (pod, nodes, cluster) =>
    nodes.map((node) => {
      const held = [...podsOn(cluster, node), pod].map(podRequests);
      const shares = [
        held.reduce((sum, { scoredCpu_milli }) => sum + scoredCpu_milli, 0) / amountOf("cpu", node.status?.allocatable?.["cpu"]),
        held.reduce((sum, { scoredMemory_bytes }) => sum + scoredMemory_bytes, 0) / amountOf("memory", node.status?.allocatable?.["memory"]),
        ...Object.keys(podRequests(pod).amounts)
          .filter((name) => !["cpu", "memory", "pods", "ephemeral-storage"].includes(name))
          .map((name) => held.reduce((sum, { amounts }) => sum + (amounts[name] ?? 0), 0) / amountOf(name, node.status?.allocatable?.[name])),
      ].map((share) => (Number.isFinite(share) ? Math.min(1, share) : 0));
      return 50 * Math.max(...shares) + (50 * shares.reduce((a, b) => a + b, 0)) / shares.length;
    }),
  TaintToleration: (pod, nodes) => {
    const tolerations = (pod.spec?.tolerations ?? []).filter((toleration) => !toleration.effect || toleration.effect === "PreferNoSchedule");
    const counts = nodes.map((node) => (node.spec?.taints ?? []).filter((taint) => taint.effect === "PreferNoSchedule" && !tolerations.some((toleration) => tolerates(toleration, taint))).length);
    const max = Math.max(...counts);
    return counts.map((count) => (max === 0 ? 100 : 100 - (100 * count) / max));
  },
  NodeAffinity: (pod, nodes) => {
    const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const sums = nodes.map((node) => terms.reduce((sum, term) => sum + (matchesTerm(term.preference, node) ? term.weight : 0), 0));
    const max = Math.max(...sums);
    return sums.map((sum) => (max === 0 ? 0 : (100 * sum) / max));
  },
  InterPodAffinity: (pod, nodes, cluster) => {
    const sums = nodes.map((node) => cluster.pods.reduce((sum, other) => sum + attraction(pod, node, other, cluster), 0));
    const min = Math.min(...sums);
    const max = Math.max(...sums);
    return sums.map((sum) => (max > min ? (100 * (sum - min)) / (max - min) : 0));
  },
  PodTopologySpread: spreadScores,
};

function attraction(pod: Pod, node: Node, other: Pod, cluster: PlainCluster): number {
  const near = (key: string) => sameDomain(key, node, nodeOf(other, cluster));
  let sum = 0;
  for (const { weight, podAffinityTerm: term } of pod.spec?.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    if (near(term.topologyKey) && termSelects(term, pod, other, cluster)) sum += weight;
  for (const { weight, podAffinityTerm: term } of pod.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    if (near(term.topologyKey) && termSelects(term, pod, other, cluster)) sum -= weight;
  for (const { weight, podAffinityTerm: term } of other.spec?.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    if (near(term.topologyKey) && termSelects(term, other, pod, cluster)) sum += weight;
  for (const { weight, podAffinityTerm: term } of other.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    if (near(term.topologyKey) && termSelects(term, other, pod, cluster)) sum -= weight;
  for (const term of other.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
    if (near(term.topologyKey) && termSelects(term, other, pod, cluster)) sum += 1;
  return sum;
}

function spreadScores(pod: Pod, nodes: readonly Node[], cluster: PlainCluster): number[] {
  const constraints = (pod.spec?.topologySpreadConstraints ?? []).filter((constraint) => constraint.whenUnsatisfiable === "ScheduleAnyway");
  if (constraints.length === 0) return nodes.map(() => 0);
  const valued = nodes.filter((node) => constraints.every((constraint) => node.metadata.labels?.[constraint.topologyKey] !== undefined));
  const sums = new Map(
    valued.map((node) => [
      node,
      constraints.reduce((sum, constraint) => {
        const domains = new Set(valued.map((other) => other.metadata.labels![constraint.topologyKey]));
        const near = cluster.nodes.filter((other) => takesPart(constraint, constraints, pod, other) && sameDomain(constraint.topologyKey, node, other));
        return sum + spreadCount(constraint, pod, near, cluster) * Math.log(domains.size + 2) + constraint.maxSkew - 1;
      }, 0),
    ]),
  );
  const min = Math.min(...sums.values());
  const max = Math.max(...sums.values());
  return nodes.map((node) => (sums.has(node) ? (max === 0 ? 100 : (100 * (max + min - sums.get(node)!)) / max) : 0));
}
