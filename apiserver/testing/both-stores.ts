import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { startEtcdCluster } from "../../store/conformance/etcd-cluster.ts";
import { openEtcdStore } from "../../store/etcd/etcd-store.ts";
import type { Store, WatchBatch, WatchRequest } from "../../store/store.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./test-server.ts";

/** The stores that a contract suite runs on. */
export const STORES = ["embedded", "etcd"] as const;

/** Servers of one store; the first is there from the start. */
export interface ServersOn {
  readonly server: TestServer;
  /** One more server on the same store; on etcd with a connection of its own. It hears of writes late where a delay is given. */
  more(options?: TestServerOptions, watchDelay_ms?: number): Promise<TestServer>;
  /** Stops all servers and the store. */
  stop(): Promise<void>;
}

/** Starts a server on a store of this kind. */
export async function startServersOn(kind: (typeof STORES)[number], options: TestServerOptions = {}): Promise<ServersOn> {
  const cluster = kind === "etcd" ? await startEtcdCluster() : undefined;
  const stores: Store[] = [];
  const servers: TestServer[] = [];
  const stop = async (): Promise<void> => {
    // The first may own the store that the others are on.
    for (const server of servers.toReversed()) await server.stop();
    for (const store of stores) await store.close();
    await cluster?.stop();
  };
  const start = async (own: TestServerOptions, watchDelay_ms: number): Promise<TestServer> => {
    const [first] = servers;
    const store = cluster === undefined ? first?.store : await openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger });
    if (cluster !== undefined && store !== undefined) stores.push(store);
    const server = await startTestServer({ ...own, ...(store === undefined ? {} : { store: watchDelay_ms === 0 ? store : late(store, watchDelay_ms) }), ...(first === undefined ? {} : { pki: first.pki }) });
    servers.push(server);
    return server;
  };
  try {
    const server = await start(options, 0);
    return { server, more: (own = {}, watchDelay_ms = 0) => start({ ...options, ...own }, watchDelay_ms), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One server on a store of this kind; its `stop` ends the store too. */
export async function startServerOn(kind: (typeof STORES)[number], options: TestServerOptions = {}): Promise<TestServer> {
  const servers = await startServersOn(kind, options);
  return { ...servers.server, stop: () => servers.stop() };
}

/** The store with every watch's news late by so much. */
function late(store: Store, delay_ms: number): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "watch") return (request: WatchRequest, signal: AbortSignal) => delayed(target.watch(request, signal), delay_ms);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

async function* delayed(batches: AsyncIterable<WatchBatch>, delay_ms: number): AsyncGenerator<WatchBatch> {
  const source = batches[Symbol.asyncIterator]();
  const arrival = async () => ({ result: await source.next(), due_ms: systemClock.monotonic_ms() + delay_ms });
  let ahead = arrival();
  for (;;) {
    const { result, due_ms } = await ahead;
    if (result.done === true) return;
    // The next may arrive meanwhile: what comes late does not come slower.
    ahead = arrival();
    ahead.catch(() => undefined);
    await systemClock.sleep(Math.max(0, due_ms - systemClock.monotonic_ms()));
    yield result.value;
  }
}
