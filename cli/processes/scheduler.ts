import type { componentOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { openComponent } from "./component.ts";
import { runSchedulerLoop } from "./control-loops.ts";
import { processLogger, runUntilStopped } from "./run-process.ts";

/** `berth scheduler`: the scheduler alone, over HTTPS; several elect a leader. */
export async function runScheduler(values: OptionValues<(typeof componentOptions)[number]["name"]>): Promise<void> {
  const logger = processLogger("scheduler", values);
  const { client, informers } = await openComponent(values.kubeconfig ?? "", "scheduler", logger);
  await runUntilStopped(logger, async (signal) => {
    await Promise.all([informers.run(signal), runSchedulerLoop({ client, informers, logger, elected: true }, signal)]);
    client.close();
  });
}
