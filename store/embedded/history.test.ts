import test from "ava";
import { statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { bytes, put, watchUntil } from "../conformance/subject.ts";
import { prefixRange, type Store } from "../store.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { tempDir } from "./testing/temp-dir.ts";

async function withStore(run: (store: Store, path: string) => Promise<void>): Promise<void> {
  using dir = tempDir();
  const store = await openEmbeddedStore({ dataDir: dir.path, clock: systemClock, logger: silentLogger });
  try {
    await run(store, dir.path);
  } finally {
    await store.close();
  }
}

test("history of many windows, with a revision larger than one, is whole, in order and never split", async (t) => {
  await withStore(async (store) => {
    const rare: number[] = [];
    const many = (count: number) =>
      Promise.all(Array.from({ length: count }, async (_, i) => {
        const revision = await put(store, i % 1_000 === 7 ? "/rare" : `/often/${i % 10}`, String(i));
        if (i % 1_000 === 7) rare.push(revision);
      }));
    await many(10_000);
    const lease = await store.grantLease(1_000);
    for (let i = 0; i < 9_000; i += 100) {
      await store.txn({ compare: [], operations: Array.from({ length: 100 }, (_, j) => ({ type: "put", key: `/leased/${i + j}`, value: bytes(""), lease })) });
    }
    await store.revokeLease(lease);
    const revoked = await store.revision();
    await many(10_000);
    const newest = await store.revision();
    const all = await watchUntil(store, { ...prefixRange("/"), fromRevision: 2, previous: false }, newest);
    t.is(all.flat().length, 10_000 + 9_000 + 9_000 + 10_000);
    t.deepEqual([...new Set(all.flat().map((event) => event.revision))], Array.from({ length: newest - 1 }, (_, i) => i + 2));
    for (const [i, batch] of all.entries()) t.not(batch.at(-1)?.revision, all[i + 1]?.[0]?.revision);
    t.is(all.filter((batch) => batch.some((event) => event.revision === revoked)).length, 1);
    const few = await watchUntil(store, { start: "/rare", end: "/rare\0", fromRevision: 2 }, rare.at(-1) ?? 0);
    t.deepEqual(few.flat().map((event) => event.revision), rare);
    for (const fromRevision of [revoked - 1, revoked, revoked + 1]) {
      const rest = await watchUntil(store, { ...prefixRange("/"), fromRevision, previous: false }, newest);
      t.is(rest.flat()[0]?.revision, fromRevision);
      t.is(rest.flat().at(-1)?.revision, newest);
    }
  });
});

test("reads and watches that were left half way do not hold back the WAL", async (t) => {
  await withStore(async (store, path) => {
    const end = new AbortController();
    const value = new Uint8Array(100_000);
    const write = (i: number) => store.txn({ compare: [], operations: [{ type: "put", key: `/${i}`, value }] });
    for (let i = 0; i < 150; i++) await write(i);
    const halfway = store.watch({ ...prefixRange("/"), fromRevision: 2 }, end.signal)[Symbol.asyncIterator]();
    await halfway.next();
    await store.range({ ...prefixRange("/"), limit: 3 });
    for (let i = 0; i < 900; i++) await write(i % 150);
    t.true(statSync(join(path, "store.db-wal")).size < 40_000_000, "105 MB were written");
    end.abort();
  });
});

test("a hundred watches of their own ranges do not cost each write a hundred comparisons, and each gets its own", async (t) => {
  await withStore(async (store) => {
    const end = new AbortController();
    const seen = new Map<string, string[]>();
    const watches = Array.from({ length: 100 }, async (_, i) => {
      const prefix = `/kind-${i}/`;
      for await (const batch of store.watch({ ...prefixRange(prefix), fromRevision: 2 }, end.signal)) {
        seen.set(prefix, [...(seen.get(prefix) ?? []), ...batch.events.map((event) => event.key)]);
      }
    });
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => put(store, `/kind-${i % 100}/${i}`, "x")));
    const last = await store.revision();
    await watchUntil(store, { ...prefixRange("/"), fromRevision: last }, last);
    end.abort();
    await Promise.all(watches);
    for (const [prefix, keys] of seen) t.true(keys.length === 20 && keys.every((key) => key.startsWith(prefix)));
    t.is(seen.size, 100);
  });
});
