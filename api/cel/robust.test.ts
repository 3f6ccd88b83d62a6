import test from "ava";
import fc from "fast-check";
import { CelError, CompileError, CostError } from "./cel-error.ts";
import { dynamicValue, plainType } from "./data-type.ts";
import { Environment } from "./environment.ts";
import { BOOL, DYN, INT, listOf, mapOf, STRING } from "./types.ts";

const environment = new Environment({
  variables: new Map([
    ["d", plainType(DYN)],
    ["b", plainType(BOOL)],
    ["i", plainType(INT)],
    ["s", plainType(STRING)],
    ["l", plainType(listOf(INT))],
    ["m", plainType(mapOf(STRING, INT))],
  ]),
});
const json: Readonly<Record<string, unknown>> = { d: { a: [1, "x", null, { b: 2.5 }] }, b: true, i: 7, s: "text", l: [3, 1, 2], m: { a: 1 } };

/** Compiles and runs; only what the interface promises may be thrown. */
function survives(source: string): boolean {
  try {
    const program = environment.compile(source);
    const { max } = program.estimate();
    const { result } = program.evaluate((name) => dynamicValue(json[name]), 100_000);
    return max >= 0 && (result instanceof CelError || result !== undefined);
  } catch (error) {
    if (error instanceof CompileError || error instanceof CostError) return true;
    throw error;
  }
}

const tokens = "d b i s l m x 1 2u 1.5 -3 'a' b'a' true null ( ) [ ] { } . , : ? ! - + * / % == != < >= in && || .? [? all(x, exists(x, map(x, filter(x, has( size( .size() .contains( int( string( type( dyn( cel.bind(x, optional.of( .value() .orValue( duration( timestamp( .matches( .split( .format( [1, {'a': ip( cidr( quantity( url( semver( sets.contains( .sum() .transformMap(k, v, ".split(" ");

test("Whatever is written, the answer is a value, a failure or an issue", (t) => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 25 }), (parts) => survives(parts.join(" "))), { numRuns: 3000 });
  fc.assert(fc.property(fc.string({ maxLength: 40, unit: "binary" }), survives), { numRuns: 1000 });
  t.pass();
});

const leaf = fc.constantFrom("d", "b", "i", "s", "l", "m", "d.a", "d.a[3].b", "1", "0", "-5", "2u", "1.5", "''", "'a%sb'", "b'x'", "true", "null", "[]", "[1, 2]", "{'a': 1}", "9223372036854775807", "duration('1h')", "timestamp('2024-01-01T00:00:00Z')", "optional.none()");
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(tie("expression"), fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "in", "&&", "||"), tie("expression")).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie("expression"), fc.constantFrom("all", "exists", "exists_one", "map", "filter"), tie("expression")).map(([a, macro, b]) => `${a}.${macro}(x, ${b})`),
    fc.tuple(fc.constantFrom("size", "string", "int", "uint", "double", "bytes", "bool", "type", "dyn", "optional.of", "duration", "timestamp"), tie("expression")).map(([name, a]) => `${name}(${a})`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `dyn(${a})[${b}]`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `[dyn(${a}), dyn(${b})]`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `string(${a}).replace('a', string(${b}))`),
  ),
}));

test("Expressions of any shape over any values end well", (t) => {
  fc.assert(fc.property(expression, survives), { numRuns: 3000 });
  t.pass();
});
