import test from "ava";
import fc from "fast-check";
import { formatYaml, parseYaml, parseYamlStrictly, YamlError } from "./yaml.ts";

const read: [string, string, unknown][] = [
  ["a map", "a: 1\nb:\n  c: x", { a: 1, b: { c: "x" } }],
  ["lists at the indent of their key and deeper", "a:\n- 1\n- b: 2\n  c: 3\nd:\n  - - 4", { a: [1, { b: 2, c: 3 }], d: [[4]] }],
  ["flow collections", '{a: [1, {b: "c"}], "d":e, f}', { a: [1, { b: "c" }], d: "e", f: null }],
  ["JSON", '{"a":{"b":[true,null,1.5,"x"]}}', { a: { b: [true, null, 1.5, "x"] } }],
  ["YAML 1.1 booleans", "- y\n- Yes\n- on\n- 'yes'\n- NO\n- off", [true, true, true, "yes", false, false]],
  ["numbers", "[0o17, 017, 0x1F, 1_000, 1e3, .5, -7, 12:30, 2001-01-01, 08]", [15, 15, 31, 1000, 1000, 0.5, -7, "12:30", "2001-01-01", 8]],
  ["nothing", "a:\nb: ~\nc: null\nd: ''", { a: null, b: null, c: null, d: "" }],
  ["an empty text", "", null],
  ["only a comment", "# nothing\n", null],
  ["the first document", "a: 1\n---\nb: 2", { a: 1 }],
  ["a directive", "%YAML 1.1\n---\na: b", { a: "b" }],
  ["comments", "a: b # c\n# d\ne: f#g", { a: "b", e: "f#g" }],
  ["quotes", `a: 'it''s'\nb: "\\x41\\u00e9\\n\\"\\\n  c"`, { a: "it's", b: 'Aé\n"c' }],
  ["plain text over lines", "a: x\n  y\n\n  z\nb: 1", { a: "x y\nz", b: 1 }],
  ["a literal", "a: |\n  x\n   y\n\n  z\n", { a: "x\n y\n\nz\n" }],
  ["a literal, kept and stripped", "a: |+\n  x\n\nb: |-\n  y\n", { a: "x\n\n", b: "y" }],
  ["a literal with an indent of its own", "a: |1\n  x\n", { a: " x\n" }],
  ["folded text", "a: >\n  x\n  y\n\n  z\n   w\n  v\n", { a: "x y\nz\n w\nv\n" }],
  ["aliases and merges", "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\ne: [*x]", { a: { b: 1, c: 2 }, d: { b: 1, c: 3 }, e: [{ b: 1, c: 2 }] }],
  ["tags", "a: !!str 5\nb: !!int '7'\nc: !!binary aGk=\nd: !own x", { a: "5", b: 7, c: "hi", d: "x" }],
  ["explicit keys", "? a\n: b\n? c", { a: "b", c: null }],
  ["keys that are no texts", "1: a\ntrue: b\n1.5: c", { 1: "a", true: "b", 1.5: "c" }],
  ["CR LF", "a: b\r\nc: d\r\n", { a: "b", c: "d" }],
];
for (const [name, text, value] of read) test(`reads ${name}`, (t) => t.deepEqual(parseYaml(text), value));

const refused: [string, string][] = [
  ["apiVersion: v1\nkind: ConfigMap\n metadata:\n", "yaml: line 3: mapping values are not allowed in this context"],
  ["a: b: c", "yaml: mapping values are not allowed in this context"],
  ["\tx: 1", "yaml: found character that cannot start any token"],
  ["a: @b", "yaml: found character that cannot start any token"],
  ["{", "yaml: line 1: did not find expected node content"],
  ["a: [1, 2", "yaml: line 1: did not find expected ',' or ']'"],
  ["{a: b, c", "yaml: line 1: did not find expected ',' or '}'"],
  ["a: 'x", "yaml: found unexpected end of stream"],
  ['a: "\\q"', "yaml: found unknown escape character"],
  ["a: *x", "yaml: unknown anchor 'x' referenced"],
  ["a: &a [*a]", "yaml: anchor 'a' value contains itself"],
  ["a: 'b' c", "yaml: did not find expected key"],
  ["- a\nb", "yaml: line 3: could not find expected ':'"],
  ["a: !x!y z", "yaml: found undefined tag handle"],
  ["a: !!int x", "yaml: cannot decode !!str `x` as a !!int"],
  ["a: \u0001", "yaml: control characters are not allowed"],
  ["? [a]\n: b", "yaml: unsupported map key of type list"],
];
for (const [text, message] of refused) {
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    t.is(t.throws(() => parseYaml(text), { instanceOf: YamlError })?.message, message);
  });
}

test("duplicates are told with the line of the value, the last wins", (t) => {
  t.deepEqual(parseYamlStrictly("a: 1\nb:\n  c: 1\n  c: 2\na: 3"), { value: { a: 3, b: { c: 2 } }, duplicates: ['line 4: key "c" already set in map', 'line 5: key "a" already set in map'] });
});

test("__proto__ is a key like any other", (t) => {
  const value = parseYaml("__proto__: {a: 1}\nb: {__proto__: c}") as object;
  t.deepEqual(Object.keys(value), ["__proto__", "b"]);
  t.is(Object.getPrototypeOf(value), Object.prototype);
});

test("integers beyond 2^53 stay exact", (t) => t.deepEqual(parseYaml("a: 9223372036854775807"), { a: 9223372036854775807n }));

test("an alias bomb is refused at once", (t) => {
  let text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (let i = 1; i < 10; i++) text += `a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(",")}]\n`;
  t.throws(() => parseYaml(text), { message: "yaml: document contains excessive aliasing" });
});

test("nesting is bounded", (t) => {
  for (const text of ["[".repeat(20_000), "- ".repeat(20_000), "? ".repeat(20_000), "{a: ".repeat(20_000)]) {
    t.throws(() => parseYaml(text), { instanceOf: YamlError, message: "yaml: exceeded max depth of 1000" });
  }
});

test("large hostile texts take no more than linear time", (t) => {
  const texts = ["a: " + "&a ".repeat(200_000), "'" + "''".repeat(200_000) + "'", "[" + "1,".repeat(50_000) + "]", "a:".repeat(200_000), "\n".repeat(500_000), "a: |\n" + " \n".repeat(200_000) + "  x", "a: x\n" + "  y\n".repeat(100_000)];
  for (const text of texts) {
    try {
      parseYaml(text);
    } catch (error) {
      t.true(error instanceof YamlError);
    }
  }
  t.pass();
});

test("writes as go-yaml does", (t) => {
  t.is(
    formatYaml({
      kind: "Status",
      apiVersion: "v1",
      empty: { list: [], map: {} },
      list: [{ b: 1, a: [2] }, [3, [4]], "x"],
      texts: ["1", "yes", "", "null", "a: b", "#x", " x", "2001-01-01", "1:30", "tab\t", "é", "😀", "it's", "- x", "x:"],
      literal: "a\n\nb\n",
      stripped: "a\nb",
      key10: 1,
      key9: 1.5,
      nothing: null,
    }),
    `apiVersion: v1
empty:
  list: []
  map: {}
key9: 1.5
key10: 1
kind: Status
list:
- a:
  - 2
  b: 1
- - 3
  - - 4
- x
literal: |
  a

  b
nothing: null
stripped: |-
  a
  b
texts:
- "1"
- "yes"
- ""
- "null"
- 'a: b'
- '#x'
- ' x'
- "2001-01-01"
- "1:30"
- "tab\\t"
- é
- "\\U0001F600"
- it's
- '- x'
- 'x:'
`,
  );
});

test("long texts are folded at a lone blank beyond column 80", (t) => {
  const words = Array.from({ length: 20 }, (_, i) => `word${i}`).join(" ");
  t.is(formatYaml({ a: words }), `a: ${words.replace("word12 ", "word12\n  ")}\n`);
  t.is(formatYaml({ a: `${words}: x` }).split("\n").length, 3);
  t.deepEqual(parseYaml(formatYaml({ a: `${words}: x`, b: `${words}\t${words}` })), { a: `${words}: x`, b: `${words}\t${words}` });
});

test("property: what is written is read back", (t) => {
  const text = fc.oneof(fc.string({ unit: fc.constantFrom(..."ab:-#'\"\\ \n\t,[]{}&*!|>%@`~?0.1yn") }), fc.string({ unit: "grapheme" }).map((value) => value.toWellFormed()));
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, text, fc.boolean(), fc.constant(null), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0), fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(text, tie("value"), { maxKeys: 4 })),
  })).value;
  const readable = (one: unknown): boolean => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff\r]/.test(JSON.stringify(one).replace(/\\u00../g, "\u0001").replace(/\\[bfr]/g, "\u0001"));
  fc.assert(
    fc.property(value.filter(readable), (one) => {
      t.deepEqual(numbers(parseYaml(formatYaml(one))), one);
    }),
    { numRuns: 400 },
  );
});

/** Large whole numbers come back exact; compare them as doubles. */
function numbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(numbers);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, numbers(member)]));
}

test("property: any text is YAML or a YamlError", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab:- \n\t#'\"[]{},&*!|>?%1.") }), (text) => {
      try {
        parseYaml(text);
        t.pass();
      } catch (error) {
        t.true(error instanceof YamlError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
