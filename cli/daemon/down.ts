import { systemClock } from "../../lib/clock.ts";
import { purgeRuntime } from "../../runtime-shim/shim.ts";
import { createProgress, type Progress } from "../output/progress.ts";
import { UserError } from "../user-error.ts";
import { type ClusterRecord, readRecord, removeRecord } from "./cluster-record.ts";
import { CHECKOUT, hasRuntimeData, layoutOf, purgeOptions } from "./layout.ts";
import { unmountBelow } from "./leftovers.ts";
import { stopSupervised } from "./supervisor.ts";

/** Time that a component gets to end before it is killed. */
const STOP_GRACE_MS = 10_000;

/** `berth down`: the components, then every container; the state stays. */
export async function down(dataDir: string): Promise<void> {
  const progress = createProgress(process.stderr, () => systemClock.now_ms());
  const stopped = await stopCluster(dataDir, progress);
  progress.say(stopped ? `The cluster is stopped; its state is in ${dataDir}. 'make up' starts it again, 'make purge' removes it.` : "No cluster runs here.");
}

/** The record of the cluster in this data folder. @throws UserError when the machine's cluster is another one */
export function ownRecord(dataDir: string): ClusterRecord | undefined {
  const record = readRecord();
  if (record === undefined || record.dataDir === dataDir) return record;
  throw new UserError(`the cluster that runs here has its data in ${record.dataDir} (started from ${record.checkout}), not in ${dataDir}. To stop it: BERTH_DATA_DIR=${record.dataDir} ${record.checkout}/bin/berth down`);
}

/** Stops all of it; says whether there was anything to stop. Safe to repeat after it was interrupted anywhere. */
export async function stopCluster(dataDir: string, progress: Progress): Promise<boolean> {
  const record = ownRecord(dataDir);
  if (record !== undefined && record.checkout !== CHECKOUT) throw new UserError(`the cluster in ${dataDir} was started from ${record.checkout}. To stop it: ${record.checkout}/bin/berth down`);
  const layout = layoutOf(dataDir);
  if (record !== undefined)
    await progress.step("stopping agent, runtime and server", async () => {
      // The agent first: it must not mend what is taken down after it.
      for (const component of ["agent", "shim", "server"] as const) await stopSupervised(record.supervisors[component], layout.pidFile(component), systemClock, STOP_GRACE_MS);
    });
  if (hasRuntimeData(dataDir)) await progress.step("stopping containers", () => purgeRuntime(purgeOptions(dataDir, false)));
  // The agent keeps its pods' secrets in memory, on a tmpfs that outlives it.
  unmountBelow(layout.agentDataDir);
  removeRecord();
  return record !== undefined;
}
