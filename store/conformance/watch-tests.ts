import type { ExecutionContext, TestFn } from "ava";
import type { Store, StoreEvent, WatchBatch } from "../store.ts";
import { SlowWatcherError, UnavailableError } from "../store.ts";
import { bytes, type Keys, NARROW_WATCH_BUFFER, put, remove, show, type Subject, watchUntil } from "./subject.ts";

/** Watches: from the past, from the future, live; order, batches, bounds, ends. */
export function watchTests(test: TestFn, subject: () => Subject, keys: () => Keys): void {
  test.serial("watch: from the past, with the state before", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await put(store, k.key("a"), "1");
    await put(store, k.key("b"), "1");
    await put(store, k.key("a"), "2");
    await remove(store, k.key("a"));
    await put(store, k.key("a"), "3");
    const all = (await watchUntil(store, { ...k.range(), fromRevision: r }, r + 4)).flat().map(show);
    const [a, b] = [k.key("a"), k.key("b")];
    t.deepEqual(all, [
      `put ${a}=1 v1@${r}`,
      `put ${b}=1 v1@${r + 1}`,
      `put ${a}=2 v2@${r + 2} was 1@${r}`,
      `delete ${a}@${r + 3} was 2@${r + 2}`,
      `put ${a}=3 v1@${r + 4}`,
    ]);
    const bare = (await watchUntil(store, { ...k.range(), fromRevision: r + 2, previous: false }, r + 4)).flat().map(show);
    t.deepEqual(bare, [`put ${a}=2 v2@${r + 2}`, `delete ${a}@${r + 3}`, `put ${a}=3 v1@${r + 4}`]);
  });

  test.serial("watch: live, with the state before, only its range", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await put(store, k.key("a"), "1");
    const watching = watchUntil(store, { start: k.key("a"), end: k.key("b"), fromRevision: r + 1 }, r + 5);
    await put(store, k.key("b"), "outside");
    await put(store, k.key("a"), "2");
    await put(store, k.key("a/x"), "1");
    await remove(store, k.key("a"));
    await put(store, k.key("az"), "end");
    const [a, x, z] = [k.key("a"), k.key("a/x"), k.key("az")];
    t.deepEqual((await watching).flat().map(show), [
      `put ${a}=2 v2@${r + 2} was 1@${r}`,
      `put ${x}=1 v1@${r + 3}`,
      `delete ${a}@${r + 4} was 2@${r + 2}`,
      `put ${z}=end v1@${r + 5}`,
    ]);
  });

  test.serial("watch: from the future delivers nothing earlier", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await store.revision();
    const watching = watchUntil(store, { ...k.range(), fromRevision: r + 3 }, r + 4);
    for (let i = 1; i <= 4; i++) await put(store, k.key("a"), `${i}`);
    t.deepEqual((await watching).flat().map((event) => event.revision), [r + 3, r + 4]);
  });

  test.serial("watch: events of one transaction come in one batch, in the order of its operations", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await store.revision();
    const names = Array.from({ length: 100 }, (_, i) => k.key(`k${99 - i}`));
    const live = watchUntil(store, { ...k.range(), fromRevision: r + 1 }, r + 3);
    for (let round = 0; round < 3; round++) {
      const value = new Uint8Array(10_000).fill(round);
      await store.txn({ compare: [], operations: names.map((key) => ({ type: "put", key, value })) });
    }
    const past = watchUntil(store, { ...k.range(), fromRevision: r + 1 }, r + 3);
    for (const batches of [await live, await past]) {
      t.deepEqual(batches.flat().map((event) => event.key), [...names, ...names, ...names]);
      for (const batch of batches) t.is(batch.length % 100, 0);
    }
  });

  test.serial("watch: no gap, duplicate or reordering under concurrent writes, wherever it starts", async (t) => {
    const { store, other } = subject();
    const k = keys();
    const r = await store.revision();
    const total = 600;
    const watches: Promise<StoreEvent[][]>[] = [];
    let written = 0;
    const writer = async (client: Store) => {
      while (written < total) {
        const i = written++;
        if (i % 100 === 0) watches.push(watchUntil(store, { ...k.range(), fromRevision: r + 1 + Math.floor(i / 2) }, r + total));
        await put(client, k.key(`k${i % 7}`), `${i}`);
      }
    };
    await Promise.all([writer(store), writer(other), writer(store), writer(other)]);
    for (const [i, batches] of (await Promise.all(watches)).entries()) {
      const from = r + 1 + i * 50;
      t.deepEqual(batches.flat().map((event) => event.revision), Array.from({ length: r + total - from + 1 }, (_, j) => from + j));
    }
  });

  test.serial("watch: long history is delivered to a slow consumer without an end", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await store.revision();
    const rounds = NARROW_WATCH_BUFFER.events * 3;
    for (let i = 0; i < rounds; i++) await put(store, k.key("a"), `${i}`);
    const seen: number[] = [];
    const end = new AbortController();
    for await (const batch of store.watch({ ...k.range(), fromRevision: r + 1 }, end.signal)) {
      seen.push(...batch.events.map((event) => event.revision));
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      if (seen.length >= rounds) end.abort();
    }
    t.deepEqual(seen, Array.from({ length: rounds }, (_, i) => r + 1 + i));
  });

  test.serial("watch: a consumer that stops taking live events gets SlowWatcherError", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await store.revision();
    const end = new AbortController();
    const iterator = store.watch({ ...k.range(), fromRevision: r + 1 }, end.signal)[Symbol.asyncIterator]();
    const first = iterator.next();
    await put(store, k.key("a"), "first");
    t.is((await first).value?.events[0]?.revision, r + 1);
    for (let i = 0; i < NARROW_WATCH_BUFFER.events + 50; i++) await put(store, k.key("a"), `${i}`);
    await seenElsewhere(store, k, r + 1 + NARROW_WATCH_BUFFER.events + 50);
    await t.throwsAsync(drain(iterator), { instanceOf: SlowWatcherError });
    end.abort();
  });

  test.serial("watch: a bound on bytes too", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await store.revision();
    const end = new AbortController();
    const iterator = store.watch({ ...k.range(), fromRevision: r + 1 }, end.signal)[Symbol.asyncIterator]();
    const first = iterator.next();
    await put(store, k.key("a"), "first");
    await first;
    const value = new Uint8Array(200_000);
    for (let i = 0; i < 8; i++) await store.txn({ compare: [], operations: [{ type: "put", key: k.key("a"), value }] });
    await seenElsewhere(store, k, r + 9);
    await t.throwsAsync(drain(iterator), { instanceOf: SlowWatcherError });
    end.abort();
  });

  test.serial("watch: ends quietly on abort: before it starts, while it waits, between batches", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await store.revision();
    t.deepEqual(await consume(store.watch({ ...k.range(), fromRevision: r + 1 }, AbortSignal.abort())), []);
    const end = new AbortController();
    const waiting = consume(store.watch({ ...k.range(), fromRevision: r + 1 }, end.signal));
    await put(store, k.key("other"), "1");
    end.abort();
    t.true((await waiting).length <= 1);
    for await (const batch of store.watch({ ...k.range(), fromRevision: r + 1 }, new AbortController().signal)) {
      t.is(batch.revision, r + 1);
      break;
    }
  });

  test.serial("watch: an empty range never delivers", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await store.revision();
    const end = new AbortController();
    const empty = consume(store.watch({ start: k.key("b"), end: k.key("a"), fromRevision: r + 1 }, end.signal));
    await put(store, k.key("a"), "1");
    await seenElsewhere(store, k, r + 1);
    end.abort();
    t.deepEqual(await empty, []);
  });

  test.serial("watch: goes on after the store was closed and opened again", async (t) => {
    const s = subject();
    const k = keys();
    const r = await put(s.store, k.key("a"), "1");
    await put(s.store, k.key("a"), "2");
    const open = consume(s.store.watch({ ...k.range(), fromRevision: r + 2 }, new AbortController().signal));
    await s.reopen();
    await t.throwsAsync(open, { instanceOf: UnavailableError });
    const third = await put(s.store, k.key("a"), "3");
    t.is(third, r + 2);
    t.deepEqual((await watchUntil(s.store, { ...k.range(), fromRevision: r + 1 }, third)).flat().map((event) => event.revision), [r + 1, r + 2]);
  });

  test.serial("watch: many at once", (t) => manyWatches(t, subject(), keys()));
}

async function manyWatches(t: ExecutionContext, { store }: Subject, k: Keys): Promise<void> {
  const r = await store.revision();
  const watches = Array.from({ length: 100 }, (_, i) => {
    const key = k.key(`k${i % 10}/`);
    return watchUntil(store, { start: key, end: `${key}~`, fromRevision: r + 1 }, r + 91 + (i % 10));
  });
  for (let i = 0; i < 100; i++) await store.txn({ compare: [], operations: [{ type: "put", key: k.key(`k${i % 10}/${i}`), value: bytes("x") }] });
  for (const [i, batches] of (await Promise.all(watches)).entries()) {
    t.deepEqual(batches.flat().map((event) => event.revision), Array.from({ length: 10 }, (_, j) => r + 1 + j * 10 + (i % 10)));
  }
}

/** Waits until a watch of another consumer has seen the revision: by then the one under test has been offered it too. */
async function seenElsewhere(store: Store, k: Keys, revision: number): Promise<void> {
  await watchUntil(store, { ...k.range(), fromRevision: revision }, revision);
}

async function consume(watch: AsyncIterable<WatchBatch>): Promise<StoreEvent[]> {
  const events: StoreEvent[] = [];
  for await (const batch of watch) events.push(...batch.events);
  return events;
}

async function drain(iterator: AsyncIterator<WatchBatch>): Promise<void> {
  while (!(await iterator.next()).done);
}
