import { join } from "node:path";
import { rotateLog } from "../log/rotate.ts";
import type { NodeContext } from "../pod/node-context.ts";
import { containerLogName, podLogDir } from "../pod/paths.ts";
import { specOf } from "../pod/spec.ts";
import type { PodWorker } from "../pod/worker.ts";
import type { EndReason } from "../status/pod-status.ts";
import { emptyDirOverLimit } from "../volume/usage.ts";
import { hasStorageLimit, storageOverLimit, storageUsage } from "./ephemeral-storage.ts";

export interface HousekeepingOptions {
  readonly context: NodeContext;
  readonly workers: () => Iterable<PodWorker>;
  readonly logMaxSize_bytes: number;
  readonly logMaxFiles: number;
}

const PERIOD_MS = 10_000;
/** Evicted pods get this much time, as kubelet gives them. */
const EVICTION_GRACE_S = 1;

/** What no event tells of: logs that grow, pods that write more than they may. Looked at every ten seconds until the signal aborts. */
export async function keepHouse(options: HousekeepingOptions, signal: AbortSignal): Promise<void> {
  const { context, workers } = options;
  while (!signal.aborted) {
    await context.clock.sleep(PERIOD_MS, signal).catch(() => {});
    for (const worker of [...workers()]) {
      if (signal.aborted) return;
      await rotateLogs(options, worker);
      await evictOversized(context, worker);
      // Others may have made room.
      worker.considerResize();
    }
  }
}

async function rotateLogs({ context, logMaxFiles, logMaxSize_bytes }: HousekeepingOptions, worker: PodWorker): Promise<void> {
  const { pod, runtime } = worker.state;
  for (const record of runtime.containers) {
    if (record.state !== "running") continue;
    const path = join(podLogDir(context.paths, pod), containerLogName(record.name, record.attempt));
    await rotateLog(path, record.id, {
      maxSize_bytes: logMaxSize_bytes,
      maxFiles: logMaxFiles,
      clock: context.clock,
      reopen: async (containerId) => {
        await context.cri.runtime.ReopenContainerLog({ containerId });
      },
    }).catch((error) => context.logger.warn({ error: String(error), path }, "a container's log could not be rotated"));
  }
}

async function evictOversized(context: NodeContext, worker: PodWorker): Promise<void> {
  const { stage, ended } = worker.state;
  if (stage !== "running" || ended !== undefined) return;
  const why = await overLimit(context, worker).catch((error) => {
    context.logger.warn({ error: String(error) }, "what a pod has written could not be counted");
    return undefined;
  });
  if (why === undefined) return;
  context.recorder.event(worker.state.pod, { type: "Warning", reason: why.reason, message: why.message });
  worker.end({ ...why, grace_s: EVICTION_GRACE_S });
}

async function overLimit(context: NodeContext, worker: PodWorker): Promise<EndReason | undefined> {
  const { pod, runtime } = worker.state;
  const hasSizeLimit = (specOf(pod).volumes ?? []).some((volume) => volume.emptyDir?.sizeLimit !== undefined);
  const why = hasSizeLimit ? await emptyDirOverLimit(pod, context.volumes) : undefined;
  if (why !== undefined || !hasStorageLimit(pod) || !runtime.containers.some((record) => record.state === "running")) return why;
  return storageOverLimit(pod, await storageUsage(context, pod, runtime));
}
