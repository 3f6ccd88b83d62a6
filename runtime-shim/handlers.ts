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
import { podSandboxStatus } from "./sandbox/status.ts";
import { stopPodSandbox } from "./sandbox/stop.ts";
import { attach } from "./streaming/attach.ts";
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
    GetContainerEvents: (_, signal) => context.events.subscribe(signal),
  };
}

/** CRI's ImageService on a context. */
export function imageHandlers(context: ShimContext): Partial<Handlers<ImageRpcs>> {
  return {
    ListImages: (request) => listImages(context, request),
    ImageStatus: (request) => imageStatus(context, request),
    PullImage: (request) => pullImage(context, request),
    RemoveImage: (request) => removeImage(context, request),
    ImageFsInfo: () => imageFsInfo(context),
  };
}

/** The private verb behind `berth image import`. */
export async function handleImport(context: ShimContext, request: ImportRequest): Promise<ImportResponse> {
  if (typeof request.path !== "string" || !request.path.startsWith("/")) throw new CriError("INVALID_ARGUMENT", "the path to import must be absolute");
  const records = await importImages(context.assembly, context.ingest, request.path);
  return { images: records.map((record) => ({ id: record.id, names: Object.keys(record.tags) })) };
}
