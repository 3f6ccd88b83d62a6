import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { quantityValue } from "../../api/quantity.ts";
import type { Pod } from "../../api/wire.ts";
import { specOf } from "../pod/spec.ts";
import type { EndReason } from "../status/pod-status.ts";
import type { VolumeManager } from "./volume-manager.ts";

const BLOCK_BYTES = 512;

/** Bytes that a folder takes on its disk, links not followed; the count stops once it is past `limit_bytes`. */
export async function diskUsage(folder: string, limit_bytes: number): Promise<number> {
  let total = 0;
  const pending = [folder];
  for (let path = pending.pop(); path !== undefined && total <= limit_bytes; path = pending.pop()) {
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      const full = join(path, entry.name);
      total += (await lstat(full).catch(() => undefined))?.blocks ?? 0;
      if (entry.isDirectory()) pending.push(full);
      if (total * BLOCK_BYTES > limit_bytes) return total * BLOCK_BYTES;
    }
  }
  return total * BLOCK_BYTES;
}

/** Why the pod is to be evicted for an emptyDir on disk that has outgrown its sizeLimit; undefined: it is not. */
export async function emptyDirOverLimit(pod: Pod, volumes: VolumeManager): Promise<EndReason | undefined> {
  for (const volume of specOf(pod).volumes ?? []) {
    const limit = volume.emptyDir?.sizeLimit;
    // A tmpfs enforces its own.
    if (limit === undefined || volume.emptyDir?.medium === "Memory") continue;
    const limit_bytes = quantityValue(limit);
    const path = volumes.find(pod, volume.name)?.path;
    if (path === undefined || limit_bytes <= 0 || (await diskUsage(path, limit_bytes)) <= limit_bytes) continue;
    return { reason: "Evicted", message: `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". ` };
  }
  return undefined;
}
