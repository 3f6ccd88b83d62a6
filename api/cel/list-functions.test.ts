import test from "ava";
import { CelError, CostError } from "./cel-error.ts";
import { type DataType, dynamicValue, plainType } from "./data-type.ts";
import { Environment } from "./environment.ts";
import { listOf, STRING } from "./types.ts";

const texts: DataType = { ...plainType(listOf(STRING)), maxSize: 20, element: plainType(STRING, 120) };
const environment = new Environment({ variables: new Map([["l", texts]]) });
const run = (source: string, list: readonly string[] = ["b", "a", "b"], limit = 1_000_000) => environment.compile(source).evaluate(() => dynamicValue(list), limit).result;

const truths = `
l.slice(0, 2) == ['b', 'a'] && l.slice(1, 1) == []
l.reverse() == ['b', 'a', 'b'] && [1, 2].reverse() == [2, 1]
l.distinct() == ['b', 'a'] && [dyn(1), dyn(1.0), dyn(2)].distinct().size() == 2
l.sort() == ['a', 'b', 'b'] && [3, 1, 2].sort() == [1, 2, 3] && [].sort() == []
[[1], [2, 3], []].flatten() == [1, 2, 3] && [dyn(1), dyn([dyn(2), dyn([3])])].flatten(1) == [dyn(1), dyn(2), dyn([3])] && [dyn(1), dyn([dyn(2), dyn([3])])].flatten(9) == [1, 2, 3]
lists.range(3) == [0, 1, 2] && lists.range(0) == []
`
  .trim()
  .split("\n");

for (const source of truths) {
  test(source, (t) => {
    t.is(run(source), true);
  });
}

test("What cannot be done is refused with cel-go's words", (t) => {
  const message = (source: string) => (run(source) as CelError).message;
  t.is(message("l.slice(0, 4)"), "cannot slice(0, 4), list is length 3");
  t.is(message("l.slice(2, 1)"), "cannot slice(2, 1), start index must be less than or equal to end index");
  t.is(message("l.slice(-1, 1)"), "cannot slice(-1, 1), negative indexes not supported");
  t.is(message("[[1]].flatten(-1)"), "level must be non-negative");
});

test("Long lists are paid for before they are made", (t) => {
  for (const source of ["lists.range(900000).size() > 0", "lists.range(1000).sort().size() > 0", "lists.range(1000).distinct().size() > 0"]) t.throws(() => run(source, [], 100_000), { instanceOf: CostError }, source);
  t.true(run("lists.range(1000000000000) == []") instanceof CelError);
});

/** For a list of 20 texts of 120 characters, as Kubernetes 1.35 estimates. */
const estimates: readonly (readonly [string, number])[] = [
  ["l.slice(1,2).size() > 0", 16],
  ["l.sort() == l", 857],
  ["l.reverse().size() > 0", 35],
  ["l.distinct().size() > 0", 815],
  ["lists.range(3).size() > 0", 16],
];

for (const [source, units] of estimates) {
  // There the list was a field of an object, whose name costs one more each time.
  const names = source.match(/\bl\b(?!\()/g)?.length ?? 0;
  test(`Estimate of ${source}`, (t) => {
    t.is(environment.compile(source).estimate().max, units - names);
  });
}
