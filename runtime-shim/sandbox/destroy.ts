import { rmSync } from "node:fs";
import { containersIn, type ShimContext } from "../context.ts";
import { destroyContainer } from "../container/destroy.ts";
import { endContainer } from "../container/stop.ts";
import { removeCgroup } from "../os/cgroups.ts";
import { unmountAll } from "../os/mounts.ts";
import type { SandboxRecord } from "../state/records.ts";
import { releaseSandboxFiles } from "./files.ts";

/** Ends all containers of a sandbox and gives back its network and namespaces; records stay. Idempotent. */
export async function quiesceSandbox(context: ShimContext, record: SandboxRecord): Promise<void> {
  const containers = containersIn(context, record.id);
  await Promise.all(containers.filter((container) => container.internal !== true).map((container) => endContainer(context, container, 0)));
  for (const container of containers) if (container.internal === true) await destroyContainer(context, container);
  delete record.holderId;
  context.failpoint("sandbox.stop.containers");
  await context.network.detach(record.id);
  context.failpoint("sandbox.stop.network");
  for (const kind of ["net", "ipc"]) {
    const pin = context.paths.namespace(record.id, kind);
    unmountAll(pin);
    rmSync(pin, { force: true });
  }
  releaseSandboxFiles(context, record);
  context.failpoint("sandbox.stop.namespaces");
}

/** Removes a sandbox with everything that is its. Idempotent; works on what a crash left half made. */
export async function destroySandbox(context: ShimContext, record: SandboxRecord): Promise<void> {
  record.phase = "removing";
  context.sandboxes.save(record);
  context.failpoint("sandbox.remove.intent");
  await quiesceSandbox(context, record);
  for (const container of containersIn(context, record.id)) await destroyContainer(context, container);
  context.failpoint("sandbox.remove.containers");
  if (record.ownCgroup) removeCgroup(context.cgroups, record.cgroupParent);
  context.cpuRates.forget(record.id);
  context.sandboxes.remove(record.id);
  context.failpoint("sandbox.remove.files");
}
