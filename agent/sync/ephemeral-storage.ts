import { join } from "node:path";
import { Quantity } from "../../api/quantity.ts";
import type { Pod } from "../../api/wire.ts";
import type { NodeContext } from "../pod/node-context.ts";
import { podLogDir } from "../pod/paths.ts";
import { currentSandbox, type PodRuntime } from "../pod/runtime-state.ts";
import { specOf } from "../pod/spec.ts";
import type { EndReason } from "../status/pod-status.ts";
import { diskUsage } from "../volume/usage.ts";

const RESOURCE = "ephemeral-storage";

/** What a pod has written on the node's disk. */
export interface StorageUsage {
  /** Bytes of each container's own layer and its logs, by name. */
  readonly containers: ReadonlyMap<string, number>;
  /** Bytes of emptyDirs on disk. */
  readonly volumes_bytes: number;
}

/** Whether any container is limited in what it may write to the node's disk. */
export function hasStorageLimit(pod: Pod): boolean {
  return specOf(pod).containers.some((container) => container.resources?.limits?.[RESOURCE] !== undefined);
}

/** Why the pod is to be evicted, in kubelet's words and order: all of it against the sum of its limits, then each container against its own. */
export function storageOverLimit(pod: Pod, usage: StorageUsage): EndReason | undefined {
  const { containers } = specOf(pod);
  const limits = containers.flatMap(({ name, resources }) => (resources?.limits?.[RESOURCE] === undefined ? [] : [{ name, limit: Quantity.parse(resources.limits[RESOURCE]) }]));
  const [first, ...rest] = limits;
  if (first === undefined) return undefined;
  const sum = rest.reduce((total, { limit }) => total.add(limit), first.limit);
  const used_bytes = [...usage.containers.values()].reduce((total, bytes) => total + bytes, usage.volumes_bytes);
  if (BigInt(used_bytes) > sum.value()) return { reason: "Evicted", message: `Pod ephemeral local storage usage exceeds the total limit of containers ${sum}. ` };
  const over = limits.find(({ name, limit }) => BigInt(usage.containers.get(name) ?? 0) > limit.value());
  return over === undefined ? undefined : { reason: "Evicted", message: `Container ${over.name} exceeded its local ephemeral storage limit "${over.limit}". ` };
}

/** Asks the runtime for the containers' layers and counts logs and emptyDirs. */
export async function storageUsage(context: NodeContext, pod: Pod, runtime: PodRuntime): Promise<StorageUsage> {
  const containers = new Map<string, number>();
  const add = (name: string, bytes: number) => containers.set(name, (containers.get(name) ?? 0) + bytes);
  const { stats } = await context.cri.runtime.ListContainerStats({ filter: { podSandboxId: currentSandbox(runtime)?.id ?? "" } });
  for (const { attributes, writableLayer } of stats) add(attributes?.metadata?.name ?? "", writableLayer?.usedBytes?.value ?? 0);
  for (const { name } of specOf(pod).containers) add(name, await diskUsage(join(podLogDir(context.paths, pod), name), Number.MAX_SAFE_INTEGER));
  let volumes_bytes = 0;
  for (const volume of specOf(pod).volumes ?? []) {
    const path = volume.emptyDir === undefined || volume.emptyDir.medium === "Memory" ? undefined : context.volumes.find(pod, volume.name)?.path;
    if (path !== undefined) volumes_bytes += await diskUsage(path, Number.MAX_SAFE_INTEGER);
  }
  return { containers, volumes_bytes };
}
