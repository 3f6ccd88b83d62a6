import type { schedulerOptions } from "../commands/processes.ts";
import type { OptionValues } from "../options.ts";
import { openComponent } from "./component.ts";
import { runSchedulerLoop } from "./control-loops.ts";
import { processLogger, runUntilStopped } from "./run-process.ts";
import { readSchedulerConfiguration } from "./scheduler-configuration.ts";

/** `berth scheduler`: the scheduler alone, over HTTPS; several elect a leader. */
export async function runScheduler(values: OptionValues<(typeof schedulerOptions)[number]["name"]>): Promise<void> {
  const logger = processLogger("scheduler", values);
  const configuration = await readSchedulerConfiguration(values["scheduler-config"]);
  const { client } = await openComponent(values.kubeconfig ?? "", "kube-scheduler");
  await runUntilStopped(logger, async (signal) => {
    await runSchedulerLoop({ client, logger, elected: true }, configuration, signal);
    client.close();
  });
}
