import test from "ava";
import fc from "fast-check";
import type { Node, Pod } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration, defaultProfile, type SchedulerProfile, spreadingProfile } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { fitsNaively, type PlainCluster } from "../testing/reference-filters.ts";
import { defaultSpreadScores, NAIVE_SCORES } from "../testing/reference-scores.ts";
import { randomCluster } from "../testing/random-cluster.ts";

/** Scores that a profile counts, and how it is written for the fast path. The learned packing score has no short naive form; its own test compares it. */
interface Case {
  readonly name: string;
  readonly profile: SchedulerProfile;
  readonly weights: Readonly<Record<string, number>>;
  readonly naive: typeof NAIVE_SCORES;
}

const COMMON = { TaintToleration: 3, NodeAffinity: 2, PodTopologySpread: 2, InterPodAffinity: 2 };
const CASES: readonly Case[] = [
  { name: "packing", profile: { ...defaultProfile, scoreWeights: { Packing: 0, MostAllocated: 1 } }, weights: { ...COMMON, MostAllocated: 1 }, naive: NAIVE_SCORES },
  {
    name: "spreading",
    profile: { ...spreadingProfile, schedulerName: "default-scheduler" },
    weights: { ...COMMON, LeastAllocated: 1, NodeResourcesBalancedAllocation: 1, ImageLocality: 1 },
    naive: { ...NAIVE_SCORES, PodTopologySpread: defaultSpreadScores },
  },
];

function coreOf(cluster: PlainCluster, { profile }: Case): SchedulerCore {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: { ...defaultConfiguration, profiles: [profile] } });
  for (const [name, labels] of Object.entries(cluster.namespaces)) core.setNamespace(name, labels);
  for (const service of cluster.services ?? []) core.setWorkload("Service", service.metadata.namespace!, service.metadata.name!, service);
  for (const set of cluster.replicaSets ?? []) core.setWorkload("ReplicaSet", set.metadata.namespace!, set.metadata.name!, set);
  for (const node of cluster.nodes) core.setNode(node);
  for (const pod of cluster.pods) core.setPod(pod);
  return core;
}

/** Weighted sum of all naive scores, per feasible node. */
function naiveTotals(pod: Pod, cluster: PlainCluster, { weights, naive }: Case): Map<string, number> {
  const feasible = cluster.nodes.filter((node) => fitsNaively(pod, node, cluster));
  const totals = new Map(feasible.map((node) => [node.metadata.name!, 0]));
  for (const [name, weight] of Object.entries(weights)) {
    naive[name]!(pod, feasible, cluster).forEach((value, i) => {
      const node = feasible[i]!.metadata.name!;
      totals.set(node, totals.get(node)! + weight * value);
    });
  }
  return totals;
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
}

for (const one of CASES) test(`the fast decision is the naive one (${one.name}): same feasible nodes, same best score, while pods come, go and nodes change`, (t) => {
  fc.assert(
    fc.property(randomCluster, fc.nat({ max: 6 }), fc.nat({ max: 7 }), ({ cluster, pending }, changed, gone) => {
      const core = coreOf(cluster, one);
      let now = cluster;
      for (const [round, pod] of pending.entries()) {
        const totals = naiveTotals(pod, now, one);
        core.setPod(pod);
        const info = core.queue.get(`${pod.metadata.namespace}/${pod.metadata.name}`)!.info;
        compareAll(core, info, totals);
        const decision = core.step()!;
        if (decision.type === "placed") {
          const best = Math.max(...totals.values());
          if (!near(totals.get(decision.node) ?? Number.NaN, best)) throw new Error(`placed on ${decision.node} with ${totals.get(decision.node)}, best is ${best}`);
          core.bound(decision.pod);
          now = { ...now, pods: [...now.pods, { ...pod, spec: { ...pod.spec!, nodeName: decision.node } }] };
        } else {
          if (totals.size > 0) throw new Error(`not placed (${decision.text}), but ${[...totals.keys()]} would do`);
          core.removePod(info.key);
        }
        now = round % 2 === 0 ? removeOne(core, now, gone) : relabelOne(core, now, changed);
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});

/** The rules one by one give the naive feasible set, and the naive totals up to what is the same for all nodes. */
function compareAll(core: SchedulerCore, pod: PodInfo, totals: ReadonlyMap<string, number>): void {
  const reports = core.decider(pod.schedulerName)!.examine(pod).filter((report) => report.failures.length === 0);
  const named = new Map(reports.map((report) => [core.snapshot.nodes[report.node]!.name, report.total]));
  if ([...named.keys()].sort().join() !== [...totals.keys()].sort().join()) throw new Error(`feasible: ${[...named.keys()]}; naively: ${[...totals.keys()]}`);
  const offsets = [...named].map(([node, total]) => totals.get(node)! - total);
  if (offsets.some((offset) => !near(offset, offsets[0]!))) throw new Error(`totals ${JSON.stringify([...named])}; naively ${JSON.stringify([...totals])}`);
}

function removeOne(core: SchedulerCore, cluster: PlainCluster, index: number): PlainCluster {
  const pod = cluster.pods[index % cluster.pods.length]!;
  core.removePod(`${pod.metadata.namespace}/${pod.metadata.name}`);
  return { ...cluster, pods: cluster.pods.filter((other) => other !== pod) };
}

/** Another zone, no taints, or the node is gone. */
function relabelOne(core: SchedulerCore, cluster: PlainCluster, index: number): PlainCluster {
  const node = cluster.nodes[index % cluster.nodes.length]!;
  if (index === 6) {
    core.removeNode(node.metadata.name!);
    return { ...cluster, nodes: cluster.nodes.filter((other) => other !== node) };
  }
  const changed: Node = { ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, zone: "b" } }, spec: {} };
  core.setNode(changed);
  return { ...cluster, nodes: cluster.nodes.map((other) => (other === node ? changed : other)) };
}
