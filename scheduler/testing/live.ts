import { startTestServer, type TestServer } from "../../apiserver/testing/test-server.ts";
import type { Client } from "../../client/client.ts";
import { createEventRecorder, type EventRecorder } from "../../client/event-recorder.ts";
import { createInProcessClient } from "../../client/in-process/client.ts";
import { InformerSet } from "../../client/informer-set.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import type { SchedulerConfiguration } from "../configuration/configuration.ts";
import { createScheduler } from "../scheduler.ts";

/** A real API server on the embedded store, and schedulers that run against it. */
export interface LiveCluster {
  readonly server: TestServer;
  /** As an administrator. */
  readonly client: Client;
  /** What the test waits on. */
  readonly informers: InformerSet;
  /** Runs a scheduler as `system:kube-scheduler`; returns what stops it. `wrap` may stand between it and the server. */
  schedule(configuration?: Partial<SchedulerConfiguration>, wrap?: (client: Client) => Client): { readonly recorder: EventRecorder; stop(): Promise<void> };
  stop(): Promise<void>;
}

export async function startLiveCluster(): Promise<LiveCluster> {
  const server = await startTestServer();
  const parts = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const client = createInProcessClient(server.handler, { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] }, parts);
  const stopping = new AbortController();
  const informers = new InformerSet({ client, ...parts });
  const running = informers.run(stopping.signal);
  const stops: (() => Promise<void>)[] = [];
  return {
    server,
    client,
    informers,
    schedule(configuration = {}, wrap = (same) => same) {
      const own = wrap(createInProcessClient(server.handler, { name: "system:kube-scheduler", groups: ["system:authenticated"] }, parts));
      const end = new AbortController();
      const set = new InformerSet({ client: own, ...parts });
      const recorder = createEventRecorder({ client: own, ...parts, component: "default-scheduler", style: "events" });
      const scheduler = createScheduler({ client: own, informers: set, recorder, ...parts, configuration });
      const done = Promise.all([set.run(end.signal), scheduler.run(end.signal)]);
      const stop = async () => {
        end.abort(new Error("stopped"));
        await done;
      };
      stops.push(stop);
      return { recorder, stop };
    },
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
      stopping.abort(new Error("stopped"));
      await running;
      await server.stop();
    },
  };
}

/** Resolves with what `look` answers as soon as that is not undefined, looking whenever an informer of `cluster` tells of a change. */
export async function eventually<T>(cluster: LiveCluster, resource: Parameters<InformerSet["get"]>[0], look: () => T | undefined, timeout_ms = 10_000): Promise<T> {
  const informer = cluster.informers.get(resource);
  await informer.whenSynced();
  return await new Promise<T>((resolve, reject) => {
    const timer = systemClock.after(timeout_ms, () => finish(() => reject(new Error("it did not happen in time"))));
    const check = () => {
      const found = look();
      if (found !== undefined) finish(() => resolve(found));
    };
    let remove: (() => void) | undefined;
    const finish = (end: () => void) => {
      timer.cancel();
      queueMicrotask(() => remove?.());
      end();
    };
    remove = informer.addHandler({ add: check, update: check, delete: check });
    check();
  });
}
