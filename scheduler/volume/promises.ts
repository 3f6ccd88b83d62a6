import type { NodeState } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { claimsOf } from "./claims.ts";
import type { VolumeIndex } from "./volume-index.ts";
import { findVolume } from "./volume-match.ts";

/** Keeps the free volumes that the pod's claims are to get on the node from being given away again. Returns the claims that must be bound. */
export function promiseVolumes(pod: PodInfo, node: NodeState, index: VolumeIndex): string[] {
  if (pod.volumes === undefined) return [];
  const claims = claimsOf(pod, index);
  if (typeof claims === "string") return [];
  const taken = new Set(index.promised.values());
  for (const delayed of claims.delayed) {
    const volume = findVolume(delayed, node, index, taken)?.metadata.name;
    if (volume === undefined) continue;
    taken.add(volume);
    index.promised.set(delayed.key, volume);
  }
  return claims.delayed.map(({ key }) => key);
}

/** The pod's claims are bound, or it does not go where they were promised. */
export function keepPromises(pod: PodInfo, index: VolumeIndex): void {
  for (const { name } of pod.volumes?.claims ?? []) index.promised.delete(`${pod.namespace}/${name}`);
}
