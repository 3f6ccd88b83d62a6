import type { Handlers, ImageRpcs, RuntimeRpcs } from "../cri/service.ts";
import { createContainer } from "./container/create.ts";
import { execSync } from "./container/exec-sync.ts";
import { listContainers } from "./container/list.ts";
import { removeContainer } from "./container/remove.ts";
import { reopenContainerLog } from "./container/reopen-log.ts";
import { startContainer } from "./container/start.ts";
import { containerStatus } from "./container/status.ts";
import { stopContainer } from "./container/stop.ts";
import { updateContainerResources } from "./container/update.ts";
import type { ShimContext } from "./context.ts";
import { CriError } from "./errors.ts";
import { importImages } from "./image/import.ts";
import type { ImportRequest, ImportResponse } from "./image/import-service.ts";
import { pullImage } from "./image/pull.ts";
import { imageFsInfo, imageStatus, listImages, removeImage } from "./image/verbs.ts";
import { runtimeConfig, status, updateRuntimeConfig, version } from "./runtime-verbs.ts";
import { listPodSandbox } from "./sandbox/list.ts";
import { removePodSandbox } from "./sandbox/remove.ts";
import { runPodSandbox } from "./sandbox/run.ts";
import { podSandboxStatus, updatePodSandboxResources } from "./sandbox/status.ts";
import { stopPodSandbox } from "./sandbox/stop.ts";
import { attach } from "./streaming/attach.ts";
import { listMetricDescriptors, listPodSandboxMetrics } from "./stats/metrics.ts";
import { containerStats, listContainerStats, listPodSandboxStats, podSandboxStats } from "./stats/verbs.ts";
import { exec } from "./streaming/exec.ts";
import { portForward } from "./streaming/port-forward.ts";
import type { StreamingServer } from "./streaming/streaming-server.ts";

/** CRI's RuntimeService on a context. A verb that is left out answers UNIMPLEMENTED. */
export function runtimeHandlers(context: ShimContext, streaming: StreamingServer): Partial<Handlers<RuntimeRpcs>> {
  return {
    Version: () => version(context),
    Status: (request) => status(context, request),
    RuntimeConfig: () => runtimeConfig(),
    UpdateRuntimeConfig: (request) => updateRuntimeConfig(context, request),
    RunPodSandbox: (request) => runPodSandbox(context, request),
    StopPodSandbox: (request) => stopPodSandbox(context, request),
    RemovePodSandbox: (request) => removePodSandbox(context, request),
    PodSandboxStatus: (request) => podSandboxStatus(context, request),
    ListPodSandbox: (request) => listPodSandbox(context, request),
    CreateContainer: (request) => createContainer(context, request),
    StartContainer: (request) => startContainer(context, request),
    StopContainer: (request) => stopContainer(context, request),
    RemoveContainer: (request) => removeContainer(context, request),
    ListContainers: (request) => listContainers(context, request),
    ContainerStatus: (request) => containerStatus(context, request),
    UpdateContainerResources: (request) => updateContainerResources(context, request),
    ReopenContainerLog: (request) => reopenContainerLog(context, request),
    ExecSync: (request, signal) => execSync(context, request, signal),
    Exec: (request) => exec(context, (checked) => streaming.issue({ verb: "exec", request: checked }), request),
    Attach: (request) => attach(context, (checked) => streaming.issue({ verb: "attach", request: checked }), request),
    PortForward: (request) => portForward(context, (checked) => streaming.issue({ verb: "portforward", request: checked }), request),
    ContainerStats: (request) => containerStats(context, request),
    ListContainerStats: (request) => listContainerStats(context, request),
    PodSandboxStats: (request) => podSandboxStats(context, request),
    ListPodSandboxStats: (request) => listPodSandboxStats(context, request),
    ListMetricDescriptors: () => listMetricDescriptors(),
    ListPodSandboxMetrics: () => listPodSandboxMetrics(context),
    UpdatePodSandboxResources: (request) => updatePodSandboxResources(context, request),
    StreamContainers: (request) => inBatches(listContainers(context, request), "containers"),
    StreamPodSandboxes: (request) => inBatches(listPodSandbox(context, request), "items", "podSandboxes"),
    StreamContainerStats: (request) => inBatches(listContainerStats(context, request), "stats", "containerStats"),
    StreamPodSandboxStats: (request) => inBatches(listPodSandboxStats(context, request), "stats", "podSandboxStats"),
    StreamPodSandboxMetrics: () => inBatches(listPodSandboxMetrics(context), "podMetrics", "podSandboxMetrics"),
    GetContainerEvents: (_, signal) => context.events.subscribe(signal),
  };
}

/** CRI's ImageService on a context. */
export function imageHandlers(context: ShimContext): Partial<Handlers<ImageRpcs>> {
  return {
    ListImages: (request) => listImages(context, request),
    ImageStatus: (request) => imageStatus(context, request),
    StreamImages: (request) => inBatches(listImages(context, request), "images"),
    PullImage: (request) => pullImage(context, request),
    RemoveImage: (request) => removeImage(context, request),
    ImageFsInfo: () => imageFsInfo(context),
  };
}

/** How many entries one message of a streamed list has. */
const BATCH = 100;

/** A list's answer as a stream of answers with some of the entries each: `list` names the field in the former, `field` in the latter. */
async function* inBatches<L extends string, F extends string = L>(answer: Promise<{ readonly [key in L]?: readonly unknown[] | undefined }>, list: L, field: F = list as unknown as F): AsyncGenerator<Record<F, never[]>, void, void> {
  const entries = (await answer)[list] ?? [];
  for (let at = 0; at < entries.length; at += BATCH) yield { [field]: entries.slice(at, at + BATCH) } as Record<F, never[]>;
}

/** The private verb behind `berth image import`. */
export async function handleImport(context: ShimContext, request: ImportRequest): Promise<ImportResponse> {
  if (typeof request.path !== "string" || !request.path.startsWith("/")) throw new CriError("INVALID_ARGUMENT", "the path to import must be absolute");
  const records = await importImages(context.assembly, context.ingest, request.path);
  return { images: records.map((record) => ({ id: record.id, names: Object.keys(record.tags) })) };
}
