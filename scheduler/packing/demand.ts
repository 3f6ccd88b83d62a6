import type { PodShape } from "../snapshot/pod-shape.ts";

/** What a pod takes of a node, as far as packing looks at it. Containers without requests count as scores count them, so that they do not pile up. */
export interface Demand {
  readonly cpu_milli: number;
  readonly memory_mib: number;
  /** Whole devices, or 1 for a share. */
  readonly devices: number;
  /** Of each device: 1000 for whole ones, 0 without devices. */
  readonly milli: number;
  readonly shape: PodShape;
}

const MIB = 1024 * 1024;

export function demandOf(shape: PodShape): Demand {
  const { scoredCpu_milli, scoredMemory_bytes } = shape.requests;
  return {
    cpu_milli: scoredCpu_milli,
    memory_mib: Math.ceil(scoredMemory_bytes / MIB),
    devices: shape.device?.count ?? 0,
    milli: shape.device?.milli ?? 0,
    shape,
  };
}
