import type { Resource } from "../api/resources.ts";
import type { Client } from "../client/client.ts";
import { discoverResources } from "../client/discovery.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { fencedClient } from "../client/fenced.ts";
import { InformerSet } from "../client/informer-set.ts";
import { type LeaderElectionOptions, type Leadership, runLeaderElection } from "../client/leader-election.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import type { Controller, ControllerContext } from "./controller.ts";
import { type ControllerEntry, type ControllerSettings, controllers } from "./registry.ts";

/** The user that the controllers act as in process: the API server's bootstrap roles know it. */
export const CONTROLLER_MANAGER_USER = { name: "system:kube-controller-manager", groups: ["system:authenticated"] } as const;

export interface ControllerManagerOptions extends ControllerSettings {
  /** Acts as CONTROLLER_MANAGER_USER. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** false: run at once; nobody else may. Else the Lease `kube-system/kube-controller-manager` decides who runs. */
  readonly leaderElection: false | (Pick<LeaderElectionOptions, "identity"> & Partial<Pick<LeaderElectionOptions, "leaseDuration_ms" | "renewDeadline_ms" | "retryPeriod_ms">>);
}

/** Runs all controllers, while this process leads, until `signal` aborts; resolves when nothing of them is under way any more. */
export async function runControllerManager(options: ControllerManagerOptions, signal: AbortSignal): Promise<void> {
  if (options.leaderElection === false) return runTerm(options, { signal, holds: () => !signal.aborted });
  const { client, clock, random, logger, leaderElection } = options;
  const lease = { namespace: "kube-system", name: "kube-controller-manager" };
  await runLeaderElection({ client, clock, random, logger, lease, ...leaderElection }, (leadership) => runTerm(options, leadership), signal);
}

/**
 * One term of office. Caches are filled after the lease was won, so they show all that the leader before wrote; writes stop at the term's end.
 * When one controller fails for good the term ends, and the next begins anew.
 */
async function runTerm(options: ControllerManagerOptions, leadership: Leadership): Promise<void> {
  const { clock, random, logger } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([leadership.signal, ended.signal]);
  const client = fencedClient(options.client, leadership);
  const informers = new InformerSet({ client, clock, random, logger });
  const recorders: ControllerContext["events"][] = [];
  const contextFor = (name: string): ControllerContext => {
    const events = createEventRecorder({ client, clock, random, logger, component: name });
    recorders.push(events);
    return { client, informers, events, clock, random, logger };
  };
  const entries = controllers(options);
  const running = informers.run(signal);
  try {
    const made = (await servable(entries, { client, clock, logger }, signal)).map(({ name, eventSource = name, create }) => create(contextFor(eventSource)));
    await informers.whenSynced(signal);
    logger.info({ controllers: made.length }, "controllers run");
    await Promise.all(made.map((controller) => runOne(controller, signal)));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ended.abort();
    await running;
  }
}

/** Those whose kinds the server serves. Asks until it answers. */
async function servable(entries: readonly ControllerEntry[], { client, clock, logger }: Pick<ControllerManagerOptions, "client" | "clock" | "logger">, signal: AbortSignal): Promise<readonly ControllerEntry[]> {
  const backoff_ms = { base_ms: 200, max_ms: 10_000 };
  for (let attempt = 0; ; attempt++) {
    try {
      const { resources } = await discoverResources(client, signal);
      const served = new Set(resources.map(({ group, resource }) => `${group}/${resource}`));
      const isServed = ({ group, resource }: Resource<unknown>) => served.has(`${group}/${resource}`);
      const left = entries.filter(({ requires = [] }) => !requires.every(isServed));
      if (left.length > 0) logger.info({ controllers: left.map(({ name }) => name) }, "their kinds are not served; they do not run");
      return entries.filter((entry) => !left.includes(entry));
    } catch (error) {
      if (signal.aborted) throw error;
      logger.warn({ error: String(error) }, "discovery failed; trying again");
      await clock.sleep(backoff_ms.base_ms * Math.min(2 ** attempt, backoff_ms.max_ms / backoff_ms.base_ms), signal);
    }
  }
}

async function runOne(controller: Controller, signal: AbortSignal): Promise<void> {
  await controller.run(signal);
  if (!signal.aborted) throw new Error(`${controller.name} ended by itself`);
}
