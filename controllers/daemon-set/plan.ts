import { scaledValue } from "../../api/int-or-string.ts";
import type { DaemonSet, Node, Pod } from "../../api/wire.ts";
import { isPodReady } from "../shared/pods.ts";
import { type NodeFit, nodeFit } from "./node-fit.ts";
import { byAge, hasRevision, isAvailable } from "./pods.ts";

/** A node with what a DaemonSet has there. */
export interface NodeState {
  readonly name: string;
  readonly fit: NodeFit;
  /** All of the set's pods that are on the node or meant for it. */
  readonly pods: readonly Pod[];
}

export interface DaemonPlan {
  /** Names of nodes that get a pod. */
  readonly create: string[];
  readonly remove: Pod[];
  /** Finished pods, which go so that another comes; those that failed with backoff. */
  readonly finished: Pod[];
}

/** What the set has on each node; pods for nodes that are gone are `lost`. Pure. */
export function nodeStates(set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], nodeOf: (pod: Pod) => string | undefined): { states: NodeState[]; lost: Pod[] } {
  const byNode = Map.groupBy(pods, (pod) => nodeOf(pod) ?? "");
  const states = nodes.map((node) => {
    const name = node.metadata.name ?? "";
    const state = { name, fit: nodeFit(set, node), pods: byNode.get(name) ?? [] };
    byNode.delete(name);
    return state;
  });
  return { states, lost: [...byNode.values()].flat() };
}

/** One pod on each node that should have one, none elsewhere; during a surge two while the new one is not available. Pure. */
export function planPlacement(set: DaemonSet, states: readonly NodeState[], hash: string, now_ms: number): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [], finished: [] };
  for (const { name, fit, pods } of states) {
    const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    if (!fit.mayStay) {
      plan.remove.push(...alive);
      continue;
    }
    const ended = alive.filter((pod) => pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded");
    const running = alive.filter((pod) => !ended.includes(pod)).sort(byAge);
    plan.finished.push(...ended);
    // A pod that is going still holds the node, but where pods may surge.
    const empty = pods.length === 0 || (maxSurge(set, 1) > 0 && alive.length === 0);
    if (fit.shouldRun && empty) plan.create.push(name);
    plan.remove.push(...(maxSurge(set, 1) > 0 ? surplusOfSurge(set, running, hash, now_ms) : running.slice(1)));
  }
  return plan;
}

/** The oldest of each revision stays; of these two the old one goes when it is not ready or the new one is available. */
function surplusOfSurge(set: DaemonSet, running: readonly Pod[], hash: string, now_ms: number): Pod[] {
  const fresh = running.find((pod) => hasRevision(pod, hash));
  const old = running.find((pod) => !hasRevision(pod, hash));
  const surplus = running.filter((pod) => pod !== fresh && pod !== old);
  if (fresh !== undefined && old !== undefined && (!isPodReady(old) || isAvailable(set, fresh, now_ms))) surplus.push(old);
  return surplus;
}

function maxSurge(set: DaemonSet, desired: number): number {
  return isRolling(set) ? (scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0, desired, true) ?? 0) : 0;
}

export function isRolling(set: DaemonSet): boolean {
  return (set.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

/** The next step of a rolling update: old pods to delete, or with a surge nodes that get a new pod beside the old one. Pure. */
export function planUpdate(set: DaemonSet, states: readonly NodeState[], hash: string, now_ms: number): { create: string[]; remove: Pod[] } {
  const wanted = states.filter(({ fit }) => fit.shouldRun);
  const surge = maxSurge(set, wanted.length);
  const unavailable = scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted.length, true) ?? 1;
  const occupied = states.filter(({ pods }) => pods.length > 0);
  return surge > 0 ? planSurge(set, occupied, hash, surge, now_ms) : { create: [], remove: planReplacement(set, wanted, hash, Math.max(1, unavailable), now_ms) };
}

/** The one new and one old pod of a node that are not going; undefined when there are more, which placement cleans up first. */
function newAndOld(pods: readonly Pod[], hash: string): { fresh: Pod | undefined; old: Pod | undefined } | undefined {
  const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const fresh = alive.filter((pod) => hasRevision(pod, hash));
  const old = alive.filter((pod) => !hasRevision(pod, hash));
  return fresh.length > 1 || old.length > 1 ? undefined : { fresh: fresh[0], old: old[0] };
}

/** Old pods that are not available go at once; of the others as many as may be missing. */
function planReplacement(set: DaemonSet, states: readonly NodeState[], hash: string, maxUnavailable: number, now_ms: number): Pod[] {
  let missing = 0;
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  for (const { pods } of states) {
    const pair = newAndOld(pods, hash);
    if (pair?.fresh !== undefined) missing += Number(!isAvailable(set, pair.fresh, now_ms));
    else if (pair?.old === undefined) missing++;
    else if (isAvailable(set, pair.old, now_ms)) candidates.push(pair.old);
    else {
      missing++;
      broken.push(pair.old);
    }
  }
  return [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - missing))];
}

function planSurge(set: DaemonSet, states: readonly NodeState[], hash: string, maxSurge: number, now_ms: number): { create: string[]; remove: Pod[] } {
  let surging = 0;
  const remove: Pod[] = [];
  const broken: string[] = [];
  const candidates: string[] = [];
  for (const { name, pods, fit } of states) {
    const pair = newAndOld(pods, hash);
    if (pair === undefined) surging++;
    else if (pair.old === undefined) continue;
    else if (pair.fresh !== undefined) {
      if (isAvailable(set, pair.fresh, now_ms)) remove.push(pair.old);
      else surging++;
    } else if (!fit.shouldRun) continue;
    else if (isAvailable(set, pair.old, now_ms)) candidates.push(name);
    else broken.push(name);
  }
  return { create: [...broken, ...candidates.slice(0, Math.max(0, maxSurge - surging))], remove };
}
