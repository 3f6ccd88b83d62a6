import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ShimContext } from "../context.ts";
import { systemCodeOf } from "../errors.ts";
import { killCgroup, removeCgroup } from "../os/cgroups.ts";
import { unmountAll } from "../os/mounts.ts";
import { isAlive, run, signalProcess, startTimeOf } from "../os/processes.ts";
import { readIfExists } from "../os/files.ts";
import { MONITOR_PIDFILE } from "../monitor/conmon.ts";
import type { ContainerRecord } from "../state/records.ts";
import { IMAGE_MOUNTS } from "./image-mounts.ts";
import { unmountRootfs } from "./rootfs.ts";

/** Ends whatever runs of a container and removes every trace of it. Idempotent; works on what a crash left half made. */
export async function destroyContainer(context: ShimContext, record: ContainerRecord): Promise<void> {
  if (record.phase !== "removing") {
    record.phase = "removing";
    context.containers.save(record);
  }
  context.failpoint("container.remove.intent");
  await releaseRuntime(context, record);
  context.failpoint("container.remove.runtime");
  const directory = context.paths.container(record.id);
  unmountRootfs(directory);
  for (const name of namesIn(join(directory, IMAGE_MOUNTS))) unmountAll(join(directory, IMAGE_MOUNTS, name));
  context.failpoint("container.remove.rootfs");
  context.exits.remove(record.id);
  context.containers.remove(record.id);
  context.failpoint("container.remove.files");
  context.diskUsages.forget(join(directory, "upper"));
  context.cpuRates.forget(record.id);
  context.layerPins.get(record.id)?.();
  context.layerPins.delete(record.id);
}

/** Kills the container's processes and monitor and has the OCI runtime forget it; its files stay. */
export async function releaseRuntime(context: ShimContext, record: ContainerRecord): Promise<void> {
  const state = join(context.runtime.root, record.id);
  const created = namesIn(state).length > 0 || readIfExists(join(context.paths.container(record.id), MONITOR_PIDFILE)) !== undefined;
  // After the first process' end runc's "delete" is what follows here anyway.
  const ended = context.runtime.isRunc && record.exitCode !== undefined && !isAlive(record.pid ?? -1, record.pidStart ?? -1);
  if (created && !ended) {
    const result = await run(context.runtime.path, ["--root", context.runtime.root, "delete", "--force", record.id], { clock: context.clock });
    if (result.exitCode !== 0 && namesIn(state).length > 0) context.logger.warn({ container: record.id, stderr: result.stderr.toString() }, "the OCI runtime could not delete a container: its state is removed");
  }
  rmSync(state, { recursive: true, force: true });
  killMonitor(context, record);
  for (let attempt = 0; attempt < 100 && !removeCgroup(context.cgroups, record.cgroupPath); attempt++) {
    killCgroup(context.cgroups, record.cgroupPath);
    await context.clock.sleep(10);
  }
}

/** The monitor ends by itself after the container; one that lost its container does not. */
function killMonitor(context: ShimContext, record: ContainerRecord): void {
  if (context.exits.read(record.id) !== undefined) return;
  const text = readIfExists(join(context.paths.container(record.id), MONITOR_PIDFILE));
  const pid = record.monitorPid ?? (text === undefined ? Number.NaN : Number(text));
  if (!Number.isInteger(pid) || pid <= 1 || !isMonitorOf(pid, record.id)) return;
  const start = startTimeOf(pid);
  if (start !== undefined) signalProcess(pid, start, "SIGKILL");
}

/** Whether that process has this container's id on its command line: the monitor, or the runtime that it started. */
function isMonitorOf(pid: number, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(id);
  } catch {
    return false;
  }
}

/** Ends monitors of this container that had no time to write their pid: for what a crash left. */
export function killStrayMonitors(id: string): void {
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !isMonitorOf(pid, id)) continue;
    const start = startTimeOf(pid);
    if (start !== undefined) signalProcess(pid, start, "SIGKILL");
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || systemCodeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}
