import { systemClock } from "../../lib/clock.ts";
import { createLogger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import { purgeRuntime } from "../purge.ts";
import { createShim, type ShimOptions } from "../shim.ts";

/** What the parent process says on the command line, as JSON. */
export interface ProcessInput {
  readonly options: Omit<ShimOptions, "clock" | "random" | "logger" | "failpoint" | "fetch">;
  readonly logLevel: "silent" | "info" | "debug";
  /** The process kills itself at the `failpointVisit`th visit (from 1) to this failpoint. */
  readonly failpoint?: string;
  readonly failpointVisit?: number;
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
}
