import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { type EtcdCluster, startEtcdCluster } from "../conformance/etcd-cluster.ts";
import { put, watchUntil } from "../conformance/subject.ts";
import { prefixRange, type Store, UnavailableError } from "../store.ts";
import { openEtcdStore } from "./etcd-store.ts";

/** Writers that go on through failures and note what was acknowledged, and a watch that must see all of it once and in order. */
class Traffic {
  readonly acknowledged = new Map<string, number>();
  readonly seen: { key: string; revision: number }[] = [];
  readonly failures: unknown[] = [];
  readonly #store: Store;
  readonly #end = new AbortController();
  readonly #first: number;
  #stopped = false;
  #index = 0;
  #running: Promise<unknown> = Promise.resolve();
  #watching: Promise<void> = Promise.resolve();

  constructor(store: Store, first: number) {
    this.#store = store;
    this.#first = first;
  }

  start(): void {
    this.#watching = this.#watch();
    this.#running = Promise.all(Array.from({ length: 6 }, () => this.#write()));
  }

  /** Waits until `count` more writes are acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged.size + count;
    while (this.acknowledged.size < goal) await systemClock.sleep(10);
  }

  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#running;
    const last = await put(this.#store, "/traffic/last", "x");
    while (this.seen.at(-1)?.revision !== last) await systemClock.sleep(10);
    this.#end.abort();
    await this.#watching;
    return last;
  }

  async #write(): Promise<void> {
    while (!this.#stopped) {
      const key = `/traffic/${this.#index++}`;
      try {
        this.acknowledged.set(key, await put(this.#store, key, "x"));
      } catch (error) {
        this.failures.push(error);
      }
    }
  }

  async #watch(): Promise<void> {
    for await (const { events } of this.#store.watch({ ...prefixRange("/traffic/"), fromRevision: this.#first }, this.#end.signal)) {
      this.seen.push(...events.map(({ key, revision }) => ({ key, revision })));
    }
  }
}

async function withCluster(members: number, run: (cluster: EtcdCluster, open: (endpoints?: readonly string[]) => Promise<Store>) => Promise<void>): Promise<void> {
  const cluster = await startEtcdCluster({ members });
  const stores: Store[] = [];
  try {
    await run(cluster, async (endpoints = cluster.endpoints) => {
      const store = await openEtcdStore({ endpoints, clock: systemClock, logger: silentLogger });
      stores.push(store);
      return store;
    });
  } finally {
    for (const store of stores) await store.close();
    await cluster.stop();
  }
}

test.serial("three members: kill -9 of the leader and of the others, one at a time, under writes and a watch", async (t) => {
  t.timeout(120_000);
  await withCluster(3, async (cluster, open) => {
    const store = await open();
    const traffic = new Traffic(store, (await store.revision()) + 1);
    traffic.start();
    await traffic.more(100);
    for (let round = 0; round < 3; round++) {
      const victim = round === 0 ? await cluster.leader() : cluster.members[round - 1];
      await victim?.kill();
      await traffic.more(200);
      await victim?.start();
      await traffic.more(100);
    }
    await traffic.stop();
    t.true(traffic.failures.every((error) => error instanceof UnavailableError), String(traffic.failures[0]));
    const { items } = await store.range(prefixRange("/traffic/"));
    const stored = new Map(items.map((item) => [item.key, item.modRevision]));
    for (const [key, revision] of traffic.acknowledged) t.is(stored.get(key), revision);
    t.deepEqual(traffic.seen.map(({ revision }) => revision), [...stored.values()].sort((a, b) => a - b), "each write once, in order");
  });
});

test.serial("three members: one that hangs is left for another", async (t) => {
  t.timeout(120_000);
  await withCluster(3, async (cluster, open) => {
    const hanging = cluster.members[0];
    const store = await open();
    const traffic = new Traffic(store, (await store.revision()) + 1);
    traffic.start();
    await traffic.more(50);
    hanging?.freeze();
    await traffic.more(200);
    hanging?.thaw();
    await traffic.more(50);
    await traffic.stop();
    const { items } = await store.range(prefixRange("/traffic/"));
    t.deepEqual(traffic.seen.map(({ revision }) => revision), items.map((item) => item.modRevision).sort((a, b) => a - b));
  });
});

test.serial("one member: a restart ends no watch and loses nothing", async (t) => {
  await withCluster(1, async (cluster, open) => {
    const store = await open();
    const r = await put(store, "/a", "1");
    const watching = watchUntil(store, { ...prefixRange("/"), fromRevision: r }, r + 2);
    await watchUntil(store, { ...prefixRange("/"), fromRevision: r }, r);
    await cluster.members[0]?.kill();
    await cluster.members[0]?.start();
    await put(store, "/a", "2");
    await put(store, "/a", "3");
    t.deepEqual((await watching).flat().map((event) => event.revision), [r, r + 1, r + 2]);
  });
});

test.serial("without a majority reads and writes fail as unavailable, and work again afterwards", async (t) => {
  t.timeout(120_000);
  await withCluster(3, async (cluster, open) => {
    const store = await open();
    await put(store, "/a", "1");
    await Promise.all([cluster.members[1]?.kill(), cluster.members[2]?.kill()]);
    const [write, read] = await Promise.allSettled([put(store, "/b", "1"), store.range(prefixRange("/"))]);
    t.true(write?.status === "rejected" && write.reason instanceof UnavailableError);
    t.true(read?.status === "rejected" && read.reason instanceof UnavailableError);
    await Promise.all([cluster.members[1]?.start(), cluster.members[2]?.start()]);
    t.is((await store.range({ start: "/a", end: "/a\0" })).count, 1);
    t.true((await put(store, "/c", "1")) > 0);
  });
});

test.serial("closing while etcd hangs settles every request at once", async (t) => {
  await withCluster(1, async (cluster, open) => {
    const store = await open();
    await put(store, "/a", "1");
    cluster.members[0]?.freeze();
    const requests = [put(store, "/b", "1"), store.range(prefixRange("/")), store.revision(), store.grantLease(10), watchUntil(store, { ...prefixRange("/"), fromRevision: 1 }, 1_000)];
    const settled = Promise.allSettled(requests);
    await systemClock.sleep(1);
    await store.close();
    const started_ms = systemClock.monotonic_ms();
    for (const result of await settled) t.true(result.status === "rejected" && result.reason instanceof UnavailableError);
    t.true(systemClock.monotonic_ms() - started_ms < 2_000);
    cluster.members[0]?.thaw();
  });
});

test.serial("an endpoint that is down from the start, and one of another cluster", async (t) => {
  await withCluster(1, async (first, open) => {
    const dead = "http://127.0.0.1:1";
    const store = await open([dead, ...first.endpoints]);
    t.true((await put(store, "/a", "1")) > 0);
    await withCluster(1, async (second) => {
      const mixed = await open([...first.endpoints, ...second.endpoints]);
      await first.members[0]?.kill();
      await t.throwsAsync(async () => mixed.revision(), { instanceOf: UnavailableError, message: /belongs to another cluster/ });
    });
  });
});

test.serial("nobody there: opening fails and names the endpoint", async (t) => {
  t.timeout(60_000);
  const error = await t.throwsAsync(openEtcdStore({ endpoints: ["127.0.0.1:1"], clock: systemClock, logger: silentLogger }), { instanceOf: UnavailableError });
  t.regex(error?.message ?? "", /etcd at http:\/\/127\.0\.0\.1:1.*ECONNREFUSED/);
});
