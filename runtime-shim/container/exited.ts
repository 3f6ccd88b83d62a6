import { existsSync } from "node:fs";
import { join } from "node:path";
import { now_ns, type ShimContext } from "../context.ts";
import { killCgroup, oomKillsOf } from "../os/cgroups.ts";
import { isAlive, signalProcess } from "../os/processes.ts";
import type { ContainerRecord } from "../state/records.ts";
import { publishContainer } from "./publish.ts";

/** What is known of a container whose monitor ended without a word: as if killed. */
const LOST_EXIT_CODE = 137;

/**
 * Takes over a container's end when its monitor has written it, or when the monitor itself is gone. Does nothing while it
 * runs. Cheap enough to be asked at every status.
 */
export function recordExit(context: ShimContext, record: ContainerRecord): void {
  if (record.phase !== "running") return;
  const exit = context.exits.read(record.id);
  if (exit !== undefined) return ended(context, record, exit.exitCode, exit.finishedAt_ns);
  if (record.monitorPid === undefined || isAlive(record.monitorPid, record.monitorStart ?? -1)) return;
  // The monitor may have written the exit between the two looks.
  const late = context.exits.read(record.id);
  if (late !== undefined) return ended(context, record, late.exitCode, late.finishedAt_ns);
  if (record.pid !== undefined) signalProcess(record.pid, record.pidStart ?? -1, "SIGKILL");
  record.message = "the container's monitor ended unexpectedly: its exit code is not known";
  ended(context, record, LOST_EXIT_CODE, now_ns(context), "ContainerStatusUnknown");
}

function ended(context: ShimContext, record: ContainerRecord, exitCode: number, finishedAt_ns: number, reason?: string): void {
  // As other CRI runtimes have it: whichever process was killed, and whatever the container made of that.
  const oom = wasOutOfMemory(context, record);
  // With a PID namespace of its own all its processes went with the first one.
  if (record.sharesPids) killCgroup(context.cgroups, record.cgroupPath);
  record.phase = "exited";
  record.exitCode = exitCode;
  record.finishedAt_ns = Math.max(finishedAt_ns, record.startedAt_ns ?? 0);
  record.reason = reason ?? (oom ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error");
  context.containers.save(record);
  context.failpoint("container.exit.seen");
  context.events.exited(record.id);
  publishContainer(context, record, "CONTAINER_STOPPED_EVENT");
}

/** The kernel's count in the container's cgroup; the monitor's note where the cgroup is gone already. */
function wasOutOfMemory(context: ShimContext, record: ContainerRecord): boolean {
  return oomKillsOf(context.cgroups, record.cgroupPath) > 0 || existsSync(join(context.paths.container(record.id), "oom"));
}
