import test, { type ExecutionContext } from "ava";
import { TestCluster } from "./test-cluster.ts";

/** A test with a cluster of its own, which is gone when the test ends, whatever happens. */
export function clusterTest(title: string, run: (t: ExecutionContext, cluster: TestCluster) => Promise<void>): void {
  test(title, async (t) => {
    const cluster = await TestCluster.start();
    try {
      await run(t, cluster);
    } finally {
      await cluster.stop();
    }
  });
}
