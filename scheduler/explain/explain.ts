import { tolerates } from "../../api/selector/tolerations.ts";
import type { Pod } from "../../api/wire.ts";
import type { SchedulerCore } from "../core.ts";
import type { NodeReport } from "../decide/examine.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { taintText } from "./access-shortfalls.ts";
import { count } from "./amounts.ts";
import { explainMember } from "./explain-member.ts";
import type { ExplainedReason, ExplainedState, Explanation, RankedNode, Told } from "./explanation.ts";
import { distance } from "./nearness.ts";
import { Rehearsal } from "./rehearsal.ts";
import { type Lacking, remediesFor } from "./remedies.ts";
import { shortfallsOf } from "./shortfall.ts";
import { claimLines } from "./volume-shortfalls.ts";

/** Nodes that are looked at closely. */
const MAX_NEAREST = 10;
/** Nodes of a ranking. */
const MAX_RANKED = 5;

/**
 * Why the pod is on its node, or on none. `core` must be the caller's own: changes are tried on it and taken back.
 * `schedulerName`: the profile that the pod is judged by, where its own is nobody's.
 */
export function explainPod(core: SchedulerCore, pod: Pod, schedulerName: string): Explanation {
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const base: Explanation = { pod: key, state: "unschedulable", summary: "", notes: [], nodes: core.snapshot.nodeCount, reasons: [], nearest: [], remedies: [] };
  const phase = pod.status?.phase;
  if (phase === "Succeeded" || phase === "Failed") return { ...base, ...(pod.spec?.nodeName && { node: pod.spec.nodeName }), state: "finished", summary: `${key} has ended (${phase}): it takes no room any more` };
  const placement = core.snapshot.placements.get(key);
  if (placement !== undefined) return { ...base, ...explainPlacement(core, placement) };
  if (pod.metadata.deletionTimestamp) return { ...base, state: "terminating", summary: `${key} is being deleted: it is not scheduled any more` };
  const rehearsal = new Rehearsal(core);
  const own = pod.spec?.schedulerName || "default-scheduler";
  const known = core.decider(own) !== undefined;
  const gang = core.queue.get(key)?.info.gang;
  const told = gang !== undefined ? explainMember(core, rehearsal, pod, gang, explainPending) : rehearsal.withPod(pod, known ? own : schedulerName, (info) => explainPending(core, rehearsal, pod, info));
  return { ...base, ...(known ? withGates(pod, told) : foreign(own, told)) };
}

function withGates(pod: Pod, told: Told): Told {
  const gates = (pod.spec?.schedulingGates ?? []).map(({ name }) => name);
  if (gates.length === 0) return told;
  const then = told.state === "fits" ? "Once they are gone it fits." : "It would not fit either, as things are now:";
  return { ...told, state: "gated", summary: `held back by ${gates.length === 1 ? "the scheduling gate" : "scheduling gates"} ${gates.join(", ")}: whoever set ${gates.length === 1 ? "it" : "them"} must take ${gates.length === 1 ? "it" : "them"} away. ${then}` };
}

function foreign(name: string, told: Told): Told {
  const then = told.state === "fits" ? "Berth's scheduler would have a node for it." : "Nor would it fit by the rules of the default profile:";
  return { ...told, state: "foreign", summary: `schedulerName is ${JSON.stringify(name)}, and no profile of Berth's scheduler has that name: unless another scheduler runs, nobody schedules it. ${then}` };
}

/** Of a pod that stands alone. `info` is in the core's queue while this runs. */
function explainPending(core: SchedulerCore, rehearsal: Rehearsal, pod: Pod, info: PodInfo): Told {
  const decider = core.decider(info.schedulerName)!;
  const { cluster, snapshot } = core;
  const notes = claimLines({ pod: info, cluster });
  if (snapshot.nodeCount === 0) return { state: "unschedulable", summary: "there are no nodes in the cluster: start an agent on a machine (berth agent)", notes };
  const choice = decider.decide(info);
  const reports = decider.examine(info);
  if ("node" in choice) {
    const ranking = rankingOf(core, reports, choice.node);
    return { state: "fits", summary: `it fits now: ${snapshot.nodes[choice.node]!.name} is the best of ${count(reports.filter(({ failures }) => failures.length === 0).length, "node")}`, notes, ranking };
  }
  if (choice.podReason !== undefined) return { state: "unschedulable", summary: `no node can take it: ${choice.podReason}`, notes };
  const nearest = lackingNodes(core, info, reports);
  const preemption = decider.preempt(info);
  const reserved = reports.filter(({ failures }) => failures.length === 0).map(({ node }) => snapshot.nodes[node]!.name);
  const reasons = reasonsOf(core, info, reports);
  if (reserved.length > 0) reasons.push({ reason: "room there is kept for nominated pods of at least this priority", filter: "NodeResourcesFit", nodes: reserved });
  return {
    state: "unschedulable",
    summary: `0/${snapshot.nodeCount} nodes are available`,
    notes: [...notes, ...(preemption.type === "none" && preemption.waits ? [`room is being made for it on ${snapshot.nodes[cluster.nominations.nodeOf(info.key)!]!.name}: pods there are terminating`] : [])],
    reasons,
    nearest: nearest.map(({ node, shortfalls }) => ({ node: node.name, missing: shortfalls.map(({ text }) => text) })),
    remedies: remediesFor({ core, rehearsal, pod, schedulerName: info.schedulerName }, nearest),
    ...(preemption.type === "victims" && { preemption: { node: snapshot.nodes[preemption.victims.node]!.name, victims: preemption.victims.placements.map(({ pod: victim }) => victim.key) } }),
  };
}

/** The nodes that do not take the pod and lack least, nearest first, with what is missing on each. */
export function lackingNodes({ cluster, snapshot }: SchedulerCore, pod: PodInfo, reports: readonly NodeReport[]): Lacking[] {
  return reports
    .filter(({ failures }) => failures.length > 0)
    .map((report) => ({ report, far: distance(pod, report, snapshot) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, MAX_NEAREST)
    .map(({ report }) => {
      const node = snapshot.nodes[report.node]!;
      return { node, shortfalls: distinct(shortfallsOf({ pod, node, cluster }, report.failures)) };
    });
}

/** A cordon shows as a taint too. */
function distinct(shortfalls: Lacking["shortfalls"]): Lacking["shortfalls"] {
  return [...new Map(shortfalls.map((one) => [one.text, one])).values()];
}

/** Every reason with every node that gives it, the most frequent first. Taints are told apart. */
function reasonsOf({ snapshot }: SchedulerCore, pod: PodInfo, reports: readonly NodeReport[]): ExplainedReason[] {
  const found = new Map<string, { reason: string; filter: string; nodes: string[] }>();
  for (const { node, failures } of reports) {
    const state = snapshot.nodes[node]!;
    for (const { filter, reasons } of failures) {
      for (const given of reasons) {
        const reason = filter === "TaintToleration" ? `untolerated taint ${state.hardTaints.filter((taint) => !pod.shape.tolerations.some((toleration) => tolerates(toleration, taint))).map(taintText).join(", ")}` : given;
        const entry = found.get(reason) ?? { reason, filter, nodes: [] };
        found.set(reason, entry);
        if (entry.nodes.at(-1) !== state.name) entry.nodes.push(state.name);
      }
    }
  }
  return [...found.values()].sort((a, b) => b.nodes.length - a.nodes.length);
}

/** Best first; the chosen node is among them. */
function rankingOf({ snapshot }: SchedulerCore, reports: readonly NodeReport[], chosen: number): RankedNode[] {
  const sorted = reports.filter(({ failures }) => failures.length === 0).sort((a, b) => b.total - a.total || a.node - b.node);
  const at = sorted.findIndex(({ node }) => node === chosen);
  const shown = at < MAX_RANKED ? sorted.slice(0, MAX_RANKED) : [...sorted.slice(0, MAX_RANKED - 1), sorted[at]!];
  return shown.map(({ node, total, scores }) => ({ node: snapshot.nodes[node]!.name, total, scores, chosen: node === chosen }));
}

/** The scores that the node would get for the pod now, as if it were to be placed again. */
function explainPlacement(core: SchedulerCore, placement: Placement): Told {
  const { snapshot } = core;
  const { pod } = placement;
  const node = snapshot.nodes[placement.node]!;
  const decider = core.decider(pod.schedulerName);
  const state: ExplainedState = "placed";
  if (decider === undefined) return { state, node: node.name, summary: `placed on ${node.name} by ${JSON.stringify(pod.schedulerName)}, which is not Berth's scheduler: it alone knows why` };
  if (node.node === undefined) return { state, node: node.name, summary: `placed on ${node.name}, but there is no such node any more` };
  const reports = new Rehearsal(core).without([placement], () => decider.examine(pod));
  const own = reports.find((report) => report.node === placement.node)!;
  const feasible = reports.filter(({ failures }) => failures.length === 0);
  if (own.failures.length > 0) {
    const missing = shortfallsOf({ pod, node, cluster: core.cluster }, own.failures).map(({ text }) => text);
    return { state, node: node.name, summary: `placed on ${node.name}; it stays, but would not be placed there now`, nearest: [{ node: node.name, missing }] };
  }
  const ranking = rankingOf(core, reports, placement.node);
  const better = feasible.filter(({ total }) => total > own.total + 1e-9).length;
  const of = feasible.length === 1 ? "the only node that fits" : better === 0 ? `the best of ${feasible.length} nodes that fit` : `number ${better + 1} of ${feasible.length} nodes that fit, as the cluster is now (it was placed when it looked different)`;
  return { state, node: node.name, summary: `placed on ${node.name}: ${of}`, ranking };
}
