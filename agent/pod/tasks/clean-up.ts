import { rm } from "node:fs/promises";
import type { Pod } from "../../../api/wire.ts";
import { podCgroupPath } from "../../cgroup/hierarchy.ts";
import { isCriCode } from "../../cri/cri-client.ts";
import type { NodeContext } from "../node-context.ts";
import { podLogDir } from "../paths.ts";
import type { PodRuntime } from "../runtime-state.ts";
import { uidOf } from "../spec.ts";
import { cgroupOf } from "./sandbox.ts";

/** Takes down the volumes of a pod of which nothing runs any more. Rejects when one is busy: try again. */
export function releaseVolumes(context: NodeContext, pod: Pod): Promise<void> {
  return context.volumes.release(uidOf(pod));
}

/** Removes what the runtime still has of the pod, then its cgroup. */
export async function removeFromRuntime(context: NodeContext, pod: Pod, runtime: PodRuntime): Promise<void> {
  for (const { id } of runtime.containers) await removeContainer(context, id);
  for (const { id } of runtime.sandboxes) {
    await context.cri.runtime.RemovePodSandbox({ podSandboxId: id });
    context.view.drop(id);
  }
  for (const path of cgroupsOf(context, pod)) {
    await context.cgroups.remove(path).catch((error) => context.logger.warn({ error: String(error), pod: uidOf(pod) }, "a pod's cgroup could not be removed"));
  }
}

/** Of a pod whose spec is not known any more it may be any of the three. */
function cgroupsOf(context: NodeContext, pod: Pod): string[] {
  if (pod.spec !== undefined) return [cgroupOf(context, pod)];
  return (["Guaranteed", "Burstable", "BestEffort"] as const).map((qos) => podCgroupPath(context.cgroupRoot, qos, uidOf(pod)));
}

export async function removeContainer(context: NodeContext, id: string): Promise<void> {
  try {
    await context.cri.runtime.RemoveContainer({ containerId: id });
  } catch (error) {
    if (!isCriCode(error, "NotFound")) throw error;
  }
  context.view.drop(id);
}

/** Once the API server has the pod no more. */
export async function removeLogs(context: NodeContext, pod: Pod): Promise<void> {
  await rm(podLogDir(context.paths, pod), { recursive: true, force: true });
}
