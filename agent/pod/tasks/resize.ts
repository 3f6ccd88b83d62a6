import type { Pod } from "../../../api/wire.ts";
import { type PodLimits, containerResources, podLimits } from "../config/resources.ts";
import type { NodeContext } from "../node-context.ts";
import { findContainer } from "../spec.ts";
import { cgroupOf } from "./sandbox.ts";
import { runtimeWords } from "./start-failure.ts";

export interface ResizeTask {
  readonly from: Pod;
  readonly to: Pod;
  /** Those that change as they run. */
  readonly containers: readonly { readonly name: string; readonly id: string }[];
}

/** Writes the new limits: the pod's own are never below those of its containers meanwhile. @returns what failed, if anything did */
export async function resizePod(context: NodeContext, task: ResizeTask): Promise<{ error?: string }> {
  const path = cgroupOf(context, task.to);
  const [before, after] = [podLimits(task.from), podLimits(task.to)];
  try {
    await context.cgroups.ensure(path, widest(before, after));
    for (const { name, id } of task.containers) {
      const container = findContainer(task.to, name)?.container;
      if (container !== undefined) await context.cri.runtime.UpdateContainerResources({ containerId: id, linux: containerResources(task.to, container, context.memory_bytes) });
    }
    await context.cgroups.ensure(path, after);
    return {};
  } catch (error) {
    return { error: runtimeWords(error) };
  }
}

function widest(a: PodLimits, b: PodLimits): PodLimits {
  const larger = (x: number, y: number, none: number) => (x === none || y === none ? none : Math.max(x, y));
  return { ...b, cpuShares: Math.max(a.cpuShares, b.cpuShares), cpuQuota_us: larger(a.cpuQuota_us, b.cpuQuota_us, -1), memory_bytes: larger(a.memory_bytes, b.memory_bytes, 0) };
}
