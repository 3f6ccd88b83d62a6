import test from "ava";
import { PatternError, UserPattern } from "./user-pattern.ts";

test("Patterns are RE2's, with Go's complaints", (t) => {
  for (const [pattern, complaint] of [
    ["(", "missing closing ): `(`"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["(?=a)", "invalid or unsupported Perl syntax: `(?=`"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
    ["\\1", "invalid escape sequence: `\\1`"],
  ] as const) {
    t.throws(() => UserPattern.compile(pattern), { instanceOf: PatternError, message: `error parsing regexp: ${complaint}` });
  }
});

test("Finds anywhere, once or all", (t) => {
  const pattern = UserPattern.compile("[0-9]+");
  t.true(pattern.test("a12b3"));
  t.false(pattern.test("ab"));
  t.is(pattern.find("a12b3"), "12");
  t.is(pattern.find("ab"), undefined);
  t.deepEqual([...pattern.matches("a12b3c4")], ["12", "3", "4"]);
  t.deepEqual([...UserPattern.compile("x*").matches("axb")], ["", "x", ""]);
});

test("A pattern that makes backtracking engines hang costs no more than a simple one", (t) => {
  const text = `${"a".repeat(20_000)}!`;
  // Exponential for RegExp: 30 characters would take minutes.
  for (const pattern of ["^(a+)+$", "^(a|aa)+$", "(a*)*b", "^(a?){60}a{60}$", "(.*)(.*)(.*)(.*)(.*)[^a]x"]) {
    t.false(UserPattern.compile(pattern).test(text), pattern);
  }
});

test("Patterns of endless size are refused", (t) => {
  t.throws(() => UserPattern.compile("((a{100}){100}){100}"), { instanceOf: PatternError });
  t.throws(() => UserPattern.compile("a".repeat((1 << 20) + 1)), { instanceOf: PatternError, message: "error parsing regexp: expression too large" });
  t.throws(() => UserPattern.compile("(".repeat(100_000)), { instanceOf: PatternError });
});

test("A pattern stays itself however much it has read", (t) => {
  const pattern = UserPattern.compile("(a|b)*a(a|b){13}$");
  const text = "ab".repeat(5000);
  for (let i = 0; i < 20; i++) {
    t.true(pattern.test(text));
    t.false(pattern.test("b"));
    t.is(pattern.find(`x${text}`), text);
  }
});
