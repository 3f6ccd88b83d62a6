import type { controllersProcessOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { openComponent } from "./component.ts";
import { runControllersLoop } from "./control-loops.ts";
import { processLogger, runUntilStopped } from "./run-process.ts";

/** `berth controllers`: the controllers alone, over HTTPS; several elect a leader. */
export async function runControllers(values: OptionValues<(typeof controllersProcessOptions)[number]["name"]>): Promise<void> {
  const logger = processLogger("controllers", values);
  const { client, connection } = await openComponent(values.kubeconfig ?? "", "controllers");
  await runUntilStopped(logger, async (signal) => {
    await runControllersLoop({ client, logger, elected: true }, values, connection.ca ?? "", signal);
    client.close();
  });
}
