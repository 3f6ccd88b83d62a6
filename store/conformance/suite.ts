import test from "ava";
import type { Store } from "../store.ts";
import { compactionTests } from "./compaction-tests.ts";
import { leaseTests } from "./lease-tests.ts";
import { modelTests } from "./model-tests.ts";
import { raceTests } from "./race-tests.ts";
import { rangeTests } from "./range-tests.ts";
import { Keys, type Subject } from "./subject.ts";
import { txnTests } from "./txn-tests.ts";
import { watchTests } from "./watch-tests.ts";

/** A subject that the suite throws away when it is done. Its watches are bounded by NARROW_WATCH_BUFFER. */
export interface DisposableSubject extends Subject {
  dispose(): Promise<void>;
}

/** What every implementation of Store does. Registers AVA tests; one call in a test file. */
export function storeConformance(name: string, makeSubject: () => Promise<DisposableSubject>, options: { modelRuns: number }): void {
  let made: DisposableSubject | undefined;
  let tests = 0;
  const subject = (): Subject => {
    if (made === undefined) throw new Error(`${name}: not made`);
    return made;
  };
  const keys = () => new Keys(`/conformance/${tests}/`);

  test.serial.before(`${name}: open`, async () => {
    made = await makeSubject();
  });
  test.serial.beforeEach(() => {
    tests++;
  });
  test.after.always(`${name}: dispose`, async () => {
    await made?.dispose();
  });

  txnTests(test, subject, keys);
  rangeTests(test, subject, keys);
  watchTests(test, subject, keys);
  compactionTests(test, subject, keys);
  leaseTests(test, subject, keys);
  raceTests(test, subject, keys);
  modelTests(test, subject, keys, options.modelRuns);

  test.serial("store: tells its size, and closes twice", async (t) => {
    const s = subject();
    t.true((await s.store.size_bytes()) > 0);
    const old: Store = s.store;
    await s.reopen();
    await old.close();
    await t.throwsAsync(old.range({ start: "a", end: "b" }), { name: "UnavailableError" });
    await t.throwsAsync(old.txn({ compare: [], operations: [] }), { name: "UnavailableError" });
    await t.throwsAsync(async () => old.revision(), { name: "UnavailableError" });
    await t.throwsAsync(old.grantLease(10), { name: "UnavailableError" });
    t.true((await s.store.revision()) > 0);
  });
}
