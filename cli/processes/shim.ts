import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { systemRandom } from "../../lib/random.ts";
import { createShim, purgeRuntime } from "../../runtime-shim/shim.ts";
import type { shimOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { UserError } from "../user-error.ts";
import { VERSION } from "../version.ts";
import { aborted, processLogger, runUntilStopped } from "./run-process.ts";

type Values = OptionValues<(typeof shimOptions)[number]["name"]>;

/** Path of a `unix://` endpoint. @throws UserError */
export function socketPath(option: string, endpoint: string): string {
  if (!endpoint.startsWith("unix:///")) throw new UserError(`--${option} ${endpoint}: write unix:///path/of/socket`, 2);
  return endpoint.slice("unix://".length);
}

/** `berth shim`: the container runtime until it is told to stop; containers go on running. */
export async function runShim(values: Values): Promise<void> {
  const logger = processLogger("shim", values);
  const listen = values.listen ?? "";
  mkdirSync(dirname(socketPath("listen", listen)), { recursive: true });
  const places = {
    dataDir: join(values["data-dir"] ?? "", "shim"),
    ...(values["run-dir"] === undefined ? {} : { runDir: values["run-dir"] }),
    ...(values["cni-conf-dir"] === undefined ? {} : { cniConfDir: values["cni-conf-dir"] }),
    ...(values["cni-bin-dir"] === undefined ? {} : { cniBinDir: values["cni-bin-dir"] }),
    ...(values.bridge === undefined ? {} : { bridgeName: values.bridge }),
    clock: systemClock,
    random: systemRandom,
    logger,
  };
  if (values["remove-all"] !== undefined) return purgeRuntime({ ...places, removeData: false });
  await runUntilStopped(logger, async (signal) => {
    const shim = createShim({ ...places, listen, version: VERSION, ...(values.runtime === undefined ? {} : { ociRuntime: values.runtime }) });
    await shim.start();
    await aborted(signal);
    await shim.close();
  });
}
