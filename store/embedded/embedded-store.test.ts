import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../lib/logger.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { NARROW_WATCH_BUFFER } from "../conformance/subject.ts";
import { type DisposableSubject, storeConformance } from "../conformance/suite.ts";
import { openEmbeddedStore } from "./embedded-store.ts";

async function makeSubject(): Promise<DisposableSubject> {
  const dataDir = mkdtempSync(join(tmpdir(), "berth-store-"));
  const clock = new VirtualClock();
  const open = () => openEmbeddedStore({ dataDir, clock, logger: silentLogger, watchBuffer: NARROW_WATCH_BUFFER });
  let store = await open();
  return {
    get store() {
      return store;
    },
    get other() {
      return store;
    },
    elapse: (time_ms) => clock.advance(time_ms),
    async reopen() {
      await store.close();
      store = await open();
    },
    async dispose() {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

storeConformance("embedded", makeSubject, { modelRuns: 150 });
