import test from "ava";
import fc from "fast-check";
import { applyMergePatch, createMergePatch, createThreeWayMergePatch } from "./merge-patch.ts";
import type { JsonMap } from "./json-value.ts";

const cases: [string, unknown, unknown, unknown][] = [
  ["sets and deletes", { a: 1, b: 2 }, { a: null, c: 3 }, { b: 2, c: 3 }],
  ["merges objects", { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
  ["replaces lists", { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ["replaces what is no object", { a: "x" }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ["drops nulls of what is new", {}, { a: { b: null, c: [{ d: null }] } }, { a: { c: [{}] } }],
  ["deletes what is not there", { a: 1 }, { b: null }, { a: 1 }],
];
for (const [name, document, patch, expected] of cases) test(name, (t) => t.deepEqual(applyMergePatch(document, patch), expected));

test("neither argument is changed", (t) => {
  const document = { a: { b: 1 } };
  const patch = { a: { b: null, c: { d: null } } };
  applyMergePatch(document, patch);
  t.deepEqual(document, { a: { b: 1 } });
  t.deepEqual(patch, { a: { b: null, c: { d: null } } });
});

test("__proto__ is a member like any other", (t) => {
  const patched = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}')) as object;
  t.deepEqual(Object.keys(patched), ["__proto__"]);
  t.is(({} as { polluted?: number }).polluted, undefined);
});

const maps = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d"),
  fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, fc.integer(), fc.string({ maxLength: 2 }), fc.array(fc.integer(), { maxLength: 2 }), fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 })),
  })).value,
) as fc.Arbitrary<JsonMap>;

test("property: the created patch turns one into the other", (t) => {
  fc.assert(fc.property(maps, maps, (a, b) => t.deepEqual(applyMergePatch(a, createMergePatch(a, b)), b as unknown)));
});

test("property: client-side apply reaches what is wanted, whatever is live, and keeps what others set", (t) => {
  fc.assert(
    fc.property(maps, maps, maps, (original, modified, current) => {
      const result = applyMergePatch(current, createThreeWayMergePatch(original, modified, current)) as JsonMap;
      for (const key of Object.keys(modified)) {
        const wanted = modified[key];
        if (wanted === null || typeof wanted !== "object" || Array.isArray(wanted)) t.deepEqual(result[key], wanted);
      }
      for (const key of Object.keys(current)) if (!(key in original) && !(key in modified)) t.deepEqual(result[key], current[key]);
      for (const key of Object.keys(original)) if (!(key in modified)) t.false(key in result);
    }),
  );
});
