import test from "ava";
import fc from "fast-check";
import { inRange } from "../key-order.ts";
import type { KeyRange } from "../store.ts";
import { RangeIndex } from "./range-index.ts";

const bound = fc.string({ unit: fc.constantFrom("a", "b", "c", "/", "é", "\u{1F600}"), maxLength: 3 });
const range = fc.record({ start: bound, end: bound });

test("property: visits exactly the ranges that have the key, also after some were taken out", (t) => {
  const property = fc.property(fc.array(range, { maxLength: 20 }), fc.array(fc.nat(19), { maxLength: 5 }), fc.array(bound, { maxLength: 10 }), (ranges, removed, keys) => {
    const index = new RangeIndex<KeyRange>();
    const members = new Set(ranges);
    for (const member of members) index.add(member);
    const agrees = () => keys.every((key) => {
      const visited: KeyRange[] = [];
      index.visit(key, (member) => visited.push(member));
      const expected = [...members].filter((member) => inRange(member, key));
      return visited.length === expected.length && expected.every((member) => visited.includes(member));
    });
    if (!agrees()) return false;
    for (const i of removed) {
      const member = ranges[i];
      if (member === undefined) continue;
      index.delete(member);
      members.delete(member);
    }
    return agrees() && index.size === members.size;
  });
  fc.assert(property, { numRuns: 500 });
  t.pass();
});
