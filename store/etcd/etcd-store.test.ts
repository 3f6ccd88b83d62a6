import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import type { Store } from "../store.ts";
import { startEtcdCluster } from "../conformance/etcd-cluster.ts";
import { NARROW_WATCH_BUFFER } from "../conformance/subject.ts";
import { type DisposableSubject, storeConformance } from "../conformance/suite.ts";
import { openEtcdStore } from "./etcd-store.ts";

async function makeSubject(): Promise<DisposableSubject> {
  const cluster = await startEtcdCluster();
  const open = () => openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger, namespace: "/suite", watchBuffer: NARROW_WATCH_BUFFER });
  let [store, other]: Store[] = await Promise.all([open(), open()]);
  const closeBoth = async () => {
    await store?.close();
    await other?.close();
  };
  return {
    get store() {
      return store as Store;
    },
    get other() {
      return other as Store;
    },
    elapse: (time_ms) => systemClock.sleep(time_ms),
    async reopen() {
      await closeBoth();
      await cluster.members[0]?.kill();
      await cluster.members[0]?.start();
      [store, other] = await Promise.all([open(), open()]);
    },
    async dispose() {
      await closeBoth();
      await cluster.stop();
    },
  };
}

storeConformance("etcd", makeSubject, { modelRuns: 25 });
