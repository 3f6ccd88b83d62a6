import type { controllersProcessOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { openComponent } from "./component.ts";
import { controllersConfiguration, runControllersLoop } from "./control-loops.ts";
import { processLogger, runUntilStopped } from "./run-process.ts";

/** `berth controllers`: the controllers alone, over HTTPS; several elect a leader. */
export async function runControllers(values: OptionValues<(typeof controllersProcessOptions)[number]["name"]>): Promise<void> {
  const logger = processLogger("controllers", values);
  const { client, connection, informers } = await openComponent(values.kubeconfig ?? "", "controllers", logger);
  const configuration = controllersConfiguration(values, connection.ca ?? "");
  await runUntilStopped(logger, async (signal) => {
    await Promise.all([informers.run(signal), runControllersLoop({ client, informers, logger, elected: true }, configuration, signal)]);
    client.close();
  });
}
