import test from "ava";
import { type DataType, dynamicValue, plainType } from "./data-type.ts";
import { Environment } from "./environment.ts";
import { INT, listOf, mapOf, STRING } from "./types.ts";

function sized(type: DataType, maxSize: number, element?: DataType): DataType {
  return { ...type, maxSize, element };
}

const int = plainType(INT, 1);
const text = (size: number) => plainType(STRING, size);

const environment = new Environment({
  variables: new Map([
    ["s", text(500)],
    ["t", text(500)],
    ["l", sized(plainType(listOf(INT)), 100, int)],
    ["ll", sized(plainType(listOf(listOf(STRING))), 50, sized(plainType(listOf(STRING)), 10, text(20)))],
    ["m", sized(plainType(mapOf(STRING, INT)), 20, int)],
    ["any", plainType(STRING)],
  ]),
});

/** Least and greatest, counted as cel-go counts for inputs of these sizes. */
const estimates: readonly (readonly [string, number, number])[] = [
  ["'Hello World!'", 0, 0],
  ["s", 1, 1],
  ["m['key']", 2, 2],
  ["m.key", 2, 2],
  ["['a', 'b']", 10, 10],
  ["{'a': 1}", 30, 30],
  ["l.all(x, true)", 2, 302],
  ["ll.all(x, x.all(y, true))", 2, 1752],
  ["s.contains(t)", 2, 2502],
  ["s.matches('\\\\d+a\\\\d+b')", 3, 103],
  ["s.startsWith(t)", 2, 52],
  ["s.size()", 2, 2],
  ["true || s == 'a'", 0, 2],
  ["1 in l", 1, 101],
  ["l[0] > 1 ? s.contains('ab') : true", 3, 54],
  ["s + t == 'abc'", 2, 103],
  ["has({'a': 1}.a)", 30, 30],
  ["ll[0].isSorted()", 2, 32],
  ["ll[0].indexOf('a')", 2, 32],
  ["ll[0].join(',').matches('a')", 3, 2 + 21 + 21],
  ["quantity('1') == quantity('2')", 3, 3],
  ["s.charAt(0)", 2, 2],
  ["type(s) == int", 2, 3],
  ["cel.bind(x, s + t, x.contains('a'))", 13, 213],
];

for (const [source, min, max] of estimates) {
  test(`Estimate of ${source}`, (t) => {
    t.deepEqual(environment.compile(source).estimate(), { min, max });
  });
}

test("Where no text is called, Kubernetes takes a match for a step", (t) => {
  t.deepEqual(environment.compile("matches(s, 'a')").estimate(), { min: 2, max: 2 });
});

test("What nothing bounds costs more than any limit", (t) => {
  t.true(environment.compile("any.contains(any)").estimate().max > 1e18);
  t.true(environment.compile("any.split('').all(x, any.contains(x))").estimate().max >= 2 ** 64);
});

test("A run never costs more than its estimate", (t) => {
  const values: Readonly<Record<string, unknown>> = {
    s: "a".repeat(500),
    t: "b".repeat(500),
    l: Array.from({ length: 100 }, (_, i) => i),
    ll: Array.from({ length: 50 }, () => Array.from({ length: 10 }, () => "y".repeat(20))),
    m: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i])),
  };
  const sources = [...estimates.map(([source]) => source), "l.map(x, x * 2).filter(y, y > 3).size() > 1", "ll.exists(x, x.exists(y, y == s))", "m.all(k, m[k] < 100)", "l.exists_one(x, x == 5)", "ll.all(x, x.map(y, y + t).size() == 10)", "l.all(i, x, x >= i)", "s.replace('a', 'bb').contains('b')"];
  for (const source of sources) {
    const program = environment.compile(source);
    const { cost } = program.evaluate((name) => dynamicValue(values[name]), 1e9);
    t.true(cost <= program.estimate().max, `${source}: ${cost}`);
  }
});
