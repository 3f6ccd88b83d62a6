import { amountOf } from "../../api/placement/amounts.ts";
import { podRequests } from "../../api/placement/pod-requests.ts";
import { tolerates } from "../../api/selector/tolerations.ts";
import type { Node, Pod } from "../../api/wire.ts";
import { type Constraint, matchesTerm, nodeOf, type PlainCluster, podsOn, sameDomain, spreadCount, takesPart, termSelects } from "./reference-filters.ts";

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
  LeastAllocated: (pod, nodes, cluster) =>
    nodes.map((node) => {
      const held = [...podsOn(cluster, node), pod].map(podRequests);
      const left = (used: number, offered: number) => (offered === 0 ? 0 : Math.max(0, (offered - used) / offered));
      const cpu = held.reduce((sum, { scoredCpu_milli }) => sum + scoredCpu_milli, 0);
      const memory = held.reduce((sum, { scoredMemory_bytes }) => sum + scoredMemory_bytes, 0);
      return 50 * (left(cpu, amountOf("cpu", node.status?.allocatable?.["cpu"])) + left(memory, amountOf("memory", node.status?.allocatable?.["memory"])));
    }),
  NodeResourcesBalancedAllocation: (pod, nodes, cluster) =>
    nodes.map((node) => {
      const share = (name: string) => {
        const used = [...podsOn(cluster, node), pod].reduce((sum, other) => sum + (podRequests(other).amounts[name] ?? 0), 0);
        const offered = amountOf(name, node.status?.allocatable?.[name]);
        return offered === 0 ? 1 : Math.min(1, used / offered);
      };
      const { cpu = 0, memory = 0 } = podRequests(pod).amounts;
      if (cpu === 0 && memory === 0) return 0;
      const mean = (share("cpu") + share("memory")) / 2;
      return 100 * (1 - Math.sqrt(((share("cpu") - mean) ** 2 + (share("memory") - mean) ** 2) / 2));
    }),
  ImageLocality: (pod, nodes, cluster) =>
    nodes.map((node) => {
      const images = (pod.spec?.containers ?? []).flatMap(({ image }) => (image ? [image.includes(":") ? image : `${image}:latest`] : []));
      const sizeOn = (other: Node, image: string) => other.status?.images?.find(({ names }) => names?.includes(image))?.sizeBytes;
      const sum = images.reduce((bytes, image) => bytes + (sizeOn(node, image) ?? 0) * (cluster.nodes.filter((other) => sizeOn(other, image) !== undefined).length / cluster.nodes.length), 0);
      const [least, most] = [23 * 2 ** 20, 1000 * 2 ** 20 * images.length];
      return images.length === 0 ? 0 : (100 * (Math.min(Math.max(sum, least), most) - least)) / (most - least);
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
  return scoresOf(pod, (pod.spec?.topologySpreadConstraints ?? []).filter((constraint) => constraint.whenUnsatisfiable === "ScheduleAnyway"), nodes, cluster);
}

/** kube-scheduler's own constraints for a pod that has none and belongs to a service or a ReplicaSet; a node without a key is not put last. */
export function defaultSpreadScores(pod: Pod, nodes: readonly Node[], cluster: PlainCluster): number[] {
  if ((pod.spec?.topologySpreadConstraints ?? []).length > 0) return spreadScores(pod, nodes, cluster);
  const services = (cluster.services ?? []).filter((service) => service.metadata.namespace === pod.metadata.namespace && Object.entries(service.spec!.selector!).every(([key, value]) => pod.metadata.labels?.[key] === value));
  const owner = pod.metadata.ownerReferences?.[0]?.name;
  const set = (cluster.replicaSets ?? []).find((one) => one.metadata.namespace === pod.metadata.namespace && one.metadata.name === owner);
  const matchLabels = Object.assign({}, ...services.map((service) => service.spec!.selector), set?.spec?.selector.matchLabels) as Record<string, string>;
  if (Object.keys(matchLabels).length === 0) return nodes.map(() => 0);
  const weights = [{ topologyKey: "kubernetes.io/hostname", maxSkew: 3 }, { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 }].map((part) => {
    const constraint: Constraint = { ...part, whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels } };
    const domains = new Set(nodes.flatMap((node) => node.metadata.labels?.[part.topologyKey] ?? []));
    return nodes.map((node) => {
      if (node.metadata.labels?.[part.topologyKey] === undefined) return 0;
      const near = cluster.nodes.filter((other) => takesPart(constraint, [constraint], pod, other) && sameDomain(part.topologyKey, node, other));
      return spreadCount(constraint, pod, near, cluster) * Math.log(domains.size + 2) + part.maxSkew - 1;
    });
  });
  const sums = nodes.map((_, i) => weights[0]![i]! + weights[1]![i]!);
  const [min, max] = [Math.min(...sums), Math.max(...sums)];
  return sums.map((sum) => (max === 0 ? 100 : (100 * (max + min - sum)) / max));
}

function scoresOf(pod: Pod, constraints: readonly Constraint[], nodes: readonly Node[], cluster: PlainCluster): number[] {
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
