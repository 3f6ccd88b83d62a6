import { hostname } from "node:os";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event-recorder.ts";
import { fencedClient } from "../../client/fenced.ts";
import { InformerSet } from "../../client/informer-set.ts";
import { runLeaderElection } from "../../client/leader-election.ts";
import type { SignCertificate } from "../../controllers/certificates/signing.ts";
import { runControllerManager } from "../../controllers/manager.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import type { SchedulerConfiguration } from "../../scheduler/configuration/configuration.ts";
import { createScheduler } from "../../scheduler/scheduler.ts";
import type { controllersOptions } from "../commands/processes.ts";
import { type OptionValues, parseDuration_s } from "../options.ts";

/** What scheduler and controllers run with. */
export interface LoopContext {
  readonly client: Client;
  readonly logger: Logger;
  /** Several processes may run this loop: act only while holding the Lease. */
  readonly elected: boolean;
}

/** The cluster's CA, as far as this process knows it. */
export interface ClusterAuthority {
  /** PEM. */
  readonly certificate: string;
  /** Absent in a process that was not given the key. */
  readonly sign?: SignCertificate;
}

/** Unlike that of any process before or beside this one. */
function identity(): string {
  return `${hostname()}_${systemRandom.uuid()}`;
}

/** The scheduler, until the signal aborts; `configuration` undefined: the built-in one. */
export async function runSchedulerLoop(context: LoopContext, configuration: SchedulerConfiguration | undefined, signal: AbortSignal): Promise<void> {
  const { client, logger } = context;
  if (!context.elected) return schedule(client, logger, configuration, signal);
  const lease = { namespace: "kube-system", name: "kube-scheduler" };
  await runLeaderElection({ client, clock: systemClock, random: systemRandom, logger, lease, identity: identity() }, (leadership) => schedule(fencedClient(client, leadership), logger, configuration, leadership.signal), signal);
}

/** Bindings go before events: those of a burst are written one after another while it lasts and after it. */
const EVENTS = { maxWrites: 2, maxQueued: 20_000 };

/** One term. Its caches are filled after the lease was won, so they show all that the leader before wrote. */
async function schedule(client: Client, logger: Logger, configuration: SchedulerConfiguration | undefined, signal: AbortSignal): Promise<void> {
  const informers = new InformerSet({ client, clock: systemClock, random: systemRandom, logger });
  const recorder = createEventRecorder({ client, clock: systemClock, random: systemRandom, logger, component: "default-scheduler", style: "events", ...EVENTS });
  const scheduler = createScheduler({ client, informers, recorder, clock: systemClock, logger, ...(configuration && { configuration }) });
  await Promise.all([informers.run(signal), scheduler.run(signal)]);
}

/** All controllers, until the signal aborts. @throws UserError */
export function runControllersLoop(context: LoopContext, values: OptionValues<(typeof controllersOptions)[number]["name"]>, authority: ClusterAuthority, signal: AbortSignal): Promise<void> {
  const { client, logger, elected } = context;
  const settings = {
    clusterCidr: values["cluster-cidr"] ?? "",
    nodeLifecycle: { monitorGracePeriod_ms: parseDuration_s("node-monitor-grace-period", values["node-monitor-grace-period"] ?? "") * 1000 },
    rootCa: authority.certificate,
    ...(authority.sign === undefined ? {} : { signCertificate: authority.sign }),
    ...(values.controllers === undefined ? {} : { only: values.controllers.split(",").filter(Boolean) }),
  };
  return runControllerManager({ ...settings, client, clock: systemClock, random: systemRandom, logger, leaderElection: elected ? { identity: identity() } : false }, signal);
}
