import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { startEtcdCluster } from "../../store/conformance/etcd-cluster.ts";
import { openEtcdStore } from "../../store/etcd/etcd-store.ts";
import type { Store } from "../../store/store.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./test-server.ts";

/** The stores that a contract suite runs on. */
export const STORES = ["embedded", "etcd"] as const;

/** Servers of one store; the first is there from the start. */
export interface ServersOn {
  readonly server: TestServer;
  /** One more server on the same store; on etcd with a connection of its own. */
  more(options?: TestServerOptions): Promise<TestServer>;
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
  const start = async (own: TestServerOptions): Promise<TestServer> => {
    const [first] = servers;
    const store = cluster === undefined ? first?.store : await openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger });
    if (cluster !== undefined && store !== undefined) stores.push(store);
    const server = await startTestServer({ ...own, ...(store === undefined ? {} : { store }), ...(first === undefined ? {} : { pki: first.pki }) });
    servers.push(server);
    return server;
  };
  try {
    const server = await start(options);
    return { server, more: (own = {}) => start({ ...options, ...own }), stop };
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
