import type { TestFn } from "ava";
import { InvalidRequestError, LeaseNotFoundError } from "../store.ts";
import { type Keys, put, show, type Subject, watchUntil } from "./subject.ts";

/** Shortest lease that etcd grants with its default timings is 2 s. */
const TTL_S = 2;

/** Leases: expiry, renewal, revocation. */
export function leaseTests(test: TestFn, subject: () => Subject, keys: () => Keys): void {
  test.serial("lease: its keys are deleted in one revision when it runs out", async (t) => {
    const { store, elapse } = subject();
    const k = keys();
    const lease = await store.grantLease(TTL_S);
    t.true(Number.isSafeInteger(lease) && lease > 0);
    const b = await put(store, k.key("b"), "2", lease);
    const a = await put(store, k.key("a"), "1", lease);
    await put(store, k.key("free"), "3");
    t.is((await store.range({ start: k.key("a"), end: k.key("a\0") })).items[0]?.lease, lease);
    const watching = watchUntil(store, { ...k.range(), fromRevision: a + 2 }, a + 2);
    await elapse(TTL_S * 1000 + 100);
    t.deepEqual((await watching).flat().map(show), [`delete ${k.key("a")}@${a + 2} was 1@${a}`, `delete ${k.key("b")}@${a + 2} was 2@${b}`]);
    t.deepEqual((await store.range(k.range())).items.map((item) => item.key), [k.key("free")]);
    await t.throwsAsync(store.keepAliveLease(lease), { instanceOf: LeaseNotFoundError });
    await t.throwsAsync(store.revokeLease(lease), { instanceOf: LeaseNotFoundError });
  });

  test.serial("lease: lives as long as it is renewed", async (t) => {
    const { store, elapse } = subject();
    const k = keys();
    const lease = await store.grantLease(TTL_S);
    await put(store, k.key("a"), "1", lease);
    for (let i = 0; i < 3; i++) {
      await elapse(TTL_S * 600);
      await store.keepAliveLease(lease);
    }
    t.is((await store.range(k.range())).count, 1);
    await store.revokeLease(lease);
  });

  test.serial("lease: a key written without it, or with another, does not go with it", async (t) => {
    const { store } = subject();
    const k = keys();
    const first = await store.grantLease(100);
    const second = await store.grantLease(100);
    t.not(first, second);
    for (const name of ["a", "b", "c"]) await put(store, k.key(name), "1", first);
    await put(store, k.key("a"), "2");
    const r = await put(store, k.key("b"), "2", second);
    await store.revokeLease(first);
    t.is(await store.revision(), r + 1);
    t.deepEqual((await store.range(k.range())).items.map((item) => [item.key, item.lease]), [
      [k.key("a"), 0],
      [k.key("b"), second],
    ]);
    await store.revokeLease(second);
    t.deepEqual((await store.range(k.range())).items.map((item) => item.key), [k.key("a")]);
  });

  test.serial("lease: revoking one without keys takes no revision; unknown ones are refused", async (t) => {
    const { store } = subject();
    const r = await store.revision();
    const lease = await store.grantLease(100);
    await store.revokeLease(lease);
    t.is(await store.revision(), r);
    await t.throwsAsync(store.revokeLease(lease), { instanceOf: LeaseNotFoundError });
    await t.throwsAsync(store.keepAliveLease(987_654_321), { instanceOf: LeaseNotFoundError });
    await t.throwsAsync(store.grantLease(0), { instanceOf: InvalidRequestError });
    await t.throwsAsync(store.grantLease(1.5), { instanceOf: InvalidRequestError });
  });

  test.serial("lease: one with many keys deletes all of them in one revision and one batch", async (t) => {
    const { store } = subject();
    const k = keys();
    const lease = await store.grantLease(100);
    const total = 1_200;
    const names = Array.from({ length: total }, (_, i) => k.key(`k${String(i).padStart(5, "0")}`));
    for (let i = 0; i < total; i += 100) {
      await store.txn({ compare: [], operations: names.slice(i, i + 100).map((key) => ({ type: "put", key, value: new Uint8Array(4_000), lease })) });
    }
    const r = await store.revision();
    const watching = watchUntil(store, { ...k.range(), fromRevision: r + 1, previous: false }, r + 1);
    await store.revokeLease(lease);
    for (const batches of [await watching, await watchUntil(store, { ...k.range(), fromRevision: r + 1 }, r + 1)]) {
      t.is(batches.length, 1);
      t.deepEqual(batches[0]?.map((event) => event.key), names);
    }
  });

  test.serial("lease: outlives the store that granted it, and still runs out", async (t) => {
    const s = subject();
    const k = keys();
    const lease = await s.store.grantLease(TTL_S);
    const r = await put(s.store, k.key("a"), "1", lease);
    await s.reopen();
    await s.store.keepAliveLease(lease);
    t.is((await s.store.range(k.range())).count, 1);
    const watching = watchUntil(s.store, { ...k.range(), fromRevision: r + 1 }, r + 1);
    await s.elapse(TTL_S * 1000 + 100);
    t.is((await watching).flat().length, 1);
  });
}
