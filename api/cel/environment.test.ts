import test from "ava";
import { CelError, CompileError, CostError } from "./cel-error.ts";
import { dynamicValue, plainType } from "./data-type.ts";
import { Environment } from "./environment.ts";
import { formatString } from "./library/string-format.ts";
import { Meter } from "./meter.ts";
import { DYN, INT, listOf, mapOf, STRING } from "./types.ts";
import { ArrayList, type CelValue } from "./values.ts";

const environment = new Environment({
  variables: new Map([
    ["d", plainType(DYN)],
    ["i", plainType(INT)],
    ["s", plainType(STRING)],
    ["l", plainType(listOf(INT))],
    ["m", plainType(mapOf(STRING, INT))],
  ]),
});
const json: Readonly<Record<string, unknown>> = { d: { a: 1, b: "x", c: [1, 2, 3], e: { f: null }, n: 1.5 }, i: 7, s: "héllo", l: [3, 1, 2], m: { a: 1, b: 2 } };
const bindings = (name: string): CelValue | undefined => dynamicValue(json[name]);
const LIMIT = 1_000_000;

function run(source: string, limit = LIMIT): CelValue | CelError {
  return environment.compile(source).evaluate(bindings, limit).result;
}

/** Each is true. */
const truths = `
1 + 2 == 3
7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1
9223372036854775807 == 9223372036854775807
1u + 2u == 3u
1.5 + 1.5 == 3.0
dyn(1) == 1.0 && 1u == dyn(1) && dyn(1) == dyn(1.0)
1 < 2.5 && 3u > 2 && 2 <= 2u
'a' + 'b' == 'ab' && 'a' < 'b' && 'b' >= 'a'
b'ab' == bytes('ab') && b'a' + b'b' == b'ab' && string(b'ab') == 'ab'
[1, 2] + [3] == [1, 2, 3] && [1, 2][1] == 2
{'a': 1}['a'] == 1 && {'a': 1}.a == 1 && {1: 'x', 2: 'y'}[dyn(2u)] == 'y'
2 in [1, 2] && !(3 in [1, 2]) && 'a' in {'a': 1}
true || 1 / 0 == 1
1 / 0 == 1 || true
!(false && 1 / 0 == 1)
true ? true : 1 / 0 == 1
size('héllo') == 5 && 'héllo'.size() == 5 && size([1]) == 1 && size({'a': 1}) == 1 && size(b'é') == 2
has(d.a) && !has(d.zz) && has({'x': 1}.x)
l.all(x, x > 0) && l.exists(x, x == 2) && l.exists_one(x, x > 2)
l.map(x, x * 2) == [6, 2, 4] && l.map(x, x > 1, x) == [3, 2] && l.filter(x, x < 3) == [1, 2]
m.all(k, m[k] > 0) && m.exists(k, v, k == 'b' && v == 2) && l.all(i, x, i < 3 && x > 0)
l.transformList(i, x, i * 10 + x) == [3, 11, 22] && l.transformList(i, x, i > 0, x) == [1, 2]
m.transformMap(k, v, v + 1) == {'a': 2, 'b': 3} && m.transformMap(k, v, v > 1, v) == {'b': 2}
m.transformMapEntry(k, v, {v: k}) == {1: 'a', 2: 'b'}
[1, 2].all(x, [3, 4].all(y, x < y))
cel.bind(x, 'a' + 'b', x + x) == 'abab'
[0, 1].exists(x, 1 / x == 1)
![1, 0].all(x, 1 / x > 5)
d.?a.orValue(5) == 1 && d.?zz.orValue(5) == 5 && d.?e.?f.hasValue()
!d.?zz.?y.hasValue() && optional.none().or(optional.of(1)).value() == 1
[1, ?optional.none(), ?optional.of(2)] == [1, 2] && {?'a': optional.none(), 'b': 1} == {'b': 1}
l[?0].value() == 3 && !l[?9].hasValue() && optional.ofNonZeroValue('') == optional.none()
optional.of(2).optMap(x, x * 2).value() == 4 && optional.of(2).optFlatMap(x, optional.of(x)).value() == 2
type(1) == int && type('') == string && type(1.0) == double && type([]) == list && type({}) == map && type(null) == null_type && type(1u) == uint
type(timestamp('2024-01-01T00:00:00Z')) == google.protobuf.Timestamp
int('5') == 5 && int(5.9) == 5 && uint(5) == 5u && double('1.5') == 1.5 && string(5) == '5' && string(1.0) == '1' && string(1e30) == '1e+30' && bool('true')
'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo') && 'hello'.matches('^h.*o$') && matches('abc', 'b')
'hello'.charAt(1) == 'e' && 'hello'.indexOf('l') == 2 && 'hello'.lastIndexOf('l') == 3 && 'hello'.indexOf('l', 3) == 3 && 'x'.indexOf('y') == -1
'Hello'.lowerAscii() == 'hello' && 'é'.upperAscii() == 'é' && 'a'.upperAscii() == 'A'
'hello'.replace('l', 'L') == 'heLLo' && 'hello'.replace('l', 'L', 1) == 'heLlo' && 'ab'.replace('', '-') == '-a-b-'
'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && ['a', 'b'].join('-') == 'a-b'
'héllo'.substring(1) == 'éllo' && 'hello'.substring(1, 3) == 'el' && '  x '.trim() == 'x'
'abc123def'.find('[0-9]+') == '123' && 'a1b2c3'.findAll('[0-9]') == ['1', '2', '3'] && 'a1b2c3'.findAll('[0-9]', 2) == ['1', '2']
'%s is %d and %.2f'.format(['x', 5, 1.234]) == 'x is 5 and 1.23'
'%x %X %o %b %e %%'.format([255, 'hi', 8, 5, 1234.5]) == 'ff 6869 10 101 1.234500×10⁰³ %'
strings.quote('a"b') == '"a\\\\"b"'
'%s %s'.format([['a', 1.5, true], {'b': duration('1s'), 'a': b'x'}]) == '["a", 1.500000, true] {"a":b"x", "b":duration("1s")}' && '%.1f %.0f'.format([1234567.25, 2.5]) == '1,234,567.2 2'
[3, 1, 2].sortBy(x, -x) == [3, 2, 1] && ['bb', 'a'].sortBy(x, x.size())[0] == 'a' && [{'k': 'b'}, {'k': 'a'}].sortBy(x, x.k)[0].k == 'a' && [1, 2].first().value() == 1 && ![].last().hasValue()
'abc'.indexOf('c', 9) == -1 && 'abc'.lastIndexOf('a', 9) == -1 && {'a': 1, 'a': 2}.a == 2 && !quantity('1.0').isInteger() && quantity('1.5k').isInteger() && url('https://a/b%2Fc#x').getEscapedPath() == '/b%2Fc'
[1, 2, 3].isSorted() && [1, 2, 3].sum() == 6 && [3, 1].min() == 1 && ['a', 'c', 'b'].max() == 'c' && [1.5, 1.5].sum() == 3.0 && [1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2
sets.contains([1, 2, 3], [3, 1]) && sets.equivalent([1, 1, 2], [2, 1]) && sets.intersects([1], [1, 2]) && !sets.intersects([1], [])
timestamp('2024-02-29T12:30:45.5Z').getFullYear() == 2024 && timestamp('2024-02-29T12:30:45Z').getMonth() == 1 && timestamp('2024-02-29T12:30:45Z').getDayOfMonth() == 28 && timestamp('2024-02-29T12:30:45Z').getDate() == 29
timestamp('2024-02-29T12:30:45.5Z').getMilliseconds() == 500 && timestamp('2024-02-29T12:30:45Z').getDayOfWeek() == 4 && timestamp('2024-02-29T12:30:45Z').getDayOfYear() == 59
timestamp('2024-02-29T23:30:45Z').getHours('+01:00') == 0 && timestamp('2024-07-01T12:00:00Z').getHours('Europe/Berlin') == 14
timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h') && timestamp('2024-01-01T00:00:00Z') + duration('1s') > timestamp('2024-01-01T00:00:00Z')
duration('1h30m').getMinutes() == 90 && duration('1.5s').getMilliseconds() == 1500 && string(duration('90s')) == '90s' && duration('-1h') < duration('0s')
string(timestamp('2024-01-01T01:00:00.120+01:00')) == '2024-01-01T00:00:00.12Z' && int(timestamp('1970-01-01T00:00:01Z')) == 1 && timestamp(1) == timestamp('1970-01-01T00:00:01Z')
url('https://user@example.com:8080/a%20b?x=1&x=2&y=z').getHost() == 'example.com:8080' && url('https://[::1]:80/').getHostname() == '::1' && url('https://example.com:80/').getPort() == '80'
url('https://example.com/a%20b?x=1&x=2').getEscapedPath() == '/a%20b' && url('https://a.b/?x=1&x=2').getQuery()['x'] == ['1', '2'] && url('/path').getScheme() == '' && !isURL('no') && isURL('http://x')
ip('127.0.0.1').isLoopback() && ip('::1').family() == 6 && isIP('10.0.0.1') && !isIP('010.0.0.1') && ip.isCanonical('::1') && !ip.isCanonical('0:0::1') && string(ip('FE80::1')) == 'fe80::1'
ip('10.1.2.3').isGlobalUnicast() && ip('169.254.1.1').isLinkLocalUnicast() && ip('224.0.0.1').isLinkLocalMulticast() && ip('0.0.0.0').isUnspecified()
cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8 && !isCIDR('10.0.0.0') && cidr('10.1.2.3/8').ip() == ip('10.1.2.3')
quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1000m') == quantity('1') && quantity('1').add(2).compareTo(quantity('3')) == 0 && quantity('100k').asInteger() == 100000 && quantity('0.5').asApproximateFloat() == 0.5 && !isQuantity('x') && !quantity('0.5').isInteger()
semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-alpha').compareTo(semver('1.0.0')) == -1 && semver('v1.2', true).minor() == 2 && !isSemver('1.2') && isSemver('v1.2', true)
!format.dns1123Label().validate('ok').hasValue() && format.dns1123Label().validate('Not ok').hasValue() && format.named('uuid').hasValue() && !format.named('nope').hasValue()
null == null && d.e.f == null && dyn(1) != dyn('1')
[[1, 2], [3]] == [[1, 2], [3]] && {'a': {'b': [1]}} == {'a': {'b': [1]}}
`;

for (const source of truths.trim().split("\n")) {
  test(`True: ${source}`, (t) => {
    t.is(run(source), true);
  });
}

const failures: readonly (readonly [string, string])[] = [
  ["1 / 0 == 1", "division by zero"],
  ["1 % 0 == 1", "modulus by zero"],
  ["9223372036854775807 + 1 == 0", "integer overflow"],
  ["-(-9223372036854775808) == 0".replace("-(-9", "0 - (-9"), "integer overflow"],
  ["1u - 2u == 0u", "unsigned integer overflow"],
  ["d.zz == 1", "no such key: zz"],
  ["l[5] == 1", "index out of bounds: 5"],
  ["m['zz'] == 1", "no such key: zz"],
  ["int(s) == 1", "type conversion error from 'string' to 'int'"],
  ["d.a + 'x' == 'x'", "no such overload"],
  ["d.b.all(x, x)", "no such overload"],
  ["timestamp('2023-02-29T00:00:00' + 'Z') == timestamp(0)", "type conversion error from 'string' to 'google.protobuf.Timestamp'"],
  ["optional.none().value() == 1", "optional.none() dereference"],
  ["'abc'.substring(5) == ''", "index out of range: 5"],
  ["'a'.matches('(' + '')", "error parsing regexp: missing closing ): `(`"],
  ["[].max() == 1", "max called on empty list"],
];

for (const [source, message] of failures) {
  test(`Fails: ${source}`, (t) => {
    const result = run(source);
    t.true(result instanceof CelError);
    t.is((result as CelError).message, message);
  });
}

const refused: readonly (readonly [string, string])[] = [
  ["s.matches('(')", "ERROR: <input>:1:11: invalid matches argument\n | s.matches('(')\n | ..........^"],
  ["duration('1d') == duration('1h')", "ERROR: <input>:1:10: invalid duration argument\n | duration('1d') == duration('1h')\n | .........^"],
  ["'%d'.format(['x']) == ''", "ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given string\n | '%d'.format(['x']) == ''\n | .............^"],
  ["'%s'.format([1, 2]) == ''", "ERROR: <input>:1:12: too many arguments supplied to string.format (expected 1, got 2)\n | '%s'.format([1, 2]) == ''\n | ...........^"],
  ["'%z'.format([1]) == ''", "ERROR: <input>:1:12: could not parse formatting clause: unrecognized formatting clause \"z\"\n | '%z'.format([1]) == ''\n | ...........^"],
  ["s && true", "ERROR: <input>:1:1: expected type 'bool' but found 'string'\n | s && true\n | ^"],
  ["s == null", "ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(string, null)'\n | s == null\n | ..^"],
  ["int('x') == 1", "program instantiation failed: type conversion error from 'string' to 'int'"],
  ["s.find('(') == ''", "program instantiation failed: error parsing regexp: missing closing ): `(`"],
  ["nope > 1", "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope > 1\n | ^"],
  ["i > 'x'", "ERROR: <input>:1:3: found no matching overload for '_>_' applied to '(int, string)'\n | i > 'x'\n | ..^"],
  ["s.nope() == 1", "ERROR: <input>:1:7: undeclared reference to 'nope' (in container '')\n | s.nope() == 1\n | ......^"],
  ["s.contains(1)", "ERROR: <input>:1:11: found no matching overload for 'contains' applied to 'string.(int)'\n | s.contains(1)\n | ..........^"],
  ["i.x == 1", "ERROR: <input>:1:2: type 'int' does not support field selection\n | i.x == 1\n | .^"],
  ["i.all(x, true)", "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | i.all(x, true)\n | ^"],
  ["[1, 'a'] == []", "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a'] == []\n | ....^"],
  ["l.all(x, x.size() > 1) && nope", "ERROR: <input>:1:16: found no matching overload for 'size' applied to 'int.()'\n | l.all(x, x.size() > 1) && nope\n | ...............^\nERROR: <input>:1:27: undeclared reference to 'nope' (in container '')\n | l.all(x, x.size() > 1) && nope\n | ..........................^"],
];

for (const [source, message] of refused) {
  test(`Does not compile: ${source}`, (t) => {
    t.throws(() => environment.compile(source), { instanceOf: CompileError, message });
  });
}

test("What would run forever stops at its budget", (t) => {
  const numbers = `[${Array.from({ length: 100 }, (_, i) => i).join(",")}]`;
  const nested = "a.all(b1, a.all(b2, a.all(b3, a.all(b4, a.all(b5, a.all(b6, b1 + b2 + b3 + b4 + b5 + b6 >= 0))))))";
  const doubling = Array.from({ length: 60 }, (_, i) => `cel.bind(x${i + 1}, x${i} + x${i}, `).join("");
  const endless = [
    `cel.bind(a, ${numbers}, ${nested})`,
    `cel.bind(x0, [1], ${doubling}x60.all(y, y == 1)${")".repeat(60)})`,
    `cel.bind(x0, [[1]], ${doubling}x60 == x60 + [[2]]${")".repeat(60)})`,
    `cel.bind(x0, [1], ${doubling}7 in x60${")".repeat(60)})`,
    `cel.bind(x0, ['a'], ${doubling}'%s'.format([x60]) == ''${")".repeat(60)})`,
    `cel.bind(x0, 'a', ${doubling}x60 == ''${")".repeat(60)})`,
    `cel.bind(x0, [1], ${doubling.replaceAll(/x(\d+) \+ x\1/g, "[x$1, x$1]")}cel.bind(z, [x60], z == [x60])${")".repeat(60)})`,
  ];
  for (const source of endless) t.throws(() => run(source), { instanceOf: CostError }, source.slice(0, 60));
});

test("Texts that would fill the memory are not built", (t) => {
  const long = `'${"a".repeat(8000)}'`;
  const grown = `cel.bind(x, ${long}, cel.bind(y, x + x + x + x + x + x + x + x, y.replace('a', y) == ''))`;
  const result = run(grown);
  t.true(result instanceof CelError && result.message.startsWith("result is longer than"));
});

test("Regular expressions of an expression are RE2's and linear", (t) => {
  t.is(run(`'${"a".repeat(5000)}!'.matches('^(a+)+$')`), false);
  t.is(run(`'${"x".repeat(5000)}'.matches('(x+x+)+y')`), false);
  t.throws(() => run(`'${"a".repeat(60_000)}'.findAll('.*?x|.').size() == 1`), { instanceOf: CostError });
});

test("A program says which variables it uses and what it is", (t) => {
  const program = environment.compile("l.exists(i, i > 2)");
  t.true(program.uses("l"));
  t.false(program.uses("i"));
  t.is(program.type.kind, "bool");
});

test("A variable may have a dot in its name, beside one that is named like what is before the dot", (t) => {
  const dotted = new Environment({
    variables: new Map([
      ["a", plainType(INT)],
      ["a.b", plainType(STRING)],
    ]),
  });
  const values: Readonly<Record<string, CelValue>> = { a: 1n, "a.b": "x" };
  t.is(dotted.compile("a == 1 && a.b == 'x'").evaluate((name) => values[name], LIMIT).result, true);
  t.throws(() => dotted.compile("[{'b': 1}].all(a, a.b == 'x')"), { instanceOf: CompileError });
});

test("Costs are cel-go's: variables, selections and calls one each, tests of presence and constants none", (t) => {
  const costOf = (source: string) => environment.compile(source).evaluate(bindings, LIMIT).cost;
  t.is(costOf("true"), 0);
  t.is(costOf("i > 1"), 2);
  t.is(costOf("d.a == 1"), 3);
  t.is(costOf("has(d.a)"), 1);
  // What stands in the expression is made when it is compiled.
  t.is(costOf("[1, 2] == []"), 0);
  // The list, then for each item: condition (accumulator and call), accumulator, item, comparison; then the result.
  t.is(costOf("l.all(x, x > 0)"), 1 + 3 * 5 + 1);
});

test("Formatting is bounded by its own meter", (t) => {
  t.throws(() => formatString("%s", new ArrayList([new ArrayList(Array.from({ length: 100 }, () => "x"))]), new Meter(5)), { instanceOf: CostError });
});
