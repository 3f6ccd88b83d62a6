import { disksConflict } from "../volume/pod-claims.ts";
import type { ClusterFilter } from "./filter.ts";

const DISK = 1;
const ONE_POD = 2;

/** A disk that is in use on the node may not be used there again; a ReadWriteOncePod claim serves one pod in the whole cluster. */
export const volumeRestrictions: ClusterFilter = {
  name: "VolumeRestrictions",
  preemptable: true,
  prepare(pod, { snapshot, volumes }) {
    if (pod.volumes === undefined) return undefined;
    const { claims, disks } = pod.volumes;
    const inUse = claims.some(({ name }) => {
      const key = `${pod.namespace}/${name}`;
      return volumes.claims.get(key)?.spec?.accessModes?.includes("ReadWriteOncePod") && volumes.usersOf(key).size > 0;
    });
    if (!inUse && disks.length === 0) return undefined;
    return {
      verdict(node) {
        if (inUse) return ONE_POD;
        for (const { pod: other } of snapshot.nodes[node]!.placements.values()) {
          if (other.volumes?.disks.some((used) => disks.some((disk) => disksConflict(disk, used)))) return DISK;
        }
        return 0;
      },
      reason: (verdict) => (verdict === DISK ? "node(s) had no available disk" : "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"),
    };
  },
};
