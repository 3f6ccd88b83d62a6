import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { openContext } from "./open-context.ts";
import type { PurgeOptions } from "./options.ts";
import { removeCgroup, removeIfEmpty, type CgroupLayout } from "./os/cgroups.ts";
import { lockDataDir } from "./os/data-lock.ts";
import { listMounts, unmountAll } from "./os/mounts.ts";
import { recover } from "./recover.ts";
import { destroySandbox } from "./sandbox/destroy.ts";
import { Paths } from "./state/paths.ts";

/**
 * Stops and removes every sandbox and container, the bridge, the pod range's route and all mounts, namespaces and cgroups
 * of a data directory whose shim is not running; with `removeData` the directory too. Rejects when a shim holds it.
 */
export async function purgeRuntime(options: PurgeOptions): Promise<void> {
  if (!existsSync(options.dataDir)) return;
  const paths = new Paths(options.dataDir, options.runDir);
  const unlock = lockDataDir(paths.lock());
  try {
    const { context, broken, close } = await openContext(options);
    await recover(context, broken);
    for (const record of [...context.sandboxes.values()]) {
      await destroySandbox(context, record);
      removeWithParents(context.cgroups, record.cgroupParent);
    }
    await context.network.purge();
    await close();
    const below = (target: string) => [paths.dataDir, paths.runDir].some((directory) => target.startsWith(`${directory}/`));
    for (const left of listMounts().filter((candidate) => below(candidate.target)).reverse()) unmountAll(left.target);
    rmSync(paths.runDir, { recursive: true, force: true });
    if (options.removeData) rmSync(paths.dataDir, { recursive: true, force: true });
  } finally {
    unlock();
  }
}

/** A pod's cgroup and those above it that are left empty. */
function removeWithParents(cgroups: CgroupLayout, cgroup: string): void {
  removeCgroup(cgroups, cgroup);
  for (let parent = dirname(cgroup); parent !== "/"; parent = dirname(parent)) if (!removeIfEmpty(cgroups, parent)) return;
}
