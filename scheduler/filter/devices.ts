import { GPU_MILLI } from "../../api/placement/devices.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";
import type { NodeFilter } from "./filter.ts";

/** Whole devices need that many devices that nobody shares; a share needs one device with that much left. Sums over devices do not count. */
export const devices: NodeFilter = {
  name: "Devices",
  static: false,
  preemptable: true,
  compile(shape, snapshot) {
    const request = shape.device;
    if (request === undefined) return undefined;
    return (node) => snapshot.nodes[node]!.devices?.fits(request) ?? false;
  },
  trial(shape, snapshot, node) {
    const request = shape.device;
    if (request === undefined) return undefined;
    const pool = snapshot.nodes[node]!.devices?.copy();
    return {
      remove: ({ pod, devices: held }) => pool?.release(held, pod.shape.device?.milli ?? 0),
      restore: ({ pod, devices: held }) => pool?.take(held, pod.shape.device?.milli ?? 0),
      add: ({ shape: other }) => {
        if (other.device !== undefined) pool?.take(pool.choose(other.device) ?? [], other.device.milli);
      },
      passes: () => pool?.fits(request) ?? false,
      reasons: () => reasonsOf(shape),
    };
  },
  reasons: reasonsOf,
};

function reasonsOf(shape: PodShape): readonly string[] {
  return [`Insufficient ${shape.device?.resource ?? GPU_MILLI}`];
}
