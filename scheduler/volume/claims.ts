import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "../../api/wire.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { VolumeIndex } from "./volume-index.ts";

const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";
/** The scheduler's word to whoever binds or provisions: make the volume reachable from this node. */
export const SELECTED_NODE = "volume.kubernetes.io/selected-node";

/** A claim of a pod that has no volume yet and gets one when the pod has a node. */
export interface DelayedClaim {
  readonly key: string;
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass;
}

export interface ClaimsOfPod {
  /** Volumes of the claims that are bound. */
  readonly bound: readonly { readonly key: string; readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly delayed: readonly DelayedClaim[];
}

/** Fully bound: it names a volume and the binder has said that it is done. */
export function isBound(claim: PersistentVolumeClaim): boolean {
  return Boolean(claim.spec?.volumeName) && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

export function classNameOf(claim: PersistentVolumeClaim): string {
  return claim.metadata.annotations?.[BETA_CLASS] ?? claim.spec?.storageClassName ?? "";
}

/** The pod's claims sorted by what they need, or why the pod cannot run anywhere now, in kube-scheduler's words. */
export function claimsOf(pod: PodInfo, index: VolumeIndex): ClaimsOfPod | string {
  const bound: { key: string; claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const delayed: DelayedClaim[] = [];
  for (const { name, ephemeral } of pod.volumes?.claims ?? []) {
    const key = `${pod.namespace}/${name}`;
    const claim = index.claims.get(key);
    if (claim === undefined) return ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"` : `persistentvolumeclaim "${name}" not found`;
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
    if (claim.status?.phase === "Lost") return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ""}"`;
    if (ephemeral && !claim.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === pod.uid)) {
      return `PVC "${pod.namespace}/${name}" was not created for pod "${pod.key}" (pod is not owner)`;
    }
    const volumeName = claim.spec?.volumeName;
    if (volumeName && isBound(claim)) {
      const volume = index.volumes.get(volumeName);
      if (volume === undefined) return `persistentvolume "${volumeName}" not found`;
      bound.push({ key, claim, volume });
      continue;
    }
    const storageClass = index.classes.get(classNameOf(claim));
    if (storageClass?.volumeBindingMode !== "WaitForFirstConsumer" || volumeName) return "pod has unbound immediate PersistentVolumeClaims";
    delayed.push({ key, claim, storageClass });
  }
  return { bound, delayed };
}
