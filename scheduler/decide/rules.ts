import type { SchedulerProfile } from "../configuration/configuration.ts";
import { devices } from "../filter/devices.ts";
import type { ClusterFilter, NodeFilter } from "../filter/filter.ts";
import { interPodAffinity } from "../filter/inter-pod-affinity.ts";
import { nodeAffinity } from "../filter/node-affinity.ts";
import { nodeName } from "../filter/node-name.ts";
import { nodePorts } from "../filter/node-ports.ts";
import { nodeResourcesFit } from "../filter/node-resources-fit.ts";
import { nodeUnschedulable } from "../filter/node-unschedulable.ts";
import { podTopologySpread } from "../filter/pod-topology-spread.ts";
import { nodeVolumeLimits } from "../filter/node-volume-limits.ts";
import { volumeBinding } from "../filter/volume-binding.ts";
import { volumeRestrictions } from "../filter/volume-restrictions.ts";
import { volumeZone } from "../filter/volume-zone.ts";
import { unsupportedFields } from "../filter/unsupported-fields.ts";
import { taintToleration } from "../filter/taint-toleration.ts";
import { interPodAffinityPreference } from "../score/inter-pod-affinity-preference.ts";
import type { Packing } from "../packing/packing.ts";
import { balancedAllocation } from "../score/balanced-allocation.ts";
import { imageLocality } from "../score/image-locality.ts";
import { leastAllocated } from "../score/least-allocated.ts";
import { mostAllocated } from "../score/most-allocated.ts";
import { nodeAffinityPreference } from "../score/node-affinity-preference.ts";
import { packingScore } from "../score/packing.ts";
import { podTopologySpreadPreference } from "../score/pod-topology-spread-preference.ts";
import type { ClusterScore, NodeScore } from "../score/score.ts";
import { taintPreference } from "../score/taint-preference.ts";
import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";

/** In the order in which they are asked: the first that fails gives the reason. */
const NODE_FILTERS: readonly NodeFilter[] = [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit, devices];

function clusterFilters(profile: SchedulerProfile): readonly ClusterFilter[] {
  return [unsupportedFields, volumeRestrictions, nodeVolumeLimits, volumeBinding, volumeZone, podTopologySpread(profile.defaultSpread), interPodAffinity];
}

/** What rules are made of that have a memory of their own. */
export interface RuleContext {
  readonly packing: Packing;
  readonly snapshot: ClusterSnapshot;
}

function nodeScores({ packing, snapshot }: RuleContext): readonly NodeScore[] {
  return [packingScore(packing), { ...mostAllocated, defaultWeight: 0 }, leastAllocated, balancedAllocation, imageLocality(snapshot)];
}

function clusterScores(profile: SchedulerProfile): readonly ClusterScore[] {
  const { defaultSpread, hardPodAffinityWeight = 1 } = profile;
  return [taintPreference, nodeAffinityPreference, podTopologySpreadPreference(defaultSpread), interPodAffinityPreference(hardPodAffinityWeight)];
}

export interface Weighted<Rule> {
  readonly rule: Rule;
  readonly weight: number;
}

/** What one profile asks and values. */
export interface RuleSet {
  /** Static ones first. */
  readonly nodeFilters: readonly NodeFilter[];
  readonly clusterFilters: readonly ClusterFilter[];
  readonly nodeScores: readonly Weighted<NodeScore>[];
  readonly clusterScores: readonly Weighted<ClusterScore>[];
}

/** The rules of a profile. @throws Error naming a rule that does not exist. */
export function ruleSetOf(profile: SchedulerProfile, context: RuleContext): RuleSet {
  const filtersOfCluster = clusterFilters(profile);
  const scoresOfNodes = nodeScores(context);
  const scoresOfCluster = clusterScores(profile);
  const filters = new Set([...NODE_FILTERS, ...filtersOfCluster].map((rule) => rule.name));
  const scores = new Set([...scoresOfNodes, ...scoresOfCluster].map((rule) => rule.name));
  for (const name of profile.disabledFilters) if (!filters.has(name)) throw new Error(`profile ${profile.schedulerName}: there is no filter ${name}`);
  for (const name in profile.scoreWeights) if (!scores.has(name)) throw new Error(`profile ${profile.schedulerName}: there is no score ${name}`);
  const on = (rule: { readonly name: string }) => !profile.disabledFilters.includes(rule.name);
  const weigh = <Rule extends { readonly name: string; readonly defaultWeight: number }>(rules: readonly Rule[]) =>
    rules.map((rule) => ({ rule, weight: profile.scoreWeights[rule.name] ?? rule.defaultWeight })).filter(({ weight }) => weight !== 0);
  const nodeFilters = NODE_FILTERS.filter(on);
  return {
    nodeFilters: [...nodeFilters.filter((rule) => rule.static), ...nodeFilters.filter((rule) => !rule.static)],
    clusterFilters: filtersOfCluster.filter(on),
    nodeScores: weigh(scoresOfNodes),
    clusterScores: weigh(scoresOfCluster),
  };
}
