import type { Decision, Placed, Unplaced } from "../core.ts";
import type { Choice } from "../decide/decider.ts";
import { type Diagnosis, diagnosisText } from "../decide/diagnosis.ts";
import type { PreemptionResult } from "../preempt/preemption.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import { groupKeyOf, type QueuedPod, type SchedulingQueue } from "../queue/scheduling-queue.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { type Gang, livingOf } from "./gangs.ts";

/** Failures that only pods of the same group, or its PodGroup, can end. */
export const POD_GROUP = "PodGroup";

/** What placing one pod takes; given by the core. */
export interface GangHands {
  readonly cluster: ClusterState;
  readonly queue: SchedulingQueue;
  now_ms(): number;
  choose(pod: QueuedPod): Choice | Diagnosis;
  /** Counts the pod on the node from now on. */
  assume(pod: QueuedPod, choice: Choice): Placed;
  /** As if it had not been assumed. Nobody is woken by it. */
  undo(pod: QueuedPod): void;
  preempt(pod: PodInfo): PreemptionResult;
  /** A pod that fails by itself, as one that is in no gang. */
  unplaced(pod: QueuedPod, diagnosis: Diagnosis): Unplaced;
}

interface Failed {
  readonly pod: QueuedPod;
  readonly diagnosis: Diagnosis;
}

/** A pod that would have its place on `node` once `victims` are gone. */
interface Plan {
  readonly pod: QueuedPod;
  readonly node: string;
  readonly victims: readonly Placement[];
}

/** The gang of a pod that is decided only together with others; undefined: it stands alone, or its group was whole once. */
export function openGangOf(pod: PodInfo, { gangs }: ClusterState): Gang | undefined {
  const gang = pod.gang === undefined ? undefined : gangs.get(pod.gang);
  return gang === undefined || gang.complete ? undefined : gang;
}

/**
 * Places a whole gang, or nothing of it, in one go: nothing else is decided in between, so two gangs can never hold parts of what both need.
 * Pods beyond minMember that find no place wait by themselves.
 */
export function decideGang(first: QueuedPod, gang: Gang, hands: GangHands): Decision[] {
  const { queue, cluster } = hands;
  const alone = (podReason: string) => [fail(first, { nodes: cluster.snapshot.nodeCount, reasons: new Map(), filters: new Set([POD_GROUP]), podReason }, gang, hands)];
  if (gang.minMember === undefined) return alone(`there is no PodGroup "${gang.key}"`);
  const bound = livingOf(gang).length;
  const members = [first, ...membersBeside(first, gang, queue)];
  if (bound + members.length < gang.minMember) return alone(`pod group "${gang.key}" waits for its pods: ${bound + members.length} of ${gang.minMember} are there`);
  for (const pod of members.slice(1)) queue.take(pod);
  const { placed, failed } = placeAll(members, hands);
  if (bound + placed.length >= gang.minMember) {
    gang.partialSince_ms ??= hands.now_ms();
    return [...placed, ...failed.map(({ pod, diagnosis }) => hands.unplaced(pod, diagnosis))];
  }
  const plans = planPreemption(failed, gang.minMember - bound - placed.length, hands);
  for (const { pod } of placed) hands.undo(pod);
  return plans === undefined ? giveUp(gang, placed, failed, hands) : nominate(gang, placed, failed, plans, hands);
}

/** Its other pods that wait, in the order of the queue. */
function membersBeside(first: QueuedPod, gang: Gang, queue: SchedulingQueue): QueuedPod[] {
  const others = [...gang.pending].flatMap((key) => queue.get(key) ?? []);
  return others
    .filter((pod) => pod !== first && pod.state !== "taken" && pod.info.schedulerName === first.info.schedulerName)
    .sort((a, b) => b.info.priority - a.info.priority || a.added_ms - b.added_ms || a.order - b.order);
}

/** As many as fit. A pod that failed is tried again when one after it was placed: it may want to be near it. */
function placeAll(members: readonly QueuedPod[], hands: GangHands): { readonly placed: Placed[]; readonly failed: Failed[] } {
  const placed: Placed[] = [];
  let waiting = members;
  for (;;) {
    const before = placed.length;
    const failed: Failed[] = [];
    const hopeless = new Map<string, Diagnosis>();
    let helped = false;
    for (const pod of waiting) {
      const like = groupKeyOf(pod.info);
      const choice = hopeless.get(like) ?? hands.choose(pod);
      if ("reasons" in choice) {
        hopeless.set(like, choice);
        failed.push({ pod, diagnosis: choice });
        continue;
      }
      // From here on it counts by its place.
      hands.cluster.nominations.delete(pod.info.key);
      placed.push(hands.assume(pod, choice));
      if (failed.length > 0) helped = true;
    }
    if (failed.length === 0 || placed.length === before || !helped) return { placed, failed };
    waiting = failed.map(({ pod }) => pod);
  }
}

/** Victims whose removal gives so many of the failed pods a place; undefined: there are none, and nothing was changed. */
function planPreemption(failed: readonly Failed[], needed: number, { cluster, preempt }: GangHands): Plan[] | undefined {
  const plans: Plan[] = [];
  const marked: Placement[] = [];
  const hopeless = new Set<string>();
  for (const { pod, diagnosis } of failed) {
    if (plans.length >= needed) break;
    const like = groupKeyOf(pod.info);
    if (hopeless.has(like) || diagnosis.nodes === 0 || diagnosis.podReason !== undefined) continue;
    const result = preempt(pod.info);
    if (result.type === "none") {
      const node = result.waits ? cluster.nominations.nodeOf(pod.info.key) : undefined;
      if (node === undefined) hopeless.add(like);
      else plans.push({ pod, node: cluster.snapshot.nodes[node]!.name, victims: [] });
      continue;
    }
    const victims = result.victims.placements.filter((placement) => !placement.evicting);
    const node = cluster.snapshot.nodes[result.victims.node]!.name;
    for (const placement of victims) placement.evicting = true;
    marked.push(...victims);
    cluster.nominations.set(pod.info, node);
    plans.push({ pod, node, victims });
  }
  if (plans.length >= needed) return plans;
  for (const placement of marked) placement.evicting = false;
  return undefined;
}

/** Room is made for the gang: all its pods keep theirs until the victims are gone. */
function nominate(gang: Gang, placed: readonly Placed[], failed: readonly Failed[], plans: readonly Plan[], hands: GangHands): Unplaced[] {
  const { cluster, queue } = hands;
  const plan = new Map(plans.map((one) => [one.pod, one]));
  const text = `pod group "${gang.key}" waits until ${plans.length} of its pods have room`;
  const waiting: Diagnosis = { nodes: cluster.snapshot.nodeCount, reasons: new Map(), filters: new Set([POD_GROUP]), podReason: text };
  const all = [...failed.map((one) => ({ ...one, node: plan.get(one.pod)?.node })), ...placed.map(({ pod, node }) => ({ pod, diagnosis: waiting, node }))];
  return all.map(({ pod, diagnosis, node }) => {
    const index = node === undefined ? undefined : cluster.snapshot.nodeNamed(node)?.index;
    if (node === undefined || index === undefined) return fail(pod, diagnosis, gang, hands);
    const unnominated = cluster.nominations.behind(pod.info, index);
    for (const other of unnominated) cluster.nominations.delete(other.key);
    cluster.nominations.set(pod.info, node);
    queue.failed(pod, diagnosis.filters, { nominated: index });
    const victims = (plan.get(pod)?.victims ?? []).map((placement) => placement.pod);
    return { type: "unplaced", pod, diagnosis, text: diagnosisText(diagnosis), preemption: { node, victims }, unnominated };
  });
}

/** Nothing of it is placed. Pods of it that are bound already go too when it has been so for too long. */
function giveUp(gang: Gang, placed: readonly Placed[], failed: readonly Failed[], hands: GangHands): Unplaced[] {
  const { nodeCount } = hands.cluster.snapshot;
  const [blame] = failed;
  const release = overdue(gang, hands.now_ms());
  const why = blame === undefined ? "" : `; ${blame.pod.info.name}: ${diagnosisText(blame.diagnosis)}`;
  const podReason = `pod group "${gang.key}" is placed whole or not at all: ${livingOf(gang).length + placed.length} of ${gang.minMember} pods have a place${why.replace(/\.$/, "")}`;
  const filters = blame?.diagnosis.filters ?? new Set<string>();
  const results = [
    ...failed.map(({ pod, diagnosis }) => fail(pod, diagnosis, gang, hands)),
    ...placed.map(({ pod }) => fail(pod, { nodes: nodeCount, reasons: new Map(), filters, podReason }, gang, hands)),
  ];
  return results.map((result, i) => (i === 0 && release.length > 0 ? { ...result, release } : result));
}

/** Its bound pods, when it has been partly bound for longer than it may; a pod that nobody would make again is not taken away, and then none is. */
function overdue(gang: Gang, now_ms: number): PodInfo[] {
  const bound = livingOf(gang);
  if (bound.length === 0) return [];
  gang.partialSince_ms ??= now_ms;
  if (now_ms - gang.partialSince_ms < gang.timeout_ms || bound.some(({ assumed }) => assumed)) return [];
  if (!bound.every(({ pod }) => pod.pod.metadata.ownerReferences?.some((owner) => owner.controller))) return [];
  gang.partialSince_ms = now_ms;
  return bound.map(({ pod }) => pod);
}

function fail(pod: QueuedPod, diagnosis: Diagnosis, gang: Gang, { cluster, queue }: GangHands): Unplaced {
  const unnominated = pod.info.pod.status?.nominatedNodeName ? [pod.info] : [];
  cluster.nominations.delete(pod.info.key);
  // A gang that is bound in part is tried until it is whole or its time is over.
  if (gang.placed.size > 0 && gang.minMember !== undefined) queue.retry(pod);
  else queue.failed(pod, diagnosis.filters, { key: gangGroupKey(gang.key) });
  return { type: "unplaced", pod, diagnosis, text: diagnosisText(diagnosis), unnominated };
}

/** The queue's group of a gang's pods. */
export function gangGroupKey(gang: string): string {
  return `gang/${gang}`;
}
