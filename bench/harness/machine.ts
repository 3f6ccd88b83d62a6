import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll, processesOf, removeCgroups, unmountBelow } from "../../cli/daemon/leftovers.ts";
import { cgroupRoot } from "../../cli/daemon/layout.ts";
import { systemClock } from "../../lib/clock.ts";
import { BERTH } from "../../e2e/harness/cluster.ts";
import { createNetworkLab, type LabHost } from "../../e2e/harness/network-lab.ts";
import { run } from "../../e2e/harness/run.ts";

/** A machine of the bench's own: a network namespace with no route out, and an empty data folder. */
export interface BenchMachine {
  readonly host: LabHost;
  readonly dir: string;
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Stops and removes all. */
  close(): Promise<void>;
}

export function createBenchMachine(): BenchMachine {
  const dir = mkdtempSync(join(tmpdir(), "bbench-"));
  const dataDir = join(dir, "data");
  const lab = createNetworkLab(`b${process.pid.toString(36).slice(-4)}`, ["m"]);
  const host = lab.host("m");
  const env = { BERTH_DATA_DIR: dataDir, KUBECONFIG: "" };
  return {
    host,
    dir,
    dataDir,
    env,
    async close() {
      await run(host, [BERTH, "purge"], { env });
      await killAll(processesOf(dataDir), systemClock, 5000);
      unmountBelow(dir);
      await removeCgroups(cgroupRoot(dataDir), systemClock).catch(() => undefined);
      lab.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
