import type { ApiHandler } from "../../api/exchange.ts";
import type { Client } from "../../client/client.ts";
import { createInProcessClient } from "../../client/in-process/client.ts";
import { systemClock } from "../../lib/clock.ts";
import type { serverOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { startApiserver } from "./apiserver.ts";
import { runControllersLoop, runSchedulerLoop } from "./control-loops.ts";
import { processLogger, runUntilStopped } from "./run-process.ts";
import { readSchedulerConfiguration } from "./scheduler-configuration.ts";

type ServerValues = OptionValues<(typeof serverOptions)[number]["name"]>;

/** `berth server`: API server, scheduler and controllers; the latter two call the first in process, each as its own user. */
export async function runServer(values: ServerValues): Promise<void> {
  const logger = processLogger("server", values);
  const configuration = await readSchedulerConfiguration(values["scheduler-config"]);
  await runUntilStopped(logger, async (signal) => {
    const apiserver = await startApiserver(values, logger);
    const schedulerClient = inProcess(apiserver.handler, "system:kube-scheduler");
    const controllersClient = inProcess(apiserver.handler, "system:kube-controller-manager");
    // The embedded store belongs to this process alone, so nobody else can lead.
    const elected = values.etcd !== undefined;
    await Promise.all([
      runSchedulerLoop({ client: schedulerClient, logger, elected }, configuration, signal),
      runControllersLoop({ client: controllersClient, logger, elected }, values, apiserver.authority, signal),
    ]);
    await apiserver.close();
  });
}

function inProcess(handler: ApiHandler, user: string): Client {
  return createInProcessClient(handler, { name: user, groups: ["system:authenticated"] }, { clock: systemClock, userAgent: user.replace("system:", "") });
}
