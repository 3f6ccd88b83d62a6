import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { purgeRuntime } from "../../runtime-shim/shim.ts";
import { createProgress } from "../output/progress.ts";
import { UserError } from "../user-error.ts";
import { stopCluster } from "./down.ts";
import { cgroupRoot, hasRuntimeData, purgeOptions } from "./layout.ts";
import { requireRoot } from "./preflight.ts";
import { killAll, mountsBelow, processesOf, removeCgroups, unmountBelow } from "./leftovers.ts";

/** Time that killed processes get to disappear. */
const KILL_MS = 5000;

/** What makes a folder Berth's: only such a one is removed. */
const OWN_PARTS = ["pki", "shim", "store", "run", "agent"];

/** `berth purge`: stops the cluster and removes data, mounts, namespaces, routes and cgroups, also after a crash. */
export async function purge(dataDir: string): Promise<void> {
  requireRoot();
  const progress = createProgress(process.stderr, () => systemClock.now_ms());
  if (existsSync(dataDir) && !OWN_PARTS.some((part) => existsSync(join(dataDir, part)))) throw new UserError(`${dataDir} does not look like Berth's data (it has none of ${OWN_PARTS.join(", ")}); remove it yourself if it is to go`);
  await stopCluster(dataDir, progress);
  await progress.step("removing data, mounts, networks and cgroups", async () => {
    if (hasRuntimeData(dataDir)) await purgeRuntime(purgeOptions(dataDir, true)).catch((error: Error) => progress.say(`berth: ${error.message}`));
    await killAll(processesOf(dataDir), systemClock, KILL_MS);
    unmountBelow(dataDir);
    // Removing below a mount would remove what is mounted there: a user's hostPath, for example.
    const mounted = mountsBelow(dataDir);
    if (mounted.length > 0) throw new UserError(`these are still mounted, so nothing was removed: ${mounted.join(", ")}. Unmount them and run purge again`);
    await removeCgroups(cgroupRoot(dataDir), systemClock);
    rmSync(dataDir, { recursive: true, force: true });
  });
  progress.say(`Removed ${dataDir} and all that ran from it.`);
}
