import assert from "node:assert/strict";
import test, { type ExecutionContext } from "ava";
import type { ApiHandler } from "../api/exchange.ts";
import { configmaps, secrets } from "../api/resources.ts";
import type { ConfigMap } from "../api/wire.ts";
import { seededRandom } from "../lib/random.ts";
import { ApiError, ConnectionError } from "./client.ts";
import type { Informer } from "./informer.ts";
import { InformerSet } from "./informer-set.ts";
import { createInformer } from "./shared-informer.ts";
import { VirtualServer } from "./testing/virtual-server.ts";

interface Setting {
  readonly virtual: VirtualServer;
  readonly informer: Informer<ConfigMap>;
  /** What its handler heard: `add a`, `update a 1→2`. */
  readonly heard: string[];
  start(): void;
  /** Faults: thrown by the next requests whose URL has the word. */
  readonly faults: { match: RegExp; left: number; error?: Error }[];
  /** URLs that the informer asked for. */
  readonly urls: string[];
  /** Ends the watches that are open, as a lost server would. */
  breakWatches(): void;
}

const ADMIN = { name: "kubernetes-admin", groups: ["system:masters"] };
const value = (map: ConfigMap) => map.data?.["v"];

function informerTest(title: string, run: (t: ExecutionContext, setting: Setting) => Promise<void>): void {
  test(title, async (t) => {
    const virtual = await VirtualServer.start();
    const stop = new AbortController();
    const heard: string[] = [];
    const faults: Setting["faults"] = [];
    const urls: string[] = [];
    const open = new Set<AbortController>();
    const wrap = (handler: ApiHandler): ApiHandler => async (request) => {
      urls.push(request.url);
      const fault = faults.find(({ match, left }) => left > 0 && match.test(request.url));
      if (fault !== undefined) {
        fault.left--;
        throw fault.error ?? new ConnectionError("fault", { outcomeUnknown: false });
      }
      const broken = new AbortController();
      open.add(broken);
      return handler({ ...request, signal: AbortSignal.any([request.signal, broken.signal]) });
    };
    const informer = createInformer({ client: virtual.clientAs(ADMIN, wrap), resource: configmaps, namespace: "default", clock: virtual.clock, random: seededRandom(1), logger: virtual.logger, indexes: { value: (map) => [value(map) ?? ""] } });
    informer.addHandler({
      add: (map) => heard.push(`add ${map.metadata.name}`),
      update: (map, old) => heard.push(`update ${map.metadata.name} ${value(old)}→${value(map)}`),
      delete: (map) => heard.push(`delete ${map.metadata.name}`),
    });
    let running = Promise.resolve();
    const start = () => {
      running = informer.run(stop.signal);
    };
    const breakWatches = () => {
      for (const controller of open) controller.abort();
      open.clear();
    };
    try {
      await run(t, { virtual, informer, heard, start, faults, urls, breakWatches });
    } finally {
      stop.abort();
      await virtual.settleWhile(running);
      t.is(virtual.clock.pending, 0, "timers are left");
      await virtual.stop();
    }
  });
}

const put = async ({ virtual }: Setting, name: string, v: string) => {
  const map: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data: { v } };
  const exists = (await virtual.admin.list(configmaps, { namespace: "default" })).items.some(({ metadata }) => metadata.name === name);
  await (exists ? virtual.admin.update(configmaps, map) : virtual.admin.create(configmaps, map));
};
const remove = ({ virtual }: Setting, name: string) => virtual.admin.delete(configmaps, { namespace: "default", name });
const until = ({ virtual, heard }: Setting, expected: string[]) => virtual.eventually(async () => assert.deepEqual(heard, expected));

informerTest("lists, then follows; indexes follow too", async (t, setting) => {
  const { virtual, informer } = setting;
  await put(setting, "a", "1");
  t.false(informer.hasSynced());
  setting.start();
  await virtual.settleWhile(informer.whenSynced());
  t.true(informer.hasSynced());
  await put(setting, "b", "1");
  await put(setting, "a", "2");
  await remove(setting, "b");
  await until(setting, ["add a", "add b", "update a 1→2", "delete b"]);
  t.deepEqual(informer.byIndex("value", "2").map(({ metadata }) => metadata.name), ["a"]);
  t.deepEqual(informer.byIndex("value", "1"), []);
  t.is(informer.get("default/a")?.data?.["v"], "2");
  t.is(informer.resourceVersion, String(await virtual.server.store.revision()));
  const late: string[] = [];
  const removeHandler = informer.addHandler({ add: (map) => late.push(`add ${map.metadata.name}`), update: () => late.push("update") });
  t.deepEqual(late, ["add a"]);
  removeHandler();
  await put(setting, "a", "3");
  await until(setting, ["add a", "add b", "update a 1→2", "delete b", "update a 2→3"]);
  t.deepEqual(late, ["add a"]);
});

informerTest("a watch that breaks goes on where it was: nothing is missed, told twice, or listed again", async (t, setting) => {
  const { virtual, informer, urls } = setting;
  setting.start();
  await virtual.settleWhile(informer.whenSynced());
  const expected: string[] = [];
  for (let i = 0; i < 5; i++) {
    await put(setting, `m${i}`, "1");
    expected.push(`add m${i}`);
    setting.breakWatches();
    await put(setting, `m${i}`, "2");
    expected.push(`update m${i} 1→2`);
    await virtual.pass(700);
  }
  await until(setting, expected);
  t.is(urls.filter((url) => !url.includes("watch=true")).length, 1);
});

informerTest("a revision that is gone: lists again and tells just what changed, a re-created object as deleted and added", async (t, setting) => {
  const { virtual, informer, heard, urls, faults } = setting;
  for (const name of ["same", "changed", "deleted", "again"]) await put(setting, name, "1");
  setting.start();
  await virtual.settleWhile(informer.whenSynced());
  faults.push({ match: /watch=true/, left: 1000 });
  setting.breakWatches();
  await virtual.pass(1000);
  await put(setting, "changed", "2");
  await remove(setting, "deleted");
  await remove(setting, "again");
  await put(setting, "again", "1");
  await put(setting, "new", "1");
  heard.length = 0;
  faults.length = 0;
  faults.push({ match: /watch=true/, left: 1, error: new ApiError({ kind: "Status", code: 410, reason: "Expired", message: "too old resource version" }) });
  await virtual.eventually(async () => assert.deepEqual([...heard].sort(), ["add again", "add new", "delete again", "delete deleted", "update changed 1→2"]));
  t.is(urls.filter((url) => !url.includes("watch=true")).length, 2);
  t.true(heard.indexOf("delete again") < heard.indexOf("add again"));
});

informerTest("a server that is away is asked again with growing pauses", async (t, setting) => {
  const { virtual, informer, faults, urls } = setting;
  faults.push({ match: /./, left: 12 });
  setting.start();
  await virtual.pass(10_000);
  t.true(urls.length >= 4 && urls.length <= 8, `${urls.length} requests in 10 s`);
  t.false(informer.hasSynced());
  await virtual.pass(200_000, 1000);
  t.true(informer.hasSynced());
});

informerTest("whenSynced can be given up; a handler that fails does not stop the others", async (t, setting) => {
  const { virtual, informer } = setting;
  const enough = new AbortController();
  const waiting = informer.whenSynced(enough.signal);
  enough.abort(new Error("enough"));
  await t.throwsAsync(waiting, { message: "enough" });
  setting.start();
  await virtual.settleWhile(informer.whenSynced());
  informer.addHandler({
    add: () => {
      throw new Error("bad handler");
    },
  });
  const seen: string[] = [];
  informer.addHandler({ add: (map) => seen.push(map.metadata.name ?? "") });
  await put(setting, "a", "1");
  await until(setting, ["add a"]);
  t.deepEqual(seen, ["a"]);
});

informerTest("watches are renewed before long, and one whose end the server forgets is ended", async (t, setting) => {
  const { virtual, urls } = setting;
  setting.start();
  await virtual.pass(1500_000, 10_000);
  const watches = urls.filter((url) => url.includes("watch=true"));
  t.true(watches.length >= 2, `${watches.length} watches in 25 minutes`);
  for (const url of watches) {
    const timeout_s = Number(new URL(url, "http://x").searchParams.get("timeoutSeconds"));
    t.true(timeout_s >= 300 && timeout_s <= 600);
  }
});

test("a set: one informer for each resource, metadata from whole objects where they are there", async (t) => {
  const virtual = await VirtualServer.start();
  const stop = new AbortController();
  const set = new InformerSet({ client: virtual.admin, clock: virtual.clock, random: seededRandom(1), logger: virtual.logger });
  const whole = set.get(configmaps);
  t.is(set.get(configmaps), whole);
  t.is(set.metadata(configmaps as never) as unknown, whole);
  const running = set.run(stop.signal);
  await virtual.settleWhile(set.whenSynced());
  const late = set.metadata(secrets as never);
  await virtual.settleWhile(late.whenSynced());
  t.throws(() => set.get(secrets), { message: /whole objects are asked for after/ });
  set.remove(configmaps);
  t.is(set.get(configmaps), whole, "others use it");
  set.remove(secrets);
  stop.abort();
  await virtual.settleWhile(running);
  await virtual.stop();
});
