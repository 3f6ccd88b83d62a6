import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { put, remove, watchUntil } from "../conformance/subject.ts";
import { openEmbeddedStore, StoreOpenError } from "./embedded-store.ts";
import { DirectoryLockedError } from "./directory-lock.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import { tempDir } from "./testing/temp-dir.ts";

const open = (dataDir: string) => openEmbeddedStore({ dataDir, clock: systemClock, logger: silentLogger });
const inFile = <T>(path: string, use: (database: DatabaseSync) => T): T => {
  const database = new DatabaseSync(join(path, "store.db"));
  try {
    return use(database);
  } finally {
    database.close();
  }
};

test("an empty store is at revision 1, its first write is 2", async (t) => {
  using dir = tempDir();
  const store = await open(join(dir.path, "made", "when absent"));
  t.is(await store.revision(), 1);
  t.is(await put(store, "a", "1"), 2);
  await store.close();
});

test("a folder can be open once: in this process", async (t) => {
  using dir = tempDir();
  const store = await open(dir.path);
  await t.throwsAsync(open(dir.path), { instanceOf: DirectoryLockedError, message: new RegExp(`${dir.path} is in use by process ${process.pid}: stop it first`) });
  t.is(await put(store, "a", "1"), 2);
  await store.close();
  await (await open(dir.path)).close();
});

test("a folder can be open once: another process holds it until it is gone, however it ends", async (t) => {
  using dir = tempDir();
  const writer = fileURLToPath(new URL("testing/durable-writer.ts", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", writer, dir.path, "0", "-1", join(dir.path, "acknowledged")], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  try {
    await once(child.stdout, "data");
    child.stdout.resume();
    await t.throwsAsync(open(dir.path), { instanceOf: DirectoryLockedError, message: new RegExp(`in use by process ${child.pid}`) });
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
  await (await open(dir.path)).close();
});

test("a file of a newer format is refused and left alone", async (t) => {
  using dir = tempDir();
  await (await open(dir.path)).close();
  inFile(dir.path, (database) => database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`));
  await t.throwsAsync(open(dir.path), { instanceOf: StoreOpenError, message: /format 2, this program knows formats up to 1: run the newer program/ });
  inFile(dir.path, (database) => database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`));
  await (await open(dir.path)).close();
});

test("a database of another program is refused", async (t) => {
  using dir = tempDir();
  inFile(dir.path, (database) => database.exec("CREATE TABLE theirs (a)"));
  await t.throwsAsync(open(dir.path), { instanceOf: StoreOpenError, message: /SQLite database of another program/ });
});

test("a file that is no database is refused with what to do", async (t) => {
  using dir = tempDir();
  writeFileSync(join(dir.path, "store.db"), "not a database at all, but long enough to be looked at".repeat(100));
  await t.throwsAsync(open(dir.path), { instanceOf: StoreOpenError, message: /store\.db is damaged.*restore it from a backup/ });
  writeFileSync(join(dir.path, "store.db"), "");
  await (await open(dir.path)).close();
});

test("a folder that cannot be made, or is a file, is named", async (t) => {
  using dir = tempDir();
  writeFileSync(join(dir.path, "file"), "");
  for (const path of [join(dir.path, "file"), join(dir.path, "file", "below")]) await t.throwsAsync(open(path), { instanceOf: StoreOpenError, message: new RegExp(`cannot open ${path}.*(EEXIST|ENOTDIR)`) });
});

test("nobody but the owner reads the data", async (t) => {
  using dir = tempDir();
  const path = join(dir.path, "data");
  mkdirSync(path, { mode: 0o755 });
  writeFileSync(join(path, "store.db"), "", { mode: 0o644 });
  const store = await open(path);
  await put(store, "a", "1");
  for (const name of ["store.db", "store.db-wal", "store.db-shm"]) t.is(statSync(join(path, name)).mode & 0o777, 0o600, name);
  await store.close();
});

test("leases go on across a restart by the wall clock", async (t) => {
  using dir = tempDir();
  const clock = new VirtualClock();
  const openAt = () => openEmbeddedStore({ dataDir: dir.path, clock, logger: silentLogger });
  const first = await openAt();
  const short = await first.grantLease(10);
  const long = await first.grantLease(100);
  await put(first, "short", "1", short);
  await put(first, "long", "1", long);
  await clock.advance(5_000);
  await first.keepAliveLease(long);
  await first.close();
  await clock.advance(20_000);
  const second = await openAt();
  await clock.advance(0);
  const [[expired] = []] = await watchUntil(second, { start: "a", end: "z", fromRevision: 4 }, 4);
  t.like(expired, { type: "delete", key: "short" });
  t.is((await second.range({ start: "a", end: "z" })).items[0]?.key, "long");
  const next = await second.grantLease(10);
  t.true(next > long, "an id is never given twice");
  await second.close();
  t.is(clock.pending, 0);
});

test("compaction deletes the rows, also when it is cut short", async (t) => {
  using dir = tempDir();
  const first = await open(dir.path);
  for (let i = 0; i < 3_000; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, j) => put(first, `k${(i + j) % 50}`, String(i))));
  }
  for (let i = 0; i < 25; i++) await remove(first, `k${i}`);
  const newest = await first.revision();
  await first.compact(newest);
  await first.close();
  t.true(inFile(dir.path, rows) > KEPT_ROWS, "closed before the sweep was done");
  const second = await open(dir.path);
  await put(second, "last", "1");
  await untilSwept(dir.path);
  t.is((await second.range({ start: "a", end: "z" })).count, 26);
  t.is((await second.range({ start: "a", end: "z", revision: newest })).count, 25);
  await second.close();
  t.true(inFile(dir.path, rows) <= KEPT_ROWS);
});

test("closing leaves nothing behind but the data", async (t) => {
  using dir = tempDir();
  const store = await open(dir.path);
  await put(store, "a", "1");
  await Promise.all([store.close(), store.close()]);
  await store.close();
  for (const name of ["store.db-wal", "store.db-shm", "lock.pid"]) t.false(existsSync(join(dir.path, name)), name);
});

/** 25 keys, the deletion that was newest, and the last key. */
const KEPT_ROWS = 27;

function rows(database: DatabaseSync): number {
  return Number(database.prepare("SELECT count(*) AS n FROM log").get()?.["n"]);
}

/** Waits for the worker's sweep, which nothing announces, by looking at the file. */
async function untilSwept(path: string): Promise<void> {
  const reader = new DatabaseSync(join(path, "store.db"), { readOnly: true });
  try {
    while (rows(reader) > KEPT_ROWS) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    reader.close();
  }
}
