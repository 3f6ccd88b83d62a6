import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import type { PurgeOptions } from "../../runtime-shim/shim.ts";
import { DEFAULT_DATA_DIR } from "../options.ts";
import type { ComponentName } from "./cluster-record.ts";

/** The checkout that this CLI is part of. */
export const CHECKOUT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Files of a cluster of this machine below its data folder. */
export function layoutOf(dataDir: string) {
  return {
    runDir: join(dataDir, "run"),
    shimEndpoint: `unix://${join(dataDir, "run", "shim.sock")}`,
    shimDataDir: join(dataDir, "shim"),
    shimRunDir: join(dataDir, "run", "shim"),
    agentDataDir: join(dataDir, "agent"),
    pkiDir: join(dataDir, "pki"),
    logFile: (component: ComponentName) => join(dataDir, "log", `${component}.log`),
    crashFile: (component: ComponentName) => join(dataDir, "log", `${component}.out`),
    pidFile: (component: ComponentName) => join(dataDir, "run", `${component}.pid`),
  };
}

/** How the runtime's leftovers are found when its shim does not run. */
export function purgeOptions(dataDir: string, removeData: boolean): PurgeOptions {
  const layout = layoutOf(dataDir);
  return { dataDir: layout.shimDataDir, runDir: layout.shimRunDir, removeData, clock: systemClock, random: systemRandom, logger: silentLogger };
}

/** Whether a runtime ever ran in the data folder. */
export function hasRuntimeData(dataDir: string): boolean {
  return existsSync(layoutOf(dataDir).shimDataDir);
}

/** Cgroup of the pods that `berth up` runs: one for each data folder, so that purging one leaves another's alone. */
export function cgroupRoot(dataDir: string): string {
  return dataDir === DEFAULT_DATA_DIR ? "/berth" : `/berth-${createHash("sha256").update(dataDir).digest("hex").slice(0, 8)}`;
}
