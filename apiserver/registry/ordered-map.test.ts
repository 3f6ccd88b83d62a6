import test from "ava";
import fc from "fast-check";
import { OrderedMap } from "./ordered-map.ts";

const keys = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "c", "d", "e", "f", "/") });
const steps = fc.array(fc.record({ key: keys, remove: fc.boolean() }), { maxLength: 2000 });

test("agrees with a sorted model through any sequence of writes", (t) => {
  fc.assert(
    fc.property(steps, keys, keys, (sequence, a, b) => {
      const map = new OrderedMap<string>();
      const model = new Map<string, string>();
      for (const [index, { key, remove }] of sequence.entries()) {
        if (remove) {
          if (map.delete(key) !== model.delete(key)) return false;
        } else {
          map.set(key, `${key}${index}`);
          model.set(key, `${key}${index}`);
        }
      }
      const view = map.snapshot();
      const [start, end] = a < b ? [a, b] : [b, a];
      const wanted = [...model].filter(([key]) => key >= start && key < end).sort((x, y) => (x[0] < y[0] ? -1 : 1));
      const got = [...view.range(start, end)];
      return view.size === model.size && view.count(start, end) === wanted.length && JSON.stringify(got) === JSON.stringify(wanted.map(([, value]) => value));
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test("a snapshot stays as it was while the map is written", (t) => {
  const map = new OrderedMap<number>();
  for (let i = 0; i < 5000; i++) map.set(String(i).padStart(5, "0"), i);
  const before = map.snapshot();
  const wanted = [...before.range("", "")];
  for (let i = 0; i < 5000; i += 2) map.delete(String(i).padStart(5, "0"));
  for (let i = 5000; i < 9000; i++) map.set(String(i).padStart(5, "0"), i);
  t.deepEqual([...before.range("", "")], wanted);
  t.is(before.size, 5000);
  t.is(map.size, 6500);
  t.is([...map.snapshot().range("", "")].length, 6500);
  t.is(before.get("00002"), 2);
  t.is(map.get("00002"), undefined);
});

test("an emptied map is empty and can be filled again", (t) => {
  const map = new OrderedMap<number>();
  for (let i = 0; i < 1000; i++) map.set(`k${i}`, i);
  for (let i = 0; i < 1000; i++) t.true(map.delete(`k${i}`));
  t.is(map.size, 0);
  t.deepEqual([...map.snapshot().range("", "")], []);
  map.set("a", 1);
  t.is(map.get("a"), 1);
});
