import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../api/wire.ts";

type PodVolume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

/**
 * The claims that a pod holds. Only a pod with a node does: an agent starts none whose claim is being deleted. What has run keeps the claims that it
 * names; those made for it alone it lets go.
 */
export function claimsHeldBy(pod: Pod): string[] {
  if (!pod.spec?.nodeName) return [];
  const over = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  return (pod.spec.volumes ?? []).flatMap((volume) => claimOf(pod, volume, over));
}

function claimOf(pod: Pod, volume: PodVolume, over: boolean): string[] {
  if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName];
  return volume.ephemeral && !over ? [`${pod.metadata.name ?? ""}-${volume.name}`] : [];
}

/** A volume with a claim is not removed below it. */
export function isVolumeInUse(volume: PersistentVolume): boolean {
  return volume.status?.phase === "Bound";
}

/** The classes that claims and volumes have or had last. */
export function classesOf(object: PersistentVolume | PersistentVolumeClaim): string[] {
  const status = object.status as PersistentVolumeClaim["status"];
  const names = [object.spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName];
  return names.filter((name): name is string => !!name);
}
