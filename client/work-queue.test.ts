import test from "ava";
import { seededRandom } from "../lib/random.ts";
import { VirtualClock } from "../lib/virtual-clock.ts";
import { createWorkQueue, type ReconcileResult } from "./work-queue.ts";

function setUp() {
  const clock = new VirtualClock();
  const queue = createWorkQueue({ clock, random: seededRandom(1) });
  const stop = new AbortController();
  return { clock, queue, stop };
}

test("a key that is added many times is worked on once", async (t) => {
  const { clock, queue, stop } = setUp();
  const seen: string[] = [];
  const reconcile = async (key: string): Promise<ReconcileResult> => {
    seen.push(key);
    return undefined;
  };
  for (const key of ["a", "b", "a", "a"]) queue.add(key);
  t.is(queue.length, 2);
  const running = queue.run({ concurrency: 1, signal: stop.signal, reconcile });
  await clock.advance(0);
  t.deepEqual(seen, ["a", "b"]);
  stop.abort();
  await running;
});

test("a key that comes again while in work is worked on again, never twice at once", async (t) => {
  const { clock, queue, stop } = setUp();
  let active = 0;
  let most = 0;
  let runs = 0;
  const gates: (() => void)[] = [];
  const reconcile = async (): Promise<ReconcileResult> => {
    runs++;
    most = Math.max(most, ++active);
    await new Promise<void>((resolve) => gates.push(resolve));
    active--;
    return undefined;
  };
  const running = queue.run({ concurrency: 4, signal: stop.signal, reconcile });
  queue.add("a");
  await clock.advance(0);
  queue.add("a");
  queue.add("a");
  await clock.advance(0);
  t.is(runs, 1);
  gates.shift()?.();
  await clock.advance(0);
  t.is(runs, 2);
  gates.shift()?.();
  await clock.advance(0);
  t.is(runs, 2);
  t.is(most, 1);
  stop.abort();
  await running;
});

test("concurrency is a bound", async (t) => {
  const { clock, queue, stop } = setUp();
  const gates: (() => void)[] = [];
  const reconcile = async (): Promise<ReconcileResult> => {
    await new Promise<void>((resolve) => gates.push(resolve));
    return undefined;
  };
  const running = queue.run({ concurrency: 3, signal: stop.signal, reconcile });
  for (let i = 0; i < 200; i++) queue.add(`k${i}`);
  await clock.advance(0);
  t.is(queue.active, 3);
  t.is(queue.length, 197);
  while (gates.length > 0) {
    for (const gate of gates.splice(0)) gate();
    await clock.advance(0);
    t.true(queue.active <= 3);
  }
  t.is(queue.length + queue.active, 0);
  stop.abort();
  await running;
});

test("an error backs off, doubling; success resets", async (t) => {
  const { clock, queue, stop } = setUp();
  const at: number[] = [];
  const start_ms = clock.monotonic_ms();
  let failing = true;
  const reconcile = async (): Promise<ReconcileResult> => {
    at.push(clock.monotonic_ms() - start_ms);
    if (failing) throw new Error("no");
    return undefined;
  };
  const errors: string[] = [];
  const running = queue.run({ concurrency: 1, signal: stop.signal, reconcile, onError: (key) => errors.push(key) });
  queue.add("a");
  await clock.advance(100);
  t.is(queue.failures("a"), at.length);
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  t.true(gaps.length >= 3);
  for (const [index, gap] of gaps.entries()) t.true(gap >= 5 * 2 ** index && gap <= 5.6 * 2 ** index + 1, `gap ${index}: ${gap}`);
  t.is(errors.length, at.length);
  failing = false;
  await clock.advance(1000);
  t.is(queue.failures("a"), 0);
  stop.abort();
  await running;
});

test("requeueAfter and addAfter: the earliest time wins, one timer at a time", async (t) => {
  const { clock, queue, stop } = setUp();
  const at: number[] = [];
  const start_ms = clock.monotonic_ms();
  let next: ReconcileResult = { requeueAfter_ms: 1000 };
  const reconcile = async (): Promise<ReconcileResult> => {
    at.push(clock.monotonic_ms() - start_ms);
    const result = next;
    next = undefined;
    return result;
  };
  const running = queue.run({ concurrency: 1, signal: stop.signal, reconcile });
  queue.addAfter("a", 500);
  queue.addAfter("a", 200);
  queue.addAfter("a", 900);
  t.is(clock.pending, 1);
  await clock.advance(5000);
  t.deepEqual(at, [200, 1200]);
  t.is(clock.pending, 0);
  stop.abort();
  await running;
});

test("run ends when those in work are done, and takes no more", async (t) => {
  const { clock, queue, stop } = setUp();
  let release = () => {};
  let runs = 0;
  const reconcile = async (): Promise<ReconcileResult> => {
    runs++;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return undefined;
  };
  let ended = false;
  const running = queue.run({ concurrency: 1, signal: stop.signal, reconcile }).then(() => {
    ended = true;
  });
  queue.add("a");
  queue.add("b");
  await clock.advance(0);
  stop.abort();
  await clock.advance(0);
  t.false(ended);
  release();
  await running;
  t.is(runs, 1);
  t.is(clock.pending, 0);
});
