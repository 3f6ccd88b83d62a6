import test from "ava";
import fc from "fast-check";
import { everything, makeRequirement, matcherOf, matcherOfLabels, nothing, parseLabelSelector, SelectorError } from "./labels.ts";

const matches: [string, Record<string, string>, boolean][] = [
  ["", {}, true],
  ["a=b", { a: "b" }, true],
  ["a=b", { a: "c" }, false],
  ["a == b", { a: "b" }, true],
  ["a!=b", {}, true],
  ["a!=b", { a: "b" }, false],
  ["a in (b,c)", { a: "c" }, true],
  ["a in ( b , c )", { a: "d" }, false],
  ["a notin (b)", {}, true],
  ["a notin (b)", { a: "b" }, false],
  ["a", { a: "" }, true],
  ["!a", { a: "" }, false],
  ["!a", {}, true],
  ["a=", { a: "" }, true],
  ["a in ()", { a: "" }, true],
  ["a in (,b)", { a: "" }, true],
  ["x.com/y=z,!b", { "x.com/y": "z" }, true],
  ["in=in", { in: "in" }, true],
  ["n>5", { n: "6" }, true],
  ["n>5", { n: "x" }, false],
  ["n<5", { n: "4" }, true],
  ["constructor", {}, false],
];
for (const [text, labels, expected] of matches) test(`${text || "nothing"} on ${JSON.stringify(labels)}`, (t) => t.is(parseLabelSelector(text).matches(labels), expected));

const refused: Record<string, string> = {
  ",a": "found ',', expected: !, identifier, or 'end of string'",
  "a,": "found '', expected: identifier after ','",
  "a=b,,c=d": "found ',', expected: identifier after ','",
  "a=b c": "found 'c', expected: ',' or 'end of string'",
  "=b": "found '=', expected: !, identifier, or 'end of string'",
  "a in b": "unable to parse requirement: found 'b' expected: '('",
  "a===b": "unable to parse requirement: found '=', expected: identifier",
  "!a=b": "found '=', expected: ',' or 'end of string'",
  "a notin": "unable to parse requirement: found '' expected: '('",
  "(a)": "found '(', expected: !, identifier, or 'end of string'",
  "!": "unable to parse requirement: found '', expected: identifier",
  "a!b": "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt",
  "a in (b": "unable to parse requirement: found '', expected: ',' or ')'",
  "a>b": "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
};
for (const [text, message] of Object.entries(refused)) {
  test(`refused: ${text}`, (t) => {
    t.is(t.throws(() => parseLabelSelector(text), { instanceOf: SelectorError })?.message, message);
  });
}

test("bad keys and values say what they must be", (t) => {
  t.regex(t.throws(() => parseLabelSelector("a_/b=c"))?.message ?? "", /^unable to parse requirement: <nil>: Invalid value: "a_\/b": prefix part a lowercase RFC 1123 subdomain/);
  t.regex(t.throws(() => parseLabelSelector("a=b_"))?.message ?? "", /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "b_": a valid label must be an empty string or consist of/);
  t.is(t.throws(() => makeRequirement("a", "in", []))?.message, "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
});

test("a LabelSelector object: none matches nothing, an empty one everything", (t) => {
  t.is(matcherOf(undefined), nothing);
  t.is(matcherOf(null), nothing);
  t.is(matcherOf({}), everything);
  const matcher = matcherOf({ matchLabels: { a: "b" }, matchExpressions: [{ key: "c", operator: "NotIn", values: ["d"] }] });
  t.true(matcher.matches({ a: "b" }));
  t.false(matcher.matches({ a: "b", c: "d" }));
  t.is(matcher.toString(), "a=b,c notin (d)");
  t.is(t.throws(() => matcherOf({ matchExpressions: [{ key: "a", operator: "Foo" }] }))?.message, '"Foo" is not a valid label selector operator');
  t.true(matcherOfLabels({ a: "b" }).matches({ a: "b", c: "d" }));
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/);
const requirement = fc.oneof(
  fc.tuple(word, fc.constantFrom("=", "==", "!="), word).map(([key, operator, value]) => `${key}${operator}${value}`),
  fc.tuple(word, fc.constantFrom("in", "notin"), fc.array(word, { minLength: 1, maxLength: 3 })).map(([key, operator, values]) => `${key} ${operator} (${values.join(",")})`),
  word,
  word.map((key) => `!${key}`),
);

test("property: the canonical text parses to the same selector", (t) => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), fc.dictionary(word, word, { maxKeys: 4 }), (requirements, labels) => {
      const matcher = parseLabelSelector(requirements.join(","));
      const again = parseLabelSelector(matcher.toString());
      t.is(again.toString(), matcher.toString());
      t.is(again.matches(labels), matcher.matches(labels));
    }),
  );
});

test("property: any text is a selector or a SelectorError", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab=!<>(), in1_/."), maxLength: 12 }), (text) => {
      try {
        parseLabelSelector(text);
        t.pass();
      } catch (error) {
        t.true(error instanceof SelectorError);
      }
    }),
    { numRuns: 500 },
  );
});
