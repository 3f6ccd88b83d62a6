import { rmSync } from "node:fs";
import { systemClock } from "../../lib/clock.ts";
import { createLogger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import { unmountAll } from "../os/mounts.ts";
import { purgeRuntime } from "../purge.ts";
import { createShim, type ShimOptions } from "../shim.ts";

/** What the parent process says on the command line, as JSON. */
export interface ProcessInput {
  readonly options: Omit<ShimOptions, "clock" | "random" | "logger" | "failpoint" | "fetch">;
  readonly logLevel: "silent" | "info" | "debug";
  /** The process kills itself at the `failpointVisit`th visit (from 1) to this failpoint. */
  readonly failpoint?: string;
  readonly failpointVisit?: number;
  /** Unmounted and removed as well when the parent goes without a word. */
  readonly cleanUp: readonly string[];
  /** Instead of serving, removes everything and ends. */
  readonly purge?: boolean;
}

// The main module of the process that start-shim.ts starts.
const input = JSON.parse(process.argv[2] ?? "{}") as ProcessInput;
const tools = { clock: systemClock, random: systemRandom, logger: createLogger({ name: "shim", level: input.logLevel }) };
let visits = 0;
const failpoint = (name: string) => {
  if (name === input.failpoint && ++visits === (input.failpointVisit ?? 1)) process.kill(process.pid, "SIGKILL");
};
if (input.purge === true) {
  await purgeRuntime({ ...input.options, ...tools, removeData: true });
} else {
  const shim = createShim({ ...input.options, ...tools, failpoint });
  await shim.start();
  process.stdout.write("ready\n");
  process.on("SIGTERM", () => void shim.close().then(() => process.exit(0)));
  // The test's process is gone, however it went: nothing of ours stays.
  process.stdin.resume().on("end", async () => {
    await shim.close();
    await purgeRuntime({ ...input.options, ...tools, removeData: true });
    for (const path of input.cleanUp) {
      unmountAll(path);
      rmSync(path, { recursive: true, force: true });
    }
    process.exit(0);
  });
}
