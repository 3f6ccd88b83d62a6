import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { prefixRange, type Store, UnavailableError } from "../store.ts";
import { bytes, put, watchUntil } from "../conformance/subject.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { tempDir } from "./testing/temp-dir.ts";

const FULL_DISK = fileURLToPath(new URL("testing/full-disk-writer.ts", import.meta.url));

const WRITERS = 8;

test("a full disk fails writes, harms nothing, and writes go on when there is room", async (t) => {
  using dir = tempDir();
  // A mount namespace of its own: the small file system is gone with the process.
  const script = `mount -t tmpfs -o size=6m none "${dir.path}" && exec "${process.execPath}" --disable-warning=ExperimentalWarning "${FULL_DISK}" "${dir.path}"`;
  const userNamespace = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const { stdout } = await promisify(execFile)("unshare", ["--mount", ...userNamespace, "sh", "-c", script]);
  const seen = JSON.parse(stdout) as Record<string, number & string[]>;
  t.true((seen["whenFull"] ?? 0) > 5);
  t.true(seen["errors"]?.every((error) => /^UnavailableError: the store could not commit: database or disk is full/.test(error)), JSON.stringify(seen));
  t.is(seen["afterwards"], 5 as never);
  t.deepEqual([seen["missingWhenFull"], seen["missingAfterwards"], seen["missingInTheEnd"]], [[], [], []] as never);
});

test("a worker that dies is replaced: nothing acknowledged is lost, watches miss nothing", async (t) => {
  using dir = tempDir();
  let worker: Worker | undefined;
  const store = await openEmbeddedStore({
    dataDir: dir.path,
    clock: systemClock,
    logger: silentLogger,
    startWorker: (file, options) => {
      worker = new Worker(file, options);
      return worker;
    },
  });
  const seen: number[] = [];
  const end = new AbortController();
  const watching = (async () => {
    for await (const batch of store.watch({ ...prefixRange("/"), fromRevision: 2 }, end.signal)) seen.push(...batch.events.map((event) => event.revision));
  })();
  const acknowledged = new Map<string, number>();
  const failed: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    let index = 0;
    const write = async (): Promise<void> => {
      while (failed.length <= round * WRITERS) {
        const key = `/${round}/${index++}`;
        if (index === 200) void worker?.terminate();
        await put(store, key, "x").then((revision) => acknowledged.set(key, revision), (error: unknown) => failed.push(error));
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
    await untilWritable(store);
  }
  t.true(failed.length > 0 && failed.every((error) => error instanceof UnavailableError));
  const { items } = await store.range(prefixRange("/"));
  const stored = new Map(items.map((item) => [item.key, item.modRevision]));
  for (const [key, revision] of acknowledged) t.is(stored.get(key), revision);
  const newest = await store.revision();
  await watchUntil(store, { ...prefixRange("/"), fromRevision: newest }, newest);
  end.abort();
  await watching;
  t.deepEqual(seen, Array.from({ length: newest - 1 }, (_, i) => i + 2));
  await store.close();
});

test("closing while requests are under way settles every one of them", async (t) => {
  using dir = tempDir();
  const store = await openEmbeddedStore({ dataDir: dir.path, clock: systemClock, logger: silentLogger });
  const writes = Array.from({ length: 500 }, (_, i) => put(store, `/${i}`, "x").then(() => true, () => false));
  const reads = store.range(prefixRange("/")).then(() => true, () => false);
  await Promise.resolve();
  const closing = store.close();
  const results = await Promise.all(writes);
  t.is(results.length, 500);
  t.is(typeof (await reads), "boolean");
  await closing;
  const again = await openEmbeddedStore({ dataDir: dir.path, clock: systemClock, logger: silentLogger });
  const { count } = await again.range(prefixRange("/"));
  t.true(count >= results.filter(Boolean).length);
  await again.close();
});

test("more requests than the store can hold are refused, the others are done", async (t) => {
  using dir = tempDir();
  const store = await openEmbeddedStore({ dataDir: dir.path, clock: systemClock, logger: silentLogger });
  const value = bytes("x".repeat(1_400_000));
  const results = await Promise.allSettled(Array.from({ length: 150 }, (_, i) => store.txn({ compare: [], operations: [{ type: "put", key: `/${i}`, value }] })));
  const refused = results.filter((result) => result.status === "rejected").map((result) => String(result.reason));
  t.true(refused.length > 0 && refused.every((reason) => /UnavailableError: the store is overloaded/.test(reason)));
  t.is((await store.range({ ...prefixRange("/"), countOnly: true })).count, results.length - refused.length);
  await store.close();
});

async function untilWritable(store: Store): Promise<void> {
  for (;;) {
    try {
      await store.txn({ compare: [], operations: [] });
      return;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      await systemClock.sleep(10);
    }
  }
}
