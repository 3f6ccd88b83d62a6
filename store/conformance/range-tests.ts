import type { TestFn } from "ava";
import { FutureRevisionError, InvalidRequestError } from "../store.ts";
import { bytes, type Keys, put, remove, type Subject, text } from "./subject.ts";

/** Reads of ranges: order, limits, past revisions. */
export function rangeTests(test: TestFn, subject: () => Subject, keys: () => Keys): void {
  test.serial("range: half-open, in order of UTF-8 bytes", async (t) => {
    const { store } = subject();
    const k = keys();
    const names = ["\u{1F600}", "\uFFFD", "é", "z", "a/b", "a", "a\0", "a\0\0", "~", "A"];
    for (const name of names) await put(store, k.key(name), name);
    const sorted = names.map((name) => Buffer.from(name)).sort(Buffer.compare).map(String);
    const { items, count, more } = await store.range(k.range());
    t.deepEqual(items.map((item) => item.key), sorted.map((name) => k.key(name)));
    t.deepEqual(items.map((item) => text(item.value)), sorted);
    t.is(count, names.length);
    t.false(more);
    const some = await store.range({ start: k.key("a"), end: k.key("a\0\0") });
    t.deepEqual(some.items.map((item) => item.key), [k.key("a"), k.key("a\0")]);
    const one = await store.range({ start: k.key("a"), end: k.key("a\0") });
    t.deepEqual(one.items.map((item) => item.key), [k.key("a")]);
  });

  test.serial("range: empty ranges and the whole store", async (t) => {
    const { store } = subject();
    const k = keys();
    const revision = await put(store, k.key("a"), "1");
    for (const [start, end] of [["b", "a"], ["a", "a"], ["x", "y"]] as const) {
      t.deepEqual(await store.range({ start: k.key(start), end: k.key(end) }), { items: [], more: false, count: 0, revision });
    }
    t.deepEqual(await store.range({ start: "", end: "\0" }), { items: [], more: false, count: 0, revision });
    const all = await store.range({ start: "", end: "\u{10FFFF}" });
    t.true(all.items.some((item) => item.key === k.key("a")));
  });

  test.serial("range: pages by limit at one revision while the store changes", async (t) => {
    const { store } = subject();
    const k = keys();
    const name = (i: number) => k.key(`k${String(i).padStart(3, "0")}`);
    for (let i = 0; i < 25; i++) await put(store, name(i), `old ${i}`);
    const { end } = k.range();
    let start = k.range().start;
    let revision: number | undefined;
    const seen: string[] = [];
    for (let page = 0; ; page++) {
      const result = await store.range({ start, end, limit: 10, ...(revision === undefined ? {} : { revision }) });
      revision ??= result.revision;
      t.is(result.count, 25 - seen.length);
      t.is(result.more, page < 2);
      seen.push(...result.items.map((item) => text(item.value)));
      if (!result.more) break;
      start = `${result.items.at(-1)?.key}\0`;
      await put(store, name(page * 10 + 12), "new");
      await remove(store, name(page * 10 + 15));
      await put(store, name(page * 10 + 15) + "x", "new");
    }
    t.deepEqual(seen, Array.from({ length: 25 }, (_, i) => `old ${i}`));
  });

  test.serial("range: the state at every past revision", async (t) => {
    const { store } = subject();
    const k = keys();
    const states: { revision: number; state: string }[] = [];
    const note = async (revision: number, state: string) => states.push({ revision, state });
    await note(await put(store, k.key("a"), "1"), "a=1");
    await note(await put(store, k.key("b"), "1"), "a=1 b=1");
    await note(await put(store, k.key("a"), "2"), "a=2 b=1");
    await note(await remove(store, k.key("a")), "b=1");
    await note(await put(store, k.key("a"), "3"), "a=3 b=1");
    await note(await remove(store, k.key("b")), "a=3");
    for (const { revision, state } of states) {
      const result = await store.range({ ...k.range(), revision });
      t.is(result.items.map((item) => `${item.key.slice(k.prefix.length)}=${text(item.value)}`).join(" "), state);
      t.is(result.count, result.items.length);
      t.is(result.revision, states.at(-1)?.revision ?? 0);
      t.is((await store.range({ ...k.range(), revision, countOnly: true })).count, result.items.length);
      t.is((await store.range({ ...k.range(), revision, limit: 1 })).count, result.items.length);
    }
    const third = await store.range({ ...k.range(), revision: states[2]?.revision ?? 0 });
    t.like(third.items[0], { version: 2, createRevision: states[0]?.revision ?? 0, modRevision: states[2]?.revision ?? 0 });
  });

  test.serial("range: keysOnly leaves the values out, countOnly the items", async (t) => {
    const { store } = subject();
    const k = keys();
    const revision = await put(store, k.key("a"), "value");
    await put(store, k.key("b"), "value");
    const { items } = await store.range({ ...k.range(), keysOnly: true });
    t.deepEqual(items.map((item) => [item.key, item.value.byteLength, item.version]), [[k.key("a"), 0, 1], [k.key("b"), 0, 1]]);
    t.is(items[0]?.modRevision, revision);
    t.deepEqual(await store.range({ ...k.range(), countOnly: true }), { items: [], more: false, count: 2, revision: revision + 1 });
  });

  test.serial("range: a revision in the future and bad arguments are refused", async (t) => {
    const { store } = subject();
    const k = keys();
    const newest = await store.revision();
    const error = await t.throwsAsync(store.range({ ...k.range(), revision: newest + 1 }), { instanceOf: FutureRevisionError });
    t.is((error as FutureRevisionError).currentRevision, newest);
    await t.throwsAsync(store.range({ ...k.range(), limit: 0 }), { instanceOf: InvalidRequestError });
    await t.throwsAsync(store.range({ ...k.range(), limit: 1.5 }), { instanceOf: InvalidRequestError });
    await t.throwsAsync(store.range({ ...k.range(), revision: 0 }), { instanceOf: InvalidRequestError });
    await t.throwsAsync(store.range({ start: "\ud800", end: "b" }), { instanceOf: InvalidRequestError });
  });

  test.serial("range: thousands of items and large ones in one answer", async (t) => {
    const { store } = subject();
    const k = keys();
    const name = (i: number) => k.key(`k${String(i).padStart(5, "0")}`);
    for (let first = 0; first < 3_000; first += 100) {
      const operations = Array.from({ length: 100 }, (_, i) => ({ type: "put" as const, key: name(first + i), value: bytes(`${first + i}`) }));
      await store.txn({ compare: [], operations });
    }
    for (let i = 0; i < 12; i++) await store.txn({ compare: [], operations: [{ type: "put", key: name(1_000 + i), value: new Uint8Array(1_400_000).fill(i) }] });
    const { items, count, more } = await store.range(k.range());
    t.is(count, 3_000);
    t.false(more);
    t.deepEqual(items.map((item) => item.key), Array.from({ length: 3_000 }, (_, i) => name(i)));
    t.true(items.slice(1_000, 1_012).every((item, i) => item.value.byteLength === 1_400_000 && item.value[0] === i));
    const limited = await store.range({ ...k.range(), limit: 2_500 });
    t.deepEqual([limited.items.length, limited.more, limited.count], [2_500, true, 3_000]);
  });

  test.serial("range: sees every write acknowledged before it, through another client too", async (t) => {
    const { store, other } = subject();
    const key = keys().key("a");
    for (let i = 0; i < 50; i++) {
      const revision = await put(i % 2 === 0 ? store : other, key, `${i}`);
      const reader = i % 2 === 0 ? other : store;
      const { items, revision: seen } = await reader.range({ start: key, end: `${key}\0` });
      t.is(text(items[0]?.value ?? bytes("")), `${i}`);
      t.true(seen >= revision);
      t.true((await reader.revision()) >= revision);
    }
  });
}
