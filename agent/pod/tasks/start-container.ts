import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "../../../api/wire.ts";
import type { EventText } from "../../../client/event-recorder.ts";
import type { Message } from "../../../cri/vocabulary.ts";
import { podNames } from "../config/host-names.ts";
import { containerConfig } from "../config/container-config.ts";
import { containerEnvironment } from "../config/environment.ts";
import { sandboxConfig } from "../config/sandbox-config.ts";
import { checkNonRoot } from "../config/security.ts";
import { HookError, runHook } from "../hooks.ts";
import type { NodeContext } from "../node-context.ts";
import { podLogDir } from "../paths.ts";
import type { StartStep } from "../pod-state.ts";
import { type ContainerRecord, newestOf, type PodRuntime, type SandboxRecord } from "../runtime-state.ts";
import { fieldPathOf, isHostNetwork, type SpecContainer } from "../spec.ts";
import type { StartResult } from "../transitions.ts";
import { ensureImage, type LocalImage } from "./ensure-image.ts";
import { containerMounts } from "./container-mounts.ts";
import { podIdentityOf, sandboxInput } from "./sandbox.ts";
import { runtimeWords, StartFailure } from "./start-failure.ts";
import { killContainer } from "./stop-container.ts";

export interface StartTask {
  readonly pod: Pod;
  readonly entry: SpecContainer;
  readonly attempt: number;
  readonly sandbox: SandboxRecord;
  readonly runtime: PodRuntime;
  /** Aborts when the pod is to end. */
  readonly signal: AbortSignal;
  readonly onStep: (step: StartStep, id?: string) => void;
  /** What the runtime said of the image while the sandbox was made. */
  readonly image?: Promise<Message<"Image"> | undefined> | undefined;
}

export type StartOutcome = StartResult & {
  /** As it was right after its start, even if it has ended since. */
  readonly record?: ContainerRecord;
};

/** Image, create, start, postStart hook; with kubelet's events. Never rejects. */
export async function startContainer(context: NodeContext, task: StartTask): Promise<StartOutcome> {
  const fieldPath = fieldPathOf(task.entry);
  const event = (text: EventText) => context.recorder.event(task.pod, { ...text, fieldPath });
  try {
    const record = await run(context, task, event);
    return { type: "started", ...(record === undefined ? {} : { record }) };
  } catch (error) {
    if (task.signal.aborted || error instanceof SandboxGone) return { type: "aborted" };
    if (!(error instanceof StartFailure)) {
      context.logger.error({ err: error, pod: `${task.pod.metadata.namespace}/${task.pod.metadata.name}` }, "a container could not be started");
      return { type: "failed", reason: { reason: "CreateContainerError", message: (error as Error).message }, hasContainer: false };
    }
    return { type: "failed", reason: error.reason, hasContainer: error.hasContainer, ...(error.retryAt_ms === undefined ? {} : { retryAt_ms: error.retryAt_ms }) };
  }
}

async function run(context: NodeContext, task: StartTask, event: (text: EventText) => void): Promise<ContainerRecord | undefined> {
  const { pod, entry } = task;
  if (task.attempt > 0) await checkSandbox(context, task);
  const image = await ensureImage(context, { pod, container: entry.container, signal: task.signal, event, onPull: () => task.onStep("image"), status: task.image }).catch((error) => {
    if (error instanceof StartFailure) event({ type: "Warning", reason: "Failed", message: `Error: ${error.reason.reason}` });
    throw error;
  });
  task.onStep("create");
  const id = await create(context, task, image, event);
  task.onStep("create", id);
  if (task.signal.aborted) throw task.signal.reason;
  event({ type: "Normal", reason: "Created", message: "Container created" });
  const record = await start(context, task, id, event);
  event({ type: "Normal", reason: "Started", message: "Container started" });
  const hook = entry.container.lifecycle?.postStart;
  if (hook !== undefined) {
    task.onStep("hook", id);
    await postStart(context, task, id, event);
  }
  return record;
}

/** A container that ended may have ended with its sandbox, of which the runtime tells a moment later. */
async function checkSandbox(context: NodeContext, { pod, sandbox }: StartTask): Promise<void> {
  const identity = podIdentityOf(pod);
  await context.watcher.refreshSandbox(identity, sandbox.id).catch(() => {});
  const isUp = context.view.get(identity.uid).sandboxes.some((record) => record.id === sandbox.id && record.ready);
  if (!isUp) throw new SandboxGone();
}

class SandboxGone extends Error {}

async function create(context: NodeContext, task: StartTask, image: LocalImage, event: (text: EventText) => void): Promise<string> {
  const { pod, entry, sandbox } = task;
  const fail = (reason: string, error: unknown) => {
    const message = runtimeWords(error);
    event({ type: "Warning", reason: "Failed", message: `Error: ${message}` });
    return new StartFailure(reason, message);
  };
  const logFolder = mkdir(join(podLogDir(context.paths, pod), entry.container.name), { recursive: true, mode: 0o755 });
  logFolder.catch(() => {});
  let config: ReturnType<typeof containerConfig>;
  try {
    config = await configOf(context, task, image);
  } catch (error) {
    throw fail("CreateContainerConfigError", error);
  }
  try {
    await logFolder;
    const { containerId } = await context.cri.runtime.CreateContainer({ podSandboxId: sandbox.id, config, sandboxConfig: sandboxConfig(sandboxInput(context, pod, sandbox.attempt)) });
    return containerId;
  } catch (error) {
    throw fail("CreateContainerError", error);
  }
}

async function configOf(context: NodeContext, task: StartTask, image: LocalImage): Promise<ReturnType<typeof containerConfig>> {
  const { pod, entry, sandbox, attempt } = task;
  const { container } = entry;
  checkNonRoot(pod, container, image.user);
  const podIps = isHostNetwork(pod) ? context.nodeIps : sandbox.ips;
  const addresses = { podIps, hostIps: context.nodeIps };
  const env = await containerEnvironment({ pod, container, addresses, allocatable: context.allocatable(), source: context.references });
  const mounts = await containerMounts(context, { pod, container, attempt, env, names: podNames(pod, context.dns().domain), podIps });
  return containerConfig({
    pod,
    nodeName: context.nodeName,
    entry,
    attempt,
    imageRef: image.ref,
    imageUser: image.user,
    env,
    mounts,
    nodeMemory_bytes: context.memory_bytes,
    seccompRoot: context.paths.seccomp,
    targetId: targetOf(task),
  });
}

/** An ephemeral container may look into the processes of another. */
function targetOf(task: StartTask): string | undefined {
  const name = (task.entry.container as { targetContainerName?: string }).targetContainerName;
  return name === undefined || name === "" ? undefined : newestOf(task.runtime, name)?.id;
}

/** Starts it and looks at it once: the record says when it started. */
async function start(context: NodeContext, task: StartTask, id: string, event: (text: EventText) => void): Promise<ContainerRecord | undefined> {
  const identity = podIdentityOf(task.pod);
  try {
    await context.cri.runtime.StartContainer({ containerId: id });
  } catch (error) {
    const message = runtimeWords(error);
    event({ type: "Warning", reason: "Failed", message: `Error: ${message}` });
    const record = await context.watcher.refreshContainer(identity, id, task.sandbox.id).catch(() => undefined);
    throw new StartFailure("RunContainerError", message, { hasContainer: record?.state === "exited" });
  }
  return context.watcher.refreshContainer(identity, id, task.sandbox.id).catch(() => undefined);
}

async function postStart(context: NodeContext, task: StartTask, id: string, event: (text: EventText) => void): Promise<void> {
  const { pod, entry, sandbox } = task;
  const podIp = (isHostNetwork(pod) ? context.nodeIps : sandbox.ips)[0] ?? "";
  try {
    await runHook(entry.container.lifecycle?.postStart ?? {}, { pod, container: entry.container, containerId: id, podIp, cri: context.cri, clock: context.clock, signal: task.signal, event: (text) => context.recorder.event(pod, text) });
  } catch (error) {
    if (task.signal.aborted) throw error;
    event({ type: "Warning", reason: "FailedPostStartHook", message: "PostStartHook failed" });
    const grace_s = pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
    await killContainer(context, { pod, entry, id, sandboxId: sandbox.id, podIp, grace_s, message: "FailedPostStartHook", mayStop: async () => {}, signal: task.signal });
    throw new StartFailure("PostStartHookError", error instanceof HookError ? error.message : String(error), { hasContainer: true });
  }
}

