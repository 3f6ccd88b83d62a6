import { GPU_MILLI } from "../snapshot/pod-shape.ts";
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
  reasons: (shape) => [`Insufficient ${shape.device?.resource ?? GPU_MILLI}`],
};
