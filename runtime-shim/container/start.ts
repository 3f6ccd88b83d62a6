import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { containerOf, now_ns, type ShimContext } from "../context.ts";
import { CriError, messageOf } from "../errors.ts";
import { createMonitored } from "../monitor/conmon.ts";
import type { ContainerRecord } from "../state/records.ts";
import { startCreated } from "../oci/start-created.ts";
import { releaseRuntime } from "./destroy.ts";
import { recordExit } from "./exited.ts";
import { publishContainer } from "./publish.ts";

/** Exit code of a container whose program could not be started, as every CRI runtime reports it. */
const START_ERROR_CODE = 128;

/** Starts a created container. When its program can't be started it becomes exited with 128 and StartError. */
export async function startContainer(context: ShimContext, request: Message<"StartContainerRequest">): Promise<Init<"StartContainerResponse">> {
  const record = containerOf(context, request.containerId);
  return context.locks.run(record.id, async () => {
    if (record.phase !== "created") throw new CriError("FAILED_PRECONDITION", `container ${record.id} is ${record.phase}: only a created one can be started`);
    if (context.sandboxes.get(record.sandboxId)?.phase !== "ready") throw new CriError("FAILED_PRECONDITION", `sandbox ${record.sandboxId} of container ${record.id} is not ready`);
    await launch(context, record);
    return {};
  });
}

/** Brings a created container's processes to life. */
export async function launch(context: ShimContext, record: ContainerRecord): Promise<void> {
  record.phase = "starting";
  context.containers.save(record);
  context.failpoint("container.start.intent");
  try {
    prepareLog(record);
    Object.assign(record, await monitored(context, record));
    if (record.monitorPid !== undefined) void context.reaper.wait(record.monitorPid).then(() => recordExit(context, record));
    context.containers.save(record);
    context.failpoint("container.start.created");
    await startCreated(context.runtime, record.id, context.clock);
    context.failpoint("container.start.started");
  } catch (error) {
    await failStart(context, record, messageOf(error));
    throw error instanceof CriError ? error : new CriError("UNKNOWN", messageOf(error));
  }
  record.phase = "running";
  record.startedAt_ns = now_ns(context);
  context.containers.save(record);
  publishContainer(context, record, "CONTAINER_STARTED_EVENT");
  // It may have ended already: nobody looked while it was starting.
  recordExit(context, record);
  context.failpoint("container.start.done");
}

function monitored(context: ShimContext, record: ContainerRecord) {
  return createMonitored({
    id: record.id,
    bundle: context.paths.container(record.id),
    logPath: record.logPath,
    exitDir: context.paths.exits(),
    runtime: context.runtime,
    conmon: context.conmon,
    stdin: record.config.stdin,
    leaveStdinOpen: record.config.stdin && !record.config.stdinOnce,
    terminal: record.config.tty,
    clock: context.clock,
  });
}

/** The log's directory is made; a link at its place would let whoever made it choose what file the monitor writes to. */
function prepareLog(record: ContainerRecord): void {
  if (record.logPath === "") return;
  mkdirSync(dirname(record.logPath), { recursive: true, mode: 0o755 });
  if (existsSync(record.logPath) && !lstatSync(record.logPath).isFile()) throw new Error(`log path ${record.logPath} is not a regular file`);
}

async function failStart(context: ShimContext, record: ContainerRecord, message: string): Promise<void> {
  await releaseRuntime(context, record);
  context.exits.remove(record.id);
  record.phase = "exited";
  record.exitCode = START_ERROR_CODE;
  record.reason = "StartError";
  record.message = message;
  record.finishedAt_ns = now_ns(context);
  context.containers.save(record);
  context.events.exited(record.id);
}

/** The fifo that a created container's first process waits on: there as long as nobody has started it. */
export function isWaitingForStart(context: ShimContext, id: string): boolean {
  return existsSync(join(context.runtime.root, id, "exec.fifo"));
}
