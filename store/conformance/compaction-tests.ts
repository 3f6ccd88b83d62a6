import type { TestFn } from "ava";
import { CompactedError, FutureRevisionError, InvalidRequestError } from "../store.ts";
import { type Keys, put, remove, show, type Subject, text, watchUntil } from "./subject.ts";

/** Compaction: what is kept, what fails, and how. */
export function compactionTests(test: TestFn, subject: () => Subject, keys: () => Keys): void {
  test.serial("compaction: reads before it fail, the newest state is untouched", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await put(store, k.key("a"), "1");
    await put(store, k.key("b"), "1");
    await put(store, k.key("a"), "2");
    await remove(store, k.key("b"));
    await put(store, k.key("c"), "1");
    await store.compact(r + 3);
    const state = async (revision?: number) =>
      (await store.range({ ...k.range(), ...(revision === undefined ? {} : { revision }) })).items.map((item) => `${item.key.slice(k.prefix.length)}=${text(item.value)}`).join(" ");
    t.is(await state(), "a=2 c=1");
    t.is(await state(r + 4), "a=2 c=1");
    t.is(await state(r + 3), "a=2");
    for (const revision of [r, r + 2]) {
      const error = await t.throwsAsync(state(revision), { instanceOf: CompactedError });
      t.is((error as CompactedError).compactRevision, r + 3);
      await t.throwsAsync(store.range({ ...k.range(), revision, countOnly: true }), { instanceOf: CompactedError });
      await t.throwsAsync(store.range({ ...k.range(), revision, limit: 1 }), { instanceOf: CompactedError });
      await t.throwsAsync(store.range({ start: "b", end: "a", revision }), { instanceOf: CompactedError });
    }
  });

  test.serial("compaction: watches at and before it fail, the next revision can be watched from", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await put(store, k.key("a"), "1");
    await put(store, k.key("a"), "2");
    await remove(store, k.key("a"));
    await put(store, k.key("a"), "3");
    await put(store, k.key("a"), "4");
    await store.compact(r + 2);
    for (const fromRevision of [1, r, r + 2]) {
      const error = await t.throwsAsync(watchUntil(store, { ...k.range(), fromRevision }, r + 4), { instanceOf: CompactedError });
      t.is((error as CompactedError).compactRevision, r + 2);
    }
    const a = k.key("a");
    t.deepEqual((await watchUntil(store, { ...k.range(), fromRevision: r + 3 }, r + 4)).flat().map(show), [`put ${a}=3 v1@${r + 3}`, `put ${a}=4 v2@${r + 4} was 3@${r + 3}`]);
  });

  test.serial("compaction: at the newest revision keeps the state, and the state before of what comes next", async (t) => {
    const { store } = subject();
    const k = keys();
    await put(store, k.key("gone"), "1");
    const first = await put(store, k.key("a"), "1");
    await remove(store, k.key("gone"));
    const newest = await store.revision();
    await store.compact(newest);
    t.is((await store.range(k.range())).count, 1);
    t.is((await store.range({ ...k.range(), revision: newest })).count, 1);
    const next = await put(store, k.key("a"), "2");
    t.deepEqual((await watchUntil(store, { ...k.range(), fromRevision: newest + 1 }, next)).flat().map(show), [`put ${k.key("a")}=2 v2@${next} was 1@${first}`]);
    const again = await put(store, k.key("gone"), "2");
    t.like((await store.range({ start: k.key("gone"), end: k.key("gone\0") })).items[0], { version: 1, createRevision: again });
  });

  test.serial("compaction: a watch that has caught up goes on through it", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await put(store, k.key("a"), "1");
    const watching = watchUntil(store, { ...k.range(), fromRevision: r }, r + 2);
    await put(store, k.key("a"), "2");
    await watchUntil(store, { ...k.range(), fromRevision: r + 1 }, r + 1);
    await store.compact(r + 1).catch(() => undefined);
    await put(store, k.key("a"), "3");
    t.deepEqual((await watching).flat().map((event) => event.revision), [r, r + 1, r + 2]);
  });

  test.serial("compaction: twice at the same, backwards, in the future", async (t) => {
    const { store } = subject();
    const k = keys();
    const r = await put(store, k.key("a"), "1");
    await put(store, k.key("a"), "2");
    await store.compact(r);
    await t.throwsAsync(store.compact(r), { instanceOf: CompactedError });
    await t.throwsAsync(store.compact(r - 1), { instanceOf: CompactedError });
    await t.throwsAsync(store.compact(r + 2), { instanceOf: FutureRevisionError });
    await t.throwsAsync(store.compact(0), { instanceOf: InvalidRequestError });
    await t.throwsAsync(store.compact(1.5), { instanceOf: InvalidRequestError });
  });

  test.serial("compaction: is remembered when the store is opened again", async (t) => {
    const s = subject();
    const k = keys();
    const r = await put(s.store, k.key("a"), "1");
    await put(s.store, k.key("a"), "2");
    await s.store.compact(r + 1);
    await s.reopen();
    const error = await t.throwsAsync(s.store.range({ ...k.range(), revision: r }), { instanceOf: CompactedError });
    t.is((error as CompactedError).compactRevision, r + 1);
    t.is((await s.store.range({ ...k.range(), revision: r + 1 })).count, 1);
  });
}
