import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { destroyContainer, killStrayMonitors, releaseRuntime } from "./container/destroy.ts";
import { killSession, pidIn } from "./container/exec-process.ts";
import { recordExit } from "./container/exited.ts";
import { isWaitingForStart } from "./container/start.ts";
import { now_ns, type ShimContext } from "./context.ts";
import { messageOf } from "./errors.ts";
import { processesOf } from "./os/cgroups.ts";
import { listMounts, unmountAll } from "./os/mounts.ts";
import { isAlive } from "./os/processes.ts";
import { destroySandbox, quiesceSandbox } from "./sandbox/destroy.ts";
import { pinnedKinds } from "./sandbox/placement.ts";
import type { ContainerRecord, SandboxRecord } from "./state/records.ts";

/** What a repair did, for the log. */
export interface Repaired {
  undone: number;
  finished: number;
  ended: number;
}

/**
 * Brings what is on disk and what is on the machine together again, after the shim or the machine went down at any point: what
 * was being made is undone (nobody was told its id), what was being removed is removed, what runs is taken over.
 */
export async function recover(context: ShimContext, broken: readonly string[]): Promise<Repaired> {
  const repaired: Repaired = { undone: 0, finished: 0, ended: 0 };
  clearDirectory(context.paths.trash());
  for (const id of broken) {
    removeBroken(context, id);
    repaired.undone++;
  }
  for (const record of [...context.containers.values()]) await repairContainer(context, record, repaired);
  for (const record of [...context.sandboxes.values()]) await repairSandbox(context, record, repaired);
  for (const record of context.containers.values()) if (record.layers.length > 0) context.layerPins.set(record.id, context.images.pin(record.layers));
  context.images.collect();
  await context.network.sweep((id) => context.sandboxes.get(id)?.phase === "ready");
  sweepPins(context);
  return repaired;
}

async function repairContainer(context: ShimContext, record: ContainerRecord, repaired: Repaired): Promise<void> {
  try {
    const sandbox = context.sandboxes.get(record.sandboxId);
    const orphaned = sandbox === undefined || (record.internal === true && sandbox.holderId !== record.id);
    if (record.phase === "creating" || record.phase === "removing" || orphaned) {
      repaired[record.phase === "removing" ? "finished" : "undone"]++;
      killStrayMonitors(record.id);
      await destroyContainer(context, record);
    } else if (record.phase === "starting") {
      await repairStart(context, record);
      repaired.finished++;
    } else if (record.phase === "running") {
      recordExit(context, record);
      if ((record.phase as string) === "exited") repaired.ended++;
    }
    endExecs(context, record);
  } catch (error) {
    context.logger.error({ container: record.id, error: messageOf(error) }, "a container could not be repaired: the next start tries again");
  }
}

/** Cut off in the middle of StartContainer: it runs when its process was let go, else the start has failed. */
async function repairStart(context: ShimContext, record: ContainerRecord): Promise<void> {
  if (record.pid !== undefined && record.monitorPid !== undefined && !isWaitingForStart(context, record.id)) {
    record.phase = "running";
    context.containers.save(record);
    return recordExit(context, record);
  }
  killStrayMonitors(record.id);
  await releaseRuntime(context, record);
  context.exits.remove(record.id);
  record.phase = "exited";
  record.exitCode = 128;
  record.reason = "StartError";
  record.message = "the runtime shim ended while it was starting the container";
  record.finishedAt_ns = now_ns(context);
  context.containers.save(record);
}

async function repairSandbox(context: ShimContext, record: SandboxRecord, repaired: Repaired): Promise<void> {
  try {
    if (record.phase === "creating" || record.phase === "removing") {
      repaired[record.phase === "creating" ? "undone" : "finished"]++;
      await destroySandbox(context, record);
    } else if (record.phase === "stopping" || (record.phase === "ready" && !isPinned(context, record))) {
      repaired.finished++;
      record.phase = "stopping";
      await quiesceSandbox(context, record);
      record.phase = "stopped";
      context.sandboxes.save(record);
    }
  } catch (error) {
    context.logger.error({ sandbox: record.id, error: messageOf(error) }, "a sandbox could not be repaired: the next start tries again");
  }
}

/** A restart of the machine takes the namespaces away, but not the files that they were mounted on. */
function isPinned(context: ShimContext, record: SandboxRecord): boolean {
  const mounted = new Set(listMounts().map((candidate) => candidate.target));
  const holder = record.holderId === undefined ? undefined : context.containers.get(record.holderId);
  const held = record.holderId === undefined || (holder?.pid !== undefined && isAlive(holder.pid, holder.pidStart ?? -1));
  return held && record.bootId === context.bootId && pinnedKinds(record).every((kind) => mounted.has(context.paths.namespace(record.id, kind)));
}

/** A directory without a readable record: whatever is mounted in it goes. */
function removeBroken(context: ShimContext, id: string): void {
  for (const parent of [context.paths.sandbox(id), context.paths.container(id)]) {
    if (!existsSync(parent)) continue;
    for (const mounted of listMounts().filter((candidate) => candidate.target.startsWith(`${parent}/`)).reverse()) unmountAll(mounted.target);
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Pins of namespaces that belong to no sandbox: from a crash between making one and writing of it. */
function sweepPins(context: ShimContext): void {
  const directory = context.paths.namespaces();
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    if (context.sandboxes.get(name.slice(0, 64))?.phase === "ready") continue;
    unmountAll(join(directory, name));
    rmSync(join(directory, name), { force: true });
  }
}

/** Ends commands whose callers went with the last run, and removes their files. */
function endExecs(context: ShimContext, record: ContainerRecord): void {
  const directory = context.paths.container(record.id);
  if (!existsSync(directory)) return;
  const files = readdirSync(directory).filter((name) => /^exec-[0-9]+\.(json|pid)$/.test(name));
  for (const name of files.filter((candidate) => candidate.endsWith(".pid"))) {
    const running = pidIn(join(directory, name));
    // The pid may be another's by now: only one in the container's cgroup is meant.
    if (running !== undefined && processesOf(context.cgroups, record.cgroupPath).includes(running.pid)) killSession(context, record, running.pid, running.startTime);
  }
  for (const name of files) rmSync(join(directory, name), { force: true });
}

function clearDirectory(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true, force: true });
}
