import type { TestFn } from "ava";
import { InvalidRequestError, LeaseNotFoundError, MAX_TXN_OPS, MAX_VALUE_BYTES, ValueTooLargeError } from "../store.ts";
import { bytes, type Keys, put, remove, type Subject, text } from "./subject.ts";

/** Transactions: create, update, delete by compare-and-swap, limits. */
export function txnTests(test: TestFn, subject: () => Subject, keys: () => Keys): void {
  test.serial("txn: creates a key that must not exist, once", async (t) => {
    const { store } = subject();
    const key = keys().key("a");
    const create = { compare: [{ key, modRevision: 0 }], operations: [{ type: "put" as const, key, value: bytes("1") }], readOnFailure: [key] };
    const before = await store.revision();
    const first = await store.txn(create);
    t.deepEqual(first, { succeeded: true, revision: before + 1, current: [] });
    const second = await store.txn(create);
    t.false(second.succeeded);
    t.is(second.revision, first.revision);
    const [current] = second.current;
    t.is(text(current?.value ?? bytes("")), "1");
    t.like(current, { key, createRevision: first.revision, modRevision: first.revision, version: 1, lease: 0 });
  });

  test.serial("txn: updates by compare-and-swap and refuses a stale revision", async (t) => {
    const { store } = subject();
    const key = keys().key("a");
    const created = await put(store, key, "1");
    const swap = (modRevision: number, value: string) =>
      store.txn({ compare: [{ key, modRevision }], operations: [{ type: "put", key, value: bytes(value) }], readOnFailure: [key] });
    const updated = await swap(created, "2");
    t.true(updated.succeeded);
    const stale = await swap(created, "3");
    t.false(stale.succeeded);
    t.like(stale.current[0], { createRevision: created, modRevision: updated.revision, version: 2 });
    t.is(text(stale.current[0]?.value ?? bytes("")), "2");
  });

  test.serial("txn: deletes by compare-and-swap; a key made again starts at version 1", async (t) => {
    const { store } = subject();
    const key = keys().key("a");
    const created = await put(store, key, "1");
    const erase = { compare: [{ key, modRevision: created }], operations: [{ type: "delete" as const, key }], readOnFailure: [key] };
    const deleted = await store.txn(erase);
    t.deepEqual(deleted, { succeeded: true, revision: created + 1, current: [] });
    t.deepEqual(await store.txn(erase), { succeeded: false, revision: created + 1, current: [null] });
    const again = await put(store, key, "2");
    const { items } = await store.range({ start: key, end: `${key}\0` });
    t.like(items[0], { createRevision: again, modRevision: again, version: 1 });
  });

  test.serial("txn: one revision for all its writes, none when it changes nothing", async (t) => {
    const { store } = subject();
    const k = keys();
    const before = await put(store, k.key("gone"), "x");
    const { revision } = await store.txn({
      compare: [],
      operations: [
        { type: "put", key: k.key("a"), value: bytes("1") },
        { type: "delete", key: k.key("gone") },
        { type: "delete", key: k.key("never") },
        { type: "put", key: k.key("b"), value: bytes("2") },
      ],
    });
    t.is(revision, before + 1);
    const { items } = await store.range(k.range());
    t.deepEqual(items.map((item) => [item.key, item.modRevision]), [
      [k.key("a"), revision],
      [k.key("b"), revision],
    ]);
    t.is(await remove(store, k.key("never")), revision);
    t.is((await store.txn({ compare: [], operations: [] })).revision, revision);
    t.is(await store.revision(), revision);
  });

  test.serial("txn: all comparisons must hold; readOnFailure answers in its order", async (t) => {
    const { store } = subject();
    const k = keys();
    const a = await put(store, k.key("a"), "1");
    const b = await put(store, k.key("b"), "2");
    const request = {
      compare: [
        { key: k.key("a"), modRevision: a },
        { key: k.key("b"), modRevision: a },
      ],
      operations: [{ type: "delete" as const, key: k.key("a") }],
      readOnFailure: [k.key("c"), k.key("b"), k.key("a")],
    };
    const failed = await store.txn(request);
    t.false(failed.succeeded);
    t.deepEqual(failed.current.map((item) => item?.modRevision ?? null), [null, b, a]);
    t.is((await store.range(k.range())).count, 2);
  });

  test.serial("txn: values of 0 and of MAX_VALUE_BYTES bytes come back whole", async (t) => {
    const { store } = subject();
    const k = keys();
    const large = new Uint8Array(MAX_VALUE_BYTES).map((_, i) => (i * 31) & 0xff);
    await store.txn({ compare: [], operations: [{ type: "put", key: k.key("large"), value: large }] });
    await store.txn({ compare: [], operations: [{ type: "put", key: k.key("empty"), value: new Uint8Array(0) }] });
    const { items } = await store.range(k.range());
    t.is(items[0]?.value.byteLength, 0);
    t.true(Buffer.from(items[1]?.value ?? []).equals(Buffer.from(large)));
    const base64 = Buffer.alloc(1_048_576).toString("base64");
    const secret = JSON.stringify({ kind: "Secret", apiVersion: "v1", metadata: { name: "n", namespace: "d" }, data: { key: base64 } });
    t.true(secret.length < MAX_VALUE_BYTES, "a Secret with 1 MiB of data fits");
  });

  test.serial("txn: a larger value is refused and nothing is written", async (t) => {
    const { store } = subject();
    const k = keys();
    const before = await store.revision();
    const value = new Uint8Array(MAX_VALUE_BYTES + 1);
    const operations = [
      { type: "put" as const, key: k.key("a"), value: bytes("1") },
      { type: "put" as const, key: k.key("b"), value },
    ];
    await t.throwsAsync(store.txn({ compare: [], operations }), { instanceOf: ValueTooLargeError, message: /1500001 bytes; the limit is 1500000/ });
    t.is(await store.revision(), before);
  });

  test.serial("txn: MAX_TXN_OPS of everything is taken, more is refused", async (t) => {
    const { store } = subject();
    const k = keys();
    const many = (count: number) => Array.from({ length: count }, (_, i) => k.key(`k${String(i).padStart(4, "0")}`));
    const request = (count: number) => ({
      compare: many(count).map((key) => ({ key, modRevision: 0 })),
      operations: many(count).map((key) => ({ type: "put" as const, key, value: bytes("v") })),
      readOnFailure: many(count),
    });
    t.true((await store.txn(request(MAX_TXN_OPS))).succeeded);
    const failed = await store.txn(request(MAX_TXN_OPS));
    t.is(failed.current.filter((item) => item !== null).length, MAX_TXN_OPS);
    await t.throwsAsync(store.txn(request(MAX_TXN_OPS + 1)), { instanceOf: InvalidRequestError });
  });

  test.serial("txn: refuses what breaks the rules, with the same class everywhere", async (t) => {
    const { store } = subject();
    const k = keys();
    const write = (key: string) => ({ type: "put" as const, key, value: bytes("v") });
    const refused = async (operations: Parameters<typeof store.txn>[0]["operations"]) =>
      t.throwsAsync(store.txn({ compare: [], operations }), { instanceOf: InvalidRequestError });
    await refused([write("")]);
    await refused([write(`${k.key("a")}\ud800`)]);
    await refused([write(k.key("x".repeat(3_000)))]);
    await refused([write(k.key("a")), { type: "delete", key: k.key("a") }]);
    await refused([write(k.key("a")), { type: "put", key: k.key("b"), value: new Uint8Array(1_499_000) }, { type: "put", key: k.key("c"), value: new Uint8Array(100_000) }]);
    await t.throwsAsync(store.txn({ compare: [{ key: k.key("a"), modRevision: -1 }], operations: [] }), { instanceOf: InvalidRequestError });
  });

  test.serial("txn: a lease that does not exist is refused, but only when the comparisons hold", async (t) => {
    const { store } = subject();
    const k = keys();
    const operations = [
      { type: "put" as const, key: k.key("a"), value: bytes("1") },
      { type: "put" as const, key: k.key("b"), value: bytes("1"), lease: 123_456_789 },
    ];
    await t.throwsAsync(store.txn({ compare: [], operations }), { instanceOf: LeaseNotFoundError });
    t.is((await store.range(k.range())).count, 0);
    const stale = await store.txn({ compare: [{ key: k.key("a"), modRevision: 7 }], operations });
    t.false(stale.succeeded);
  });
}
