import type { TestFn } from "ava";
import type { Store } from "../store.ts";
import { bytes, type Keys, put, type Subject, text } from "./subject.ts";

/** Writers racing each other. */
export function raceTests(test: TestFn, subject: () => Subject, keys: () => Keys): void {
  test.serial("race: of writers that swap from one revision exactly one wins, every round", async (t) => {
    const { store, other } = subject();
    const key = keys().key("a");
    let modRevision = await put(store, key, "start");
    for (let round = 0; round < 30; round++) {
      const swap = (client: Store, name: string) =>
        client.txn({ compare: [{ key, modRevision }], operations: [{ type: "put", key, value: bytes(name) }], readOnFailure: [key] });
      const results = await Promise.all(Array.from({ length: 8 }, (_, i) => swap(i % 2 === 0 ? store : other, `${round}.${i}`)));
      const winners = results.filter((result) => result.succeeded);
      t.is(winners.length, 1);
      modRevision = winners[0]?.revision ?? 0;
      const winner = results.findIndex((result) => result.succeeded);
      for (const result of results) {
        if (result.succeeded) continue;
        t.is(result.current[0]?.modRevision, modRevision);
        t.is(text(result.current[0]?.value ?? bytes("")), `${round}.${winner}`);
      }
    }
  });

  test.serial("race: creators of one key: exactly one", async (t) => {
    const { store, other } = subject();
    const key = keys().key("a");
    const create = (client: Store) => client.txn({ compare: [{ key, modRevision: 0 }], operations: [{ type: "put", key, value: bytes("x") }] });
    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => create(i % 2 === 0 ? store : other)));
    t.is(results.filter((result) => result.succeeded).length, 1);
  });

  test.serial("race: counters raised by compare-and-swap lose nothing", async (t) => {
    const { store, other } = subject();
    const k = keys();
    const names = [k.key("x"), k.key("y"), k.key("z")];
    for (const name of names) await put(store, name, "0");
    const raise = async (client: Store, name: string): Promise<void> => {
      for (;;) {
        const { items } = await client.range({ start: name, end: `${name}\0` });
        const value = bytes(String(Number(text(items[0]?.value ?? bytes(""))) + 1));
        const swap = await client.txn({ compare: [{ key: name, modRevision: items[0]?.modRevision ?? 0 }], operations: [{ type: "put", key: name, value }] });
        if (swap.succeeded) return;
      }
    };
    await Promise.all(Array.from({ length: 12 }, async (_, i) => {
      for (let j = 0; j < 10; j++) await raise(i % 2 === 0 ? store : other, names[(i + j) % 3] as string);
    }));
    const { items } = await store.range(k.range());
    t.deepEqual(items.map((item) => [text(item.value), item.version]), [["40", 41], ["40", 41], ["40", 41]]);
  });

  test.serial("race: revisions of concurrent writes are distinct and without holes", async (t) => {
    const { store, other } = subject();
    const k = keys();
    const r = await store.revision();
    const revisions = await Promise.all(Array.from({ length: 300 }, (_, i) => put(i % 2 === 0 ? store : other, k.key(`k${i}`), "x")));
    t.deepEqual(revisions.sort((a, b) => a - b), Array.from({ length: 300 }, (_, i) => r + 1 + i));
  });
}
