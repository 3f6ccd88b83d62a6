import test from "ava";
import fc from "fast-check";
import { silentLogger } from "../lib/logger.ts";
import { VirtualClock } from "../lib/virtual-clock.ts";
import { type CompactionPolicy, compactPeriodically, DEFAULT_COMPACTION, planCompaction, type Sample } from "./compactor.ts";
import { put } from "./conformance/subject.ts";
import { openEmbeddedStore } from "./embedded/embedded-store.ts";
import { tempDir } from "./embedded/testing/temp-dir.ts";
import { CompactedError, UnavailableError } from "./store.ts";

const POLICY: CompactionPolicy = { keep_ms: 300_000, keepRevisions: 100, maxRevisions: 10_000, interval_ms: 60_000 };

test("keeps everything until there is something old enough, then what is younger", (t) => {
  let samples: readonly Sample[] = [];
  const compactedTo = [0, 1, 2, 3, 4, 5, 6, 7].map((minute) => {
    const plan = planCompaction(samples, { at_ms: minute * 60_000, revision: 1_000 + minute * 500 }, POLICY);
    samples = plan.samples;
    return plan.compactTo;
  });
  t.deepEqual(compactedTo, [undefined, undefined, undefined, undefined, undefined, 1_000, 1_500, 2_000]);
  t.true(samples.length <= 7);
});

test("the default keeps five minutes and bounds the rest", (t) => {
  const { keep_ms, keepRevisions, maxRevisions, interval_ms } = DEFAULT_COMPACTION;
  t.true(keep_ms === 300_000 && keepRevisions < maxRevisions && interval_ms < keep_ms);
});

test("never within the last keepRevisions, never more than maxRevisions", (t) => {
  const old = [{ at_ms: 0, revision: 500 }];
  t.is(planCompaction(old, { at_ms: 400_000, revision: 550 }, POLICY).compactTo, 450);
  t.is(planCompaction(old, { at_ms: 400_000, revision: 90 }, POLICY).compactTo, undefined);
  t.is(planCompaction([], { at_ms: 0, revision: 50_000 }, POLICY).compactTo, 40_000);
});

test("property: what was newest less than keep_ms ago is kept, unless maxRevisions are passed", (t) => {
  const step = fc.record({ wait_ms: fc.integer({ min: 1, max: 200_000 }), writes: fc.integer({ min: 0, max: 2_000 }) });
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    let samples: readonly Sample[] = [];
    const history: Sample[] = [];
    let [at_ms, revision] = [0, 1];
    for (const { wait_ms, writes } of steps) {
      at_ms += wait_ms;
      revision += writes;
      const now = { at_ms, revision };
      history.push(now);
      const plan = planCompaction(samples, now, POLICY);
      samples = plan.samples;
      const compactTo = plan.compactTo ?? 0;
      const young = history.find((sample) => sample.at_ms > at_ms - POLICY.keep_ms);
      const allowed = Math.max(Math.min(young?.revision ?? revision, revision - POLICY.keepRevisions), revision - POLICY.maxRevisions);
      if (compactTo > Math.max(0, allowed)) return false;
      if (samples.length > history.filter((sample) => sample.at_ms > at_ms - POLICY.keep_ms).length + 1) return false;
    }
    return true;
  });
  fc.assert(property);
  t.pass();
});

test("runs by the clock, goes on after failures, and does not mind another compactor", async (t) => {
  using dir = tempDir();
  const clock = new VirtualClock();
  const store = await openEmbeddedStore({ dataDir: dir.path, clock, logger: silentLogger });
  const end = new AbortController();
  const policy = { ...POLICY, keepRevisions: 10 };
  let failing = true;
  const flaky = Object.create(store, {
    revision: { value: async () => (failing ? Promise.reject(new UnavailableError("not now")) : store.revision()) },
    compact: { value: (revision: number) => store.compact(revision) },
  }) as typeof store;
  const running = [flaky, store].map((one) => compactPeriodically(one, policy, clock, silentLogger, end.signal));
  for (let i = 0; i < 50; i++) await put(store, "k", String(i));
  await clock.advance(120_000);
  failing = false;
  t.is((await store.range({ start: "a", end: "z", revision: 2 })).count, 1);
  for (let i = 0; i < 50; i++) await put(store, "k", String(i));
  for (let compactRevision = 0; compactRevision < 101 - policy.keepRevisions; ) {
    await clock.advance(60_000);
    const error = await store.range({ start: "a", end: "z", revision: 2 }).catch((refusal: unknown) => refusal);
    if (error instanceof CompactedError) compactRevision = error.compactRevision;
    t.true(compactRevision <= 101 - policy.keepRevisions);
  }
  end.abort();
  await Promise.all(running);
  await store.close();
  t.is(clock.pending, 0);
});
