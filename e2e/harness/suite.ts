import test, { type ExecutionContext } from "ava";
import { type ClusterOptions, type StoreKind, startCluster, type TestCluster } from "./cluster.ts";
import { importTestImages } from "./images.ts";

export interface Suite {
  /** The file's cluster; started before its first test. */
  readonly cluster: TestCluster;
  test(title: string, body: (t: ExecutionContext, cluster: TestCluster) => Promise<void>): void;
}

/**
 * A file's tests on a cluster of its own for each store, one after another. When one fails, the logs are kept below build/e2e.
 * At the end the cluster is stopped, and anything that its runtimes left behind fails the run.
 */
export function suiteOn(stores: readonly StoreKind[], options: Omit<ClusterOptions, "store">, define: (suite: Omit<Suite, "cluster">, store: StoreKind) => void): void {
  for (const store of stores) {
    let cluster: TestCluster | undefined;
    let failed: unknown;
    const start = async (): Promise<TestCluster> => {
      if (failed !== undefined) throw failed;
      if (cluster !== undefined) return cluster;
      try {
        cluster = await startCluster({ ...options, store });
        await importTestImages(cluster);
        return cluster;
      } catch (error) {
        failed = error;
        throw error;
      }
    };
    define(
      {
        test(title, body) {
          test.serial(`${store}: ${title}`, async (t) => {
            const running = await start();
            try {
              await body(t, running);
            } catch (error) {
              t.log(`${error instanceof Error ? error.message : error}; logs: ${running.saveLogs()}`);
              throw error;
            }
          });
        },
      },
      store,
    );
    test.serial(`${store}: nothing is left behind`, async (t) => {
      const running = await start();
      await running.kubectl(["delete", "deployment,pod", "--all", "--wait=true", "--timeout=60s"]);
      cluster = undefined;
      t.deepEqual(await running.stop(), []);
    });
    test.after.always(async () => {
      await cluster?.stop();
    });
  }
}
