import { hostname } from "node:os";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event-recorder.ts";
import { fencedClient } from "../../client/fenced.ts";
import type { InformerSet } from "../../client/informer-set.ts";
import { runLeaderElection } from "../../client/leader-election.ts";
import { type ControllersConfiguration, createControllerManager } from "../../controllers/manager.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import { createScheduler } from "../../scheduler/scheduler.ts";
import type { controllersOptions } from "../commands/processes.ts";
import { type OptionValues, parseDuration_s } from "../options.ts";

/** What scheduler and controllers run with. */
export interface LoopContext {
  readonly client: Client;
  readonly informers: InformerSet;
  readonly logger: Logger;
  /** Several processes may run this loop: act only while holding the Lease. */
  readonly elected: boolean;
}

/** Runs `act` for as long as this process leads (or at once, when it is the only one), with a client that stops writing when it no longer does. */
async function whileLeading(context: LoopContext, leaseName: string, act: (client: Client, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  if (!context.elected) return act(context.client, signal);
  const identity = `${hostname()}_${systemRandom.uuid()}`;
  const options = { client: context.client, clock: systemClock, random: systemRandom, logger: context.logger, lease: { namespace: "kube-system", name: leaseName }, identity };
  await runLeaderElection(options, (leadership) => act(fencedClient(context.client, leadership), leadership.signal), signal);
}

/** The scheduler, until the signal aborts. */
export async function runSchedulerLoop(context: LoopContext, signal: AbortSignal): Promise<void> {
  const { informers, logger } = context;
  await whileLeading(
    context,
    "kube-scheduler",
    async (client, leading) => {
      const recorder = createEventRecorder({ client, clock: systemClock, random: systemRandom, logger, component: "default-scheduler", style: "events" });
      await createScheduler({ client, informers, recorder, clock: systemClock, logger }).run(leading);
    },
    signal,
  );
}

type ControllerValues = OptionValues<(typeof controllersOptions)[number]["name"]>;

/** The controllers' settings. @throws UserError */
export function controllersConfiguration(values: ControllerValues, clusterCa: string): ControllersConfiguration {
  return {
    clusterCidr: values["cluster-cidr"] ?? "",
    nodeMonitorGracePeriod_ms: parseDuration_s("node-monitor-grace-period", values["node-monitor-grace-period"] ?? "") * 1000,
    clusterCa,
  };
}

/** All controllers, until the signal aborts. */
export async function runControllersLoop(context: LoopContext, configuration: ControllersConfiguration, signal: AbortSignal): Promise<void> {
  const { informers, logger } = context;
  await whileLeading(
    context,
    "kube-controller-manager",
    (client, leading) => createControllerManager({ client, informers, clock: systemClock, random: systemRandom, logger, configuration }).run(leading),
    signal,
  );
}
