import type { Pod } from "../../api/wire.ts";

/** A claim that a pod uses. */
export interface PodClaim {
  readonly name: string;
  /** Made for this pod alone by the ephemeral volume controller. */
  readonly ephemeral: boolean;
}

type PodVolume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

/** What the rules look at of a pod's volumes. */
export interface PodVolumes {
  readonly claims: readonly PodClaim[];
  /** Volumes on a disk that only one pod of a node may write (RBD, iSCSI, GCE and AWS disks named in the pod itself). */
  readonly disks: readonly PodVolume[];
}

function isDisk(volume: PodVolume): boolean {
  return volume.rbd !== undefined || volume.iscsi !== undefined || volume.gcePersistentDisk !== undefined || volume.awsElasticBlockStore !== undefined;
}

/** Undefined: no volume of the pod restricts where it may run. */
export function podVolumesOf(pod: Pod): PodVolumes | undefined {
  const volumes = pod.spec?.volumes ?? [];
  const claims: PodClaim[] = [];
  const disks: PodVolume[] = [];
  for (const volume of volumes) {
    if (volume.persistentVolumeClaim !== undefined) claims.push({ name: volume.persistentVolumeClaim.claimName, ephemeral: false });
    else if (volume.ephemeral !== undefined) claims.push({ name: `${pod.metadata.name}-${volume.name}`, ephemeral: true });
    else if (isDisk(volume)) disks.push(volume);
  }
  return claims.length === 0 && disks.length === 0 ? undefined : { claims, disks };
}

/** Whether two volumes cannot be on one node: the same disk, unless both only read (and the kind allows that). */
export function disksConflict(a: PodVolume, b: PodVolume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk) {
    return a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !(a.gcePersistentDisk.readOnly && b.gcePersistentDisk.readOnly);
  }
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID;
  if (a.iscsi && b.iscsi) return a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly);
  if (a.rbd && b.rbd) {
    const [one, other] = [a.rbd, b.rbd];
    const shared = one.monitors.some((monitor) => other.monitors.includes(monitor));
    return shared && (one.pool ?? "rbd") === (other.pool ?? "rbd") && one.image === other.image && !(one.readOnly && other.readOnly);
  }
  return false;
}
