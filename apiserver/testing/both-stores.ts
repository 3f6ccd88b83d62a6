import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { type EtcdCluster, startEtcdCluster } from "../../store/conformance/etcd-cluster.ts";
import { openEtcdStore } from "../../store/etcd/etcd-store.ts";
import type { Store } from "../../store/store.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./test-server.ts";

/** The stores that a contract suite runs on. */
export const STORES = ["embedded", "etcd"] as const;
export type StoreName = (typeof STORES)[number];

/** A test server over one of the stores; a real etcd is started for it and ends with it. */
export async function startServerOn(store: StoreName, options: Omit<TestServerOptions, "store"> = {}): Promise<TestServer> {
  if (store === "embedded") return await startTestServer(options);
  const cluster: EtcdCluster = await startEtcdCluster();
  let opened: Store | undefined;
  const end = async () => {
    await opened?.close();
    await cluster.stop();
  };
  try {
    opened = await openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger });
    const server = await startTestServer({ ...options, store: opened });
    return {
      ...server,
      stop: async () => {
        await server.stop();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
