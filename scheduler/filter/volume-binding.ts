import type { NodeState } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { claimsOf, type DelayedClaim, SELECTED_NODE } from "../volume/claims.ts";
import type { VolumeIndex } from "../volume/volume-index.ts";
import { cannotProvision, findVolume, reaches } from "../volume/volume-match.ts";
import type { ClusterFilter, PreparedFilter } from "./filter.ts";

const UNREACHABLE = 1;
const NO_VOLUME = 2;
const NO_SPACE = 3;
const REASONS = ["", "node(s) didn't match PersistentVolume's node affinity", "node(s) didn't find available persistent volumes to bind", "node(s) did not have enough free storage"];

/**
 * Bound claims: their volumes can be reached from the node. Claims that wait for their first consumer: a volume that can be reached is free, or
 * one can be made there.
 */
export const volumeBinding: ClusterFilter = {
  name: "VolumeBinding",
  preemptable: false,
  prepare(pod, { snapshot, volumes }): PreparedFilter | undefined {
    if (pod.volumes === undefined || pod.volumes.claims.length === 0) return undefined;
    const claims = claimsOf(pod, volumes);
    const reason = (verdict: number) => REASONS[verdict]!;
    const unresolvable = () => true;
    if (typeof claims === "string") return { rejects: claims, verdict: () => UNREACHABLE, reason, unresolvable };
    return {
      verdict(node) {
        const state = snapshot.nodes[node]!;
        if (!claims.bound.every(({ volume }) => reaches(volume, state))) return UNREACHABLE;
        return claims.delayed.length === 0 ? 0 : delayedVerdict(claims.delayed, state, pod, volumes);
      },
      reason,
      unresolvable,
    };
  },
};

function delayedVerdict(delayed: readonly DelayedClaim[], node: NodeState, pod: PodInfo, volumes: VolumeIndex): number {
  const taken = new Set([...volumes.promised].filter(([claim]) => !pod.volumes!.claims.some(({ name }) => claim === `${pod.namespace}/${name}`)).map(([, volume]) => volume));
  for (const claim of delayed) {
    const selected = claim.claim.metadata.annotations?.[SELECTED_NODE];
    if (selected && selected !== node.name) return NO_VOLUME;
    const volume = selected ? undefined : findVolume(claim, node, volumes, taken);
    if (volume !== undefined) {
      taken.add(volume.metadata.name ?? "");
      continue;
    }
    const why = cannotProvision(claim, node, volumes);
    if (why !== undefined) return why === "space" ? NO_SPACE : NO_VOLUME;
  }
  return 0;
}
