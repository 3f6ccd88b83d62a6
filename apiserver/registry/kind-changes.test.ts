import test from "ava";
import { kinds } from "../../api/kinds/index.ts";
import { CacheEvent } from "./cache-event.ts";
import { CachedObject } from "./cached-object.ts";
import { KindChanges } from "./kind-changes.ts";
import { KindTable } from "./served-kind.ts";

const table = new KindTable(kinds);
const configMaps = table.byResource("", "v1", "configmaps")!;

/** An event of its own object of so many bytes. */
const event = (revision: number, bytes = 100) => new CacheEvent(revision, `n/${revision}`, new CachedObject(configMaps, `n/${revision}`, revision, Buffer.alloc(bytes), undefined, []), undefined);
const revisions = (events: readonly CacheEvent[] | undefined) => events?.map(({ revision }) => revision);

test("what is kept is told from any revision on; what is not, is not", (t) => {
  const changes = new KindChanges(configMaps);
  changes.start(10);
  for (const revision of [12, 15, 20]) changes.add(event(revision));
  t.deepEqual(revisions(changes.after(10)), [12, 15, 20]);
  t.deepEqual(revisions(changes.after(15)), [20]);
  t.is(changes.after(9), undefined);
  changes.forgetUntil(16);
  t.is(changes.since, 15);
  t.is(changes.after(14), undefined);
  t.deepEqual(revisions(changes.after(15)), [20]);
  changes.forgetUntil(100);
  t.deepEqual([changes.since, revisions(changes.after(20))], [20, []]);
  changes.add(event(21));
  t.deepEqual(revisions(changes.after(20)), [21]);
});

test("the oldest go when there are too many bytes; kinds that are not cached keep few", (t) => {
  const changes = new KindChanges(configMaps);
  const few = new KindChanges(table.byResource("", "v1", "events")!);
  for (const one of [changes, few]) {
    one.start(0);
    for (let revision = 1; revision <= 100; revision++) one.add(event(revision, 100_000));
  }
  t.is(changes.after(changes.since)?.length, 20);
  t.is(few.after(few.since)?.length, 1);
});
