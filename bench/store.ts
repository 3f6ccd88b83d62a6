import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/logger.ts";
import { startEtcdCluster } from "../store/conformance/etcd-cluster.ts";
import { openEmbeddedStore } from "../store/embedded/embedded-store.ts";
import { openEtcdStore } from "../store/etcd/etcd-store.ts";
import { prefixRange, type Store } from "../store/store.ts";

/**
 * What the store costs: durable commits per second of many writers at once and of one alone, reads, memory. The floor of the embedded
 * store is bare SQLite in the same run: the same rows in the same tables by prepared statements in one thread, as many to a commit as
 * there are writers, nothing compared and nothing answered.
 */
const OBJECTS = 150_000;
const VALUE_BYTES = 1_024;
const WRITERS = 2_000;
const SINGLE = 2_000;
const ETCD_OBJECTS = 5_000;
const ETCD_WRITERS = 256;
const READS = 20_000;

const value = new Uint8Array(VALUE_BYTES).map((_, i) => 32 + ((i * 7) % 90));
const keyOf = (i: number) => `/registry/pods/namespace-${i % 100}/pod-${String(i).padStart(8, "0")}`;

function report(figure: string, unit: string, measured: number, conditions: Record<string, unknown>, floor?: number): void {
  const round = (number: number) => Number(number.toPrecision(4));
  const floored = floor === undefined ? {} : { floor: round(floor), ratio: round(measured / floor) };
  console.log(JSON.stringify({ bench: "store", figure, value: round(measured), unit, ...floored, conditions }));
}

async function seconds(work: () => unknown): Promise<number> {
  const start_ms = performance.now();
  await work();
  return (performance.now() - start_ms) / 1000;
}

/** `count` calls of `work`, `writers` at a time. Returns calls per second. */
async function rate(count: number, writers: number, work: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const writer = async () => {
    while (next < count) await work(next++);
  };
  return count / (await seconds(() => Promise.all(Array.from({ length: writers }, writer))));
}

interface Floor {
  readonly grouped: number;
  readonly single: number;
  readonly point_us: number;
}

async function bareSqlite(folder: string): Promise<Floor> {
  const database = new DatabaseSync(join(folder, "floor.db"));
  database.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -8192;
    CREATE TABLE log (id INTEGER PRIMARY KEY, revision INTEGER, key TEXT, create_revision INTEGER, version INTEGER, lease INTEGER, previous INTEGER, value BLOB) STRICT;
    CREATE TABLE head (key TEXT PRIMARY KEY, id INTEGER, mod_revision INTEGER, create_revision INTEGER, version INTEGER, lease INTEGER) STRICT, WITHOUT ROWID;`);
  const log = database.prepare("INSERT INTO log VALUES (?, ?, ?, ?, 1, 0, 0, ?)");
  const head = database.prepare("INSERT INTO head VALUES (?, ?, ?, ?, 1, 0)");
  const read = database.prepare("SELECT l.value FROM head h JOIN log l ON l.id = h.id WHERE h.key = ?");
  let id = 0;
  const commit = (count: number) => {
    database.exec("BEGIN IMMEDIATE");
    for (let i = 0; i < count; i++) {
      const key = keyOf(id++);
      log.run(id, id, key, id, value);
      head.run(key, id, id, id);
    }
    database.exec("COMMIT");
  };
  const grouped = OBJECTS / (await seconds(() => {
    for (let done = 0; done < OBJECTS; done += WRITERS) commit(WRITERS);
  }));
  const single = SINGLE / (await seconds(() => {
    for (let i = 0; i < SINGLE; i++) commit(1);
  }));
  const point_us = (await seconds(() => {
    for (let i = 0; i < READS; i++) read.get(keyOf((i * 7919) % OBJECTS));
  })) * (1e6 / READS);
  database.close();
  return { grouped, single, point_us };
}

async function writes(store: Store, name: string, objects: number, writers: number, floor?: Floor): Promise<void> {
  const conditions = { store: name, writers, value_bytes: VALUE_BYTES, durable: true };
  const revisions: number[] = [];
  const put = async (i: number, modRevision: number) => {
    const key = keyOf(i);
    const { revision } = await store.txn({ compare: [{ key, modRevision }], operations: [{ type: "put", key, value }], readOnFailure: [key] });
    revisions[i] = revision;
  };
  report("create_commits_per_second", "1/s", await rate(objects, writers, (i) => put(i, 0)), { ...conditions, objects }, floor?.grouped);
  const random = (i: number) => (i * 7919) % objects;
  const updates = Math.min(objects, 50_000);
  report("update_commits_per_second", "1/s", await rate(updates, writers, (i) => put(random(i), revisions[random(i)] ?? 0)), { ...conditions, objects });
  report("sequential_commits_per_second", "1/s", await rate(SINGLE, 1, (i) => put(objects + i, 0)), { ...conditions, writers: 1 }, floor?.single);
}

async function reads(store: Store, name: string, objects: number, floor?: Floor): Promise<void> {
  const conditions = { store: name, objects, value_bytes: VALUE_BYTES };
  const count = Math.min(READS, objects);
  const point = await rate(count, 1, async (i) => {
    const key = keyOf((i * 7919) % objects);
    await store.range({ start: key, end: `${key}\0` });
  });
  report("point_read_microseconds", "us", 1e6 / point, conditions, floor?.point_us);
  const range_s = await seconds(() => store.range(prefixRange("/registry/")));
  report("range_all_milliseconds", "ms", range_s * 1000, conditions);
  report("range_page_of_500_milliseconds", "ms", (await seconds(() => store.range({ ...prefixRange("/registry/"), limit: 500 }))) * 1000, conditions);
}

/** Events per second that `watchers` watches of everything take together, from history. */
async function watches(store: Store, name: string, watchers: number): Promise<void> {
  const newest = await store.revision();
  let events = 0;
  const one = async () => {
    const end = new AbortController();
    for await (const batch of store.watch({ ...prefixRange("/"), fromRevision: 2, previous: false }, end.signal)) {
      events += batch.events.length;
      if (batch.revision >= newest) end.abort();
    }
  };
  const took_s = await seconds(() => Promise.all(Array.from({ length: watchers }, one)));
  report("watch_history_events_per_second", "1/s", events / took_s, { store: name, watchers, events });
}

/** Resident memory of a process that has the store open, and of one that has nothing. */
async function memory(dataDir: string): Promise<void> {
  const rss_mib = async (folder: string) => {
    const child = fork(new URL(import.meta.url), ["rss", folder], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const [rss_bytes] = (await once(child, "message")) as [number];
    await once(child, "exit");
    return rss_bytes / 1_048_576;
  };
  const bare = await rss_mib("");
  report("open_store_rss_mib", "MiB", (await rss_mib(dataDir)) - bare, { store: "embedded", objects: OBJECTS, above: "a bare Node process" });
}

async function measureOwnMemory(dataDir: string): Promise<void> {
  const store = dataDir === "" ? undefined : await openEmbeddedStore({ dataDir, clock: systemClock, logger: silentLogger });
  for (let i = 0; i < 1_000; i++) await store?.txn({ compare: [], operations: [{ type: "put", key: keyOf(i), value }] });
  process.send?.(process.memoryUsage().rss);
  await store?.close();
  process.disconnect?.();
}

async function embedded(folder: string): Promise<void> {
  const floor = await bareSqlite(folder);
  const dataDir = join(folder, "store");
  const store = await openEmbeddedStore({ dataDir, clock: systemClock, logger: silentLogger });
  await writes(store, "embedded", OBJECTS, WRITERS, floor);
  await reads(store, "embedded", OBJECTS, floor);
  await watches(store, "embedded", 10);
  await store.close();
  await memory(dataDir);
}

async function etcd(): Promise<void> {
  const cluster = await startEtcdCluster();
  const store = await openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, logger: silentLogger });
  try {
    await writes(store, "etcd", ETCD_OBJECTS, ETCD_WRITERS);
    await reads(store, "etcd", ETCD_OBJECTS);
  } finally {
    await store.close();
    await cluster.stop();
  }
}

if (process.argv[2] === "rss") {
  await measureOwnMemory(process.argv[3] ?? "");
} else {
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-store-"));
  try {
    await embedded(folder);
    await etcd();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
