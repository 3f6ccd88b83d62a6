import type { Deployment, ReplicaSet } from "../../api/wire.ts";
import { desiredReplicasOf, maxReplicasOf } from "./annotations.ts";
import { isActive, isObserved, isRollingUpdate, lastingAvailable, maxSurge, maxUnavailable, occupied, replicasOf, sizeOf, totalSize } from "./limits.ts";
import { byCreation, bySizeNewer, bySizeOlder, type OwnedSets, withNewest } from "./replica-sets.ts";

/** A set and the size it should have. */
export interface Resize {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** The Deployment's size changed since its sets were last scaled. */
export function isScalingEvent(deployment: Deployment, sets: OwnedSets): boolean {
  return withNewest(sets)
    .filter(isActive)
    .some((set) => {
      const desired = desiredReplicasOf(set);
      return desired !== undefined && desired !== replicasOf(deployment);
    });
}

/**
 * Resizes after a change of `replicas`, or while paused: a single set takes all; a finished rollout leaves nothing old; a rolling update
 * in progress is scaled in proportion, so that the risk stays as it was. Sets that keep their size are listed too: their annotations may need an update.
 */
export function planScaling(deployment: Deployment, sets: OwnedSets): Resize[] {
  const replicas = replicasOf(deployment);
  const single = activeOrLatest(sets);
  if (single !== undefined) return sizeOf(single) === replicas ? [] : [{ set: single, replicas }];
  if (isSaturated(deployment, sets.newest)) return sets.old.filter(isActive).map((set) => ({ set, replicas: 0 }));
  return isRollingUpdate(deployment) ? planProportional(deployment, withNewest(sets).filter(isActive)) : [];
}

/** The one set that has pods, or, where none has, the newest; undefined when several have. */
function activeOrLatest(sets: OwnedSets): ReplicaSet | undefined {
  const active = withNewest(sets).filter(isActive);
  if (active.length > 1) return undefined;
  return active[0] ?? sets.newest ?? [...sets.old].sort((a, b) => byCreation(b, a))[0];
}

function isSaturated(deployment: Deployment, newest: ReplicaSet | undefined): boolean {
  if (newest === undefined) return false;
  const replicas = replicasOf(deployment);
  return sizeOf(newest) === replicas && desiredReplicasOf(newest) === replicas && newest.status?.availableReplicas === replicas;
}

function planProportional(deployment: Deployment, sets: readonly ReplicaSet[]): Resize[] {
  const replicas = replicasOf(deployment);
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - totalSize(sets);
  const ordered = toAdd === 0 ? [...sets] : [...sets].sort(toAdd > 0 ? bySizeNewer : bySizeOlder);
  let added = 0;
  const sizes = ordered.map((set) => {
    const share = proportion(set, deployment, toAdd, added);
    added += share;
    return sizeOf(set) + share;
  });
  return ordered.map((set, index) => {
    const size = sizes[index] ?? 0;
    // What rounding left over goes to the largest.
    return { set, replicas: index === 0 && toAdd !== 0 ? Math.max(0, size + toAdd - added) : size };
  });
}

/** The set's part of `toAdd` (negative: to remove), never beyond what is left of it. */
function proportion(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  if (sizeOf(set) === 0 || toAdd === 0 || toAdd === added) return 0;
  const share = fractionOf(set, deployment);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}

function fractionOf(set: ReplicaSet, deployment: Deployment): number {
  if (replicasOf(deployment) === 0) return -sizeOf(set);
  const now = replicasOf(deployment) + maxSurge(deployment);
  const before = maxReplicasOf(set) || (deployment.status?.replicas ?? 0);
  return before === 0 ? 0 : roundHalfAway((sizeOf(set) * now) / before) - sizeOf(set);
}

function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);
}

/**
 * Size of the newest set in the next step of a rollout: as many more as the surge allows. `newest` need not be among `old`'s siblings yet. Pods that
 * are to go but have not gone take room, and nothing grows while a set's count is not known (Kubernetes counts only what sets should have, and may
 * be above the surge for a moment).
 */
export function nextSizeOfNewest(deployment: Deployment, old: readonly ReplicaSet[], newest: ReplicaSet): number {
  const replicas = replicasOf(deployment);
  const size = sizeOf(newest);
  if (!isRollingUpdate(deployment) || size > replicas) return replicas;
  if (!old.every(isObserved)) return size;
  const room = replicas + maxSurge(deployment) - occupied(newest) - old.reduce((sum, set) => sum + occupied(set), 0);
  return room <= 0 ? size : size + Math.min(room, replicas - size);
}

/**
 * Resizes of the old sets in the next step of a rolling update: first what is not healthy goes, then as many as availability allows, the
 * oldest set first.
 */
export function planOldScaleDown(deployment: Deployment, sets: OwnedSets): Resize[] {
  const { newest, old } = sets;
  const all = withNewest(sets);
  if (newest === undefined || totalSize(old) === 0) return [];
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = sizeOf(newest) - (newest.status?.availableReplicas ?? 0);
  const most = totalSize(all) - minAvailable - newUnavailable;
  if (most <= 0) return [];
  const sizes = new Map([...old].sort(byCreation).map((set) => [set, sizeOf(set)]));
  let budget = most;
  for (const [set, size] of sizes) {
    const unhealthy = Math.min(budget, size - lastingAvailable(set));
    sizes.set(set, size - unhealthy);
    budget -= unhealthy;
  }
  // Kubernetes counts what a late status says and may go below; counting what lasts never does.
  let spare = all.reduce((sum, set) => sum + lastingAvailable(set), 0) - minAvailable;
  for (const [set, size] of sizes) {
    const removed = Math.max(0, Math.min(spare, size));
    sizes.set(set, size - removed);
    spare -= removed;
  }
  return [...sizes].filter(([set, replicas]) => replicas !== sizeOf(set)).map(([set, replicas]) => ({ set, replicas }));
}
