import test from "ava";
import fc from "fast-check";
import { Tournament } from "./tournament.ts";

const values = fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: Number.NEGATIVE_INFINITY }), { minLength: 1, maxLength: 40 });

/** Indices from the best value down, equal ones by index. */
function inOrder(all: readonly number[]): number[] {
  return all.flatMap((value, i) => (value === Number.NEGATIVE_INFINITY ? [] : [i])).sort((a, b) => all[b]! - all[a]! || a - b);
}

test("the best that passes is the first in order that does, and others are tried in that order", (t) => {
  fc.assert(
    fc.property(values, fc.array(fc.record({ index: fc.nat({ max: 39 }), value: fc.integer({ min: 0, max: 5 }) }), { maxLength: 5 }), fc.func(fc.boolean()), fc.integer({ min: 1, max: 50 }), (initial, changes, passes, most) => {
      const now = [...initial];
      const tournament = new Tournament(now.length);
      for (const [i, value] of now.entries()) tournament.put(i, value);
      tournament.rebuild();
      for (const { index, value } of changes) {
        if (index >= now.length) continue;
        now[index] = value;
        tournament.set(index, value);
      }
      const order = inOrder(now);
      const tried: number[] = [];
      const found = tournament.bestOf((index) => {
        tried.push(index);
        return passes(index);
      }, most);
      const expected = order.find((index) => passes(index));
      const needed = expected === undefined ? order.length : order.indexOf(expected) + 1;
      if (tried.join() !== order.slice(0, tried.length).join()) throw new Error(`tried ${tried}, order ${order}`);
      if (found === undefined ? needed < most : found !== (expected ?? -1)) throw new Error(`found ${found}, wanted ${expected}`);
    }),
    { numRuns: 500 },
  );
  t.pass();
});
