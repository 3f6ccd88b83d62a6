import type { DomainSums } from "../relations/node-counts.ts";
import type { ClusterScore } from "./score.ts";
import { MAX_SCORE } from "./score.ts";

/** Preferred affinity and anti-affinity to placed pods, and theirs to this pod; required affinity of placed pods counts `requiredWeight` (kube-scheduler's hardPodAffinityWeight). */
export const interPodAffinityPreference = (requiredWeight: number): ClusterScore => ({
  name: "InterPodAffinity",
  defaultWeight: 2,
  prepare(pod, { relations }) {
    const parts: { sums: DomainSums; factor: number }[] = [];
    for (const term of pod.relations?.preferredAffinity ?? []) parts.push({ sums: relations.podsPerDomain([term.selector], term.topologyKey), factor: term.weight });
    for (const term of pod.relations?.preferredAntiAffinity ?? []) parts.push({ sums: relations.podsPerDomain([term.selector], term.topologyKey), factor: -term.weight });
    for (const { kind, sums } of relations.holdersSelecting(pod.labelSet)) {
      if (kind === "preferredAffinity") parts.push({ sums, factor: 1 });
      else if (kind === "preferredAntiAffinity") parts.push({ sums, factor: -1 });
      else if (kind === "requiredAffinity") parts.push({ sums, factor: requiredWeight });
    }
    if (parts.every(({ sums }) => sums.total === 0)) return undefined;
    return {
      topologies: parts.map(({ sums }) => sums.topology),
      raw(node) {
        let sum = 0;
        for (const { sums, factor } of parts) sum += factor * sums.at(node);
        return sum;
      },
      normalise: normaliseByRange,
    };
  },
});

/** Lowest value → 0, highest → MAX_SCORE; all equal → 0. */
export function normaliseByRange(values: Float64Array): void {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  for (let i = 0; i < values.length; i++) values[i] = max > min ? (MAX_SCORE * (values[i]! - min)) / (max - min) : 0;
}
