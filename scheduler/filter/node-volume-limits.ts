import type { PersistentVolumeClaim } from "../../api/wire.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { classNameOf } from "../volume/claims.ts";
import type { VolumeIndex } from "../volume/volume-index.ts";
import type { ClusterFilter } from "./filter.ts";

/** A CSI driver attaches at most so many volumes to a node as its CSINode says; a volume that several pods of the node use counts once. */
export const nodeVolumeLimits: ClusterFilter = {
  name: "NodeVolumeLimits",
  preemptable: true,
  prepare(pod, { snapshot, volumes }) {
    const wanted = attachmentsOf(pod, volumes);
    if (wanted.size === 0) return undefined;
    return {
      verdict(node) {
        const state = snapshot.nodes[node]!;
        const limits = new Map((volumes.csiNodes.get(state.name)?.spec?.drivers ?? []).flatMap((driver) => (driver.allocatable?.count === undefined ? [] : [[driver.name, driver.allocatable.count] as const])));
        if (![...wanted.values()].some((driver) => limits.has(driver))) return 0;
        const attached = new Map<string, string>();
        for (const { pod: other } of state.placements.values()) for (const [volume, driver] of attachmentsOf(other, volumes)) attached.set(volume, driver);
        for (const [driver, limit] of limits) {
          const held = [...attached.values()].filter((one) => one === driver).length;
          const added = [...wanted].filter(([volume, one]) => one === driver && !attached.has(volume)).length;
          if (added > 0 && held + added > limit) return 1;
        }
        return 0;
      },
      reason: () => "node(s) exceed max volume count",
    };
  },
};

/** Volume (its handle, or the claim that is to get one) → CSI driver. */
function attachmentsOf(pod: PodInfo, index: VolumeIndex): Map<string, string> {
  const attachments = new Map<string, string>();
  for (const { name } of pod.volumes?.claims ?? []) {
    const key = `${pod.namespace}/${name}`;
    const claim = index.claims.get(key);
    const driver = claim === undefined ? undefined : driverOf(claim, key, index);
    if (driver !== undefined) attachments.set(driver.volume, driver.name);
  }
  return attachments;
}

function driverOf(claim: PersistentVolumeClaim, key: string, index: VolumeIndex): { readonly name: string; readonly volume: string } | undefined {
  const volume = claim.spec?.volumeName ? index.volumes.get(claim.spec.volumeName) : undefined;
  if (volume !== undefined) {
    const csi = volume.spec?.csi;
    return csi === undefined ? undefined : { name: csi.driver, volume: `${csi.driver}/${csi.volumeHandle}` };
  }
  const provisioner = index.classes.get(classNameOf(claim))?.provisioner;
  return provisioner === undefined ? undefined : { name: provisioner, volume: `${provisioner}/claim ${key}` };
}
