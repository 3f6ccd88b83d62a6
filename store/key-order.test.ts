import test from "ava";
import fc from "fast-check";
import { compareKeys, inRange, isEmptyRange } from "./key-order.ts";
import { prefixRange } from "./store.ts";

const key = fc.string({ unit: "binary", maxLength: 6 });

test("property: keys are ordered as their UTF-8 bytes", (t) => {
  fc.assert(fc.property(key, key, (a, b) => Math.sign(compareKeys(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))));
  t.true(compareKeys("\u{1F600}", "\uFFFD") > 0, "where UTF-16 says the opposite");
});

test("property: a key lies in the range of a prefix when it begins with it", (t) => {
  fc.assert(fc.property(fc.constantFrom("/", "/a", "/a/", "z"), key, (prefix, rest) => inRange(prefixRange(prefix), prefix + rest) && inRange(prefixRange(prefix), rest) === rest.startsWith(prefix)));
  t.pass();
});

test("empty ranges", (t) => {
  t.true(isEmptyRange({ start: "a", end: "a" }));
  t.true(isEmptyRange({ start: "b", end: "a" }));
  t.true(isEmptyRange({ start: "", end: "\0" }));
  t.false(isEmptyRange({ start: "", end: "\0\0" }));
  t.false(isEmptyRange({ start: "a", end: "a\0" }));
});
