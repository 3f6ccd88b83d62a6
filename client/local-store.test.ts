import test from "ava";
import fc from "fast-check";
import type { Identified } from "./informer.ts";
import { keyOf, splitKey } from "./informer.ts";
import { LocalStore } from "./local-store.ts";

interface Thing extends Identified {
  readonly colour?: string;
}

function thing(name: string, fields: { namespace?: string; uid?: string; version?: string; colour?: string } = {}): Thing {
  const { namespace = "ns", uid = `uid-${name}`, version = "1", colour } = fields;
  return { metadata: { name, namespace, uid, resourceVersion: version }, ...(colour === undefined ? {} : { colour }) };
}

test("keys: with and without a namespace", (t) => {
  t.is(keyOf({ metadata: { name: "a", namespace: "n" } }), "n/a");
  t.is(keyOf({ metadata: { name: "a" } }), "a");
  t.deepEqual(splitKey("n/a"), { namespace: "n", name: "a" });
  t.deepEqual(splitKey("a"), { name: "a" });
});

test("a re-created object is a delete and an add", (t) => {
  const store = new LocalStore<Thing>();
  const old = thing("a", { uid: "1" });
  const fresh = thing("a", { uid: "2" });
  t.deepEqual(store.put(old), [{ type: "add", object: old }]);
  t.deepEqual(store.put(fresh), [
    { type: "delete", object: old },
    { type: "add", object: fresh },
  ]);
  t.is(store.size, 1);
});

test("replace tells just the differences", (t) => {
  const store = new LocalStore<Thing>();
  const [a, b, c] = [thing("a"), thing("b"), thing("c")];
  for (const object of [a, b, c]) store.put(object);
  const b2 = thing("b", { version: "2" });
  const d = thing("d");
  t.deepEqual(store.replace([thing("a"), b2, d]), [
    { type: "delete", object: c },
    { type: "update", object: b2, old: b },
    { type: "add", object: d },
  ]);
});

test("removal gives the newest state known", (t) => {
  const store = new LocalStore<Thing>();
  store.put(thing("a"));
  const last = thing("a", { version: "7" });
  t.deepEqual(store.remove("ns/a", last), [{ type: "delete", object: last }]);
  t.deepEqual(store.remove("ns/a", last), []);
});

test("an index that is unknown is an error", (t) => {
  t.throws(() => new LocalStore<Thing>().byIndex("colour", "red"), { message: /no index "colour"/ });
});

const names = fc.constantFrom("a", "b", "c", "d");
const things = fc
  .tuple(names, fc.constantFrom("n1", "n2"), fc.constantFrom("u1", "u2"), fc.integer({ min: 1, max: 5 }), fc.option(fc.constantFrom("red", "blue"), { nil: undefined }))
  .map(([name, namespace, uid, version, colour]) => thing(name, { namespace, uid, version: String(version), ...(colour === undefined ? {} : { colour }) }));
type Step = { type: "put"; object: Thing } | { type: "remove"; object: Thing } | { type: "replace"; objects: Thing[] };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    things.map((object) => ({ type: "put" as const, object })),
    things.map((object) => ({ type: "remove" as const, object })),
    fc.uniqueArray(things, { selector: keyOf }).map((objects) => ({ type: "replace" as const, objects })),
  ),
);

test("indexes and lists always agree with a scan, and changes rebuild the state", (t) => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const store = new LocalStore<Thing>();
      store.addIndex("colour", (object) => (object.colour === undefined ? [] : [object.colour]));
      const told = new Map<string, Thing>();
      for (const step of sequence) {
        const changes = step.type === "put" ? store.put(step.object) : step.type === "remove" ? store.remove(keyOf(step.object)) : store.replace(step.objects);
        for (const change of changes) {
          if (change.type === "delete") told.delete(keyOf(change.object));
          else told.set(keyOf(change.object), change.object);
        }
      }
      const all = store.list();
      const byName = (x: Thing, y: Thing) => keyOf(x).localeCompare(keyOf(y));
      t.deepEqual([...told.values()].sort(byName), [...all].sort(byName));
      for (const namespace of ["n1", "n2", "n3"]) {
        t.deepEqual(store.list(namespace).sort(byName), all.filter((object) => object.metadata.namespace === namespace).sort(byName));
      }
      for (const colour of ["red", "blue", "green"]) {
        t.deepEqual([...store.byIndex("colour", colour)].sort(byName), all.filter((object) => object.colour === colour).sort(byName));
      }
    }),
  );
});
