import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/logger.ts";
import { openEmbeddedStore } from "../../../store/embedded/embedded-store.ts";
import { CompactedError, type Store, type WatchBatch, type WatchRequest } from "../../../store/store.ts";
import { TestClient } from "../../testing/test-client.ts";
import { startTestServer } from "../../testing/test-server.ts";

/** A store whose first watch can be lost as if its place in history had been compacted away. */
class LosingStore {
  readonly store: Store;
  #lose: () => void = () => undefined;
  #watches = 0;

  constructor(real: Store) {
    this.store = new Proxy(real, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name === "watch") return (request: WatchRequest, signal: AbortSignal) => (this.#watches++ === 0 ? this.#losable(target, request, signal) : target.watch(request, signal));
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** The watch ends; what is written from now on is not seen by it. */
  lose(): void {
    this.#lose();
  }

  async *#losable(target: Store, request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    const own = new AbortController();
    const lost = new Promise<undefined>((resolve) => {
      this.#lose = () => resolve(undefined);
    });
    const batches = target.watch(request, AbortSignal.any([signal, own.signal]))[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([batches.next(), lost]);
      if (next === undefined) {
        own.abort();
        throw new CompactedError(1);
      }
      if (next.done === true) return;
      yield next.value;
    }
  }
}

test("a cache that lost its place is filled anew: nothing is stale, and watches end so that clients list again", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "berth-reset-"));
  const real = await openEmbeddedStore({ dataDir: dir, clock: systemClock, logger: silentLogger });
  const losing = new LosingStore(real);
  const server = await startTestServer({ store: losing.store });
  const other = await startTestServer({ store: real, pki: server.pki });
  const [client, direct] = [new TestClient(server), new TestClient(other, server.admin)];
  t.teardown(async () => {
    for (const each of [client, direct]) each.close();
    await other.stop();
    await server.stop();
    await real.close();
    await rm(dir, { recursive: true, force: true });
  });
  const secrets = "/api/v1/namespaces/default/secrets";
  for (const name of ["changed", "gone"]) await client.post(secrets, { metadata: { name } });
  const watch = await client.watch(`${secrets}?watch=1`);
  t.is((await watch.take(2)).length, 2);
  losing.lose();
  await direct.patch(`${secrets}/changed`, { metadata: { labels: { a: "b" } } });
  await direct.delete(`${secrets}/gone`);
  await direct.post(secrets, { metadata: { name: "made" } });
  const list = await client.get(secrets);
  t.deepEqual(list.body.items, (await direct.get(secrets)).body.items);
  t.deepEqual(list.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name), ["changed", "made"]);
  t.is((await client.get(`${secrets}/gone`)).status, 404);
  while ((await watch.next()) !== undefined);
  await client.delete(`${secrets}/made`);
  t.is((await client.get(`${secrets}/made`)).status, 404);
});
