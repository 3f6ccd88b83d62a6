import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { type EtcdClusterOptions, startEtcdCluster } from "../conformance/etcd-cluster.ts";
import { put, watchUntil } from "../conformance/subject.ts";
import { MAX_TXN_BYTES, MAX_VALUE_BYTES, prefixRange, type Store, UnavailableError, ValueTooLargeError } from "../store.ts";
import { type EtcdStoreOptions, openEtcdStore } from "./etcd-store.ts";

type Open = (options?: Partial<EtcdStoreOptions>) => Promise<Store>;

async function withEtcd(options: EtcdClusterOptions, run: (open: Open, cluster: Awaited<ReturnType<typeof startEtcdCluster>>) => Promise<void>): Promise<void> {
  const cluster = await startEtcdCluster(options);
  const stores: Store[] = [];
  try {
    await run(async (more) => {
      const store = await openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger, ...more });
      stores.push(store);
      return store;
    }, cluster);
  } finally {
    for (const store of stores) await store.close();
    await cluster.stop();
  }
}

test("TLS with client certificates; another CA's certificate, none, or plain text are refused", async (t) => {
  t.timeout(120_000);
  await withEtcd({ tls: true }, async (open, { tls, strangerTls, endpoints }) => {
    if (tls === undefined || strangerTls === undefined) throw new Error("no certificates");
    const store = await open({ tls });
    const r = await put(store, "/a", "1");
    t.is((await watchUntil(store, { ...prefixRange("/"), fromRevision: r }, r)).flat().length, 1);
    const refused = [{ tls: { ...strangerTls, ca: tls.ca } }, { tls: { ca: tls.ca } }, { tls: { ...tls, ca: strangerTls.ca } }];
    await Promise.all(refused.map((options) => t.throwsAsync(open(options), { instanceOf: UnavailableError, message: /etcd at https:/ })));
    await t.throwsAsync(open({ tls, endpoints: endpoints.map((url) => url.replace("https", "http")) }), { message: /not https, but certificates for etcd are given/ });
    await t.throwsAsync(open({ tls: { ca: tls.ca, cert: tls.cert } }), { message: /needs its key/ });
  });
});

test("TLS: a certificate for another address than the endpoint's is refused", async (t) => {
  await withEtcd({ tls: true, certificateAddresses: ["127.0.0.99"] }, async (open, { tls }) => {
    if (tls === undefined) throw new Error("no certificates");
    await t.throwsAsync(open({ tls }), { instanceOf: UnavailableError, message: /IP: 127\.\d+\.\d+\.1 is not in the cert's list: 127\.0\.0\.99/ });
  });
});

test("etcd's default request limit has room for the largest value and the largest transaction", async (t) => {
  await withEtcd({}, async (open) => {
    const store = await open({ namespace: "/a namespace of some length" });
    const name = "k".repeat(2_000);
    await store.txn({ compare: [{ key: name, modRevision: 0 }], operations: [{ type: "put", key: name, value: new Uint8Array(MAX_VALUE_BYTES) }], readOnFailure: [name] });
    const keys = Array.from({ length: 128 }, (_, i) => `k${i}`.padEnd(1_000, "x"));
    const room = Math.floor((MAX_TXN_BYTES - 128 * 3 * 1_064) / 128);
    const request = {
      compare: keys.map((key) => ({ key, modRevision: 0 })),
      operations: keys.map((key) => ({ type: "put" as const, key, value: new Uint8Array(room) })),
      readOnFailure: keys,
    };
    t.true((await store.txn(request)).succeeded);
    t.false((await store.txn(request)).succeeded);
  });
});

test("a lower request limit of etcd's own is named, with the flag that raises it", async (t) => {
  await withEtcd({ flags: ["--max-request-bytes=100000"] }, async (open) => {
    const store = await open();
    const write = (size: number) => store.txn({ compare: [], operations: [{ type: "put", key: "/a", value: new Uint8Array(size) }] });
    await write(90_000);
    for (const size of [110_000, 1_400_000]) {
      await t.throwsAsync(write(size), { instanceOf: ValueTooLargeError, message: new RegExp(`/a has ${size} bytes; etcd at http.* --max-request-bytes=1572864`) });
    }
    t.is((await store.range({ start: "/a", end: "/a\0" })).items[0]?.value.byteLength, 90_000);
  });
});

test("etcd's quota reached: unavailable, with what to do", async (t) => {
  await withEtcd({ flags: ["--quota-backend-bytes=1000000"] }, async (open) => {
    const store = await open();
    const fill = async () => {
      for (let i = 0; i < 100; i++) await store.txn({ compare: [], operations: [{ type: "put", key: `/${i}`, value: new Uint8Array(100_000) }] });
    };
    await t.throwsAsync(fill(), { instanceOf: UnavailableError, message: /quota.*defrag.*alarm disarm/ });
    t.true((await store.range(prefixRange("/"))).count > 0);
  });
});

test("namespaces keep stores apart on one etcd", async (t) => {
  await withEtcd({}, async (open) => {
    const [a, b, all] = await Promise.all([open({ namespace: "/a" }), open({ namespace: "/b" }), open()]);
    const r = await put(a, "/x", "in a");
    await put(b, "/x", "in b");
    await put(a, "\u{10FFFF}", "last of a");
    t.deepEqual((await a.range({ start: "", end: "\u{10FFFF}~" })).items.map((item) => item.key), ["/x", "\u{10FFFF}"]);
    t.deepEqual((await b.range({ start: "", end: "\u{10FFFF}~" })).items.map((item) => item.key), ["/x"]);
    t.deepEqual((await all.range({ start: "", end: "~" })).items.map((item) => item.key), ["/a/x", "/a\u{10FFFF}", "/b/x"]);
    t.deepEqual((await watchUntil(a, { start: "", end: "\u{10FFFF}~", fromRevision: r }, r + 2)).flat().map((event) => event.key), ["/x", "\u{10FFFF}"]);
  });
});

test("a range whose items are too large for one message comes in smaller pages", async (t) => {
  await withEtcd({}, async (open) => {
    const store = await open();
    for (let i = 0; i < 60; i++) await store.txn({ compare: [], operations: [{ type: "put", key: `/${String(i).padStart(3, "0")}`, value: new Uint8Array(1_400_000).fill(i) }] });
    const { items, count } = await store.range(prefixRange("/"));
    t.is(count, 60);
    t.deepEqual(items.map((item) => item.value[1_000_000]), Array.from({ length: 60 }, (_, i) => i));
    const r = await store.revision();
    const events = (await watchUntil(store, { ...prefixRange("/"), fromRevision: 2 }, r)).flat();
    t.deepEqual(events.map((event) => event.current?.value[0]), Array.from({ length: 60 }, (_, i) => i));
  });
});

test("endpoints that are none are refused before anything is connected", async (t) => {
  const open = (endpoints: string[]) => openEtcdStore({ endpoints, clock: systemClock, logger: silentLogger });
  await t.throwsAsync(open([]), { message: /no etcd endpoint/ });
  for (const bad of ["ftp://a:1", "http://a:1/path", "http://a:1?x=1", "http://", "a b"]) await t.throwsAsync(open([bad]), { message: /is not of the form/ }, bad);
});
