import test from "ava";
import fc from "fast-check";
import { StatusError } from "../status/errors.ts";
import { applyJsonPatch, type JsonPatchOperation, MAX_JSON_PATCH_OPERATIONS } from "./json-patch.ts";

const document = { data: { k: "v", l: "w" }, list: ["a", "b"], "x/y~z": 1 };

const applied: [string, JsonPatchOperation[], unknown][] = [
  ["add", [{ op: "add", path: "/data/n", value: "1" }], { ...document, data: { k: "v", l: "w", n: "1" } }],
  ["add without a value", [{ op: "add", path: "/data/k" }], { ...document, data: { k: null, l: "w" } }],
  ["add at the end", [{ op: "add", path: "/list/-", value: "c" }], { ...document, list: ["a", "b", "c"] }],
  ["add at an index", [{ op: "add", path: "/list/0", value: "c" }], { ...document, list: ["c", "a", "b"] }],
  ["remove", [{ op: "remove", path: "/data/k" }], { ...document, data: { l: "w" } }],
  ["remove the last", [{ op: "remove", path: "/list/-1" }], { ...document, list: ["a"] }],
  ["replace", [{ op: "replace", path: "/data/k", value: 2 }], { ...document, data: { k: 2, l: "w" } }],
  ["replace what is not there", [{ op: "replace", path: "/data/new", value: 2 }], { ...document, data: { k: "v", l: "w", new: 2 } }],
  ["replace all", [{ op: "replace", path: "", value: { new: 1 } }], { new: 1 }],
  ["move", [{ op: "move", from: "/data/k", path: "/data/m" }], { ...document, data: { l: "w", m: "v" } }],
  ["copy", [{ op: "copy", from: "/list", path: "/data/c" }], { ...document, data: { k: "v", l: "w", c: ["a", "b"] } }],
  ["copy of nothing", [{ op: "copy", from: "/data/none", path: "/data/c" }], { ...document, data: { k: "v", l: "w", c: null } }],
  ["test", [{ op: "test", path: "/data", value: { l: "w", k: "v" } }], document],
  ["test of nothing", [{ op: "test", path: "/none" }], document],
  ["escapes", [{ op: "replace", path: "/x~1y~0z", value: 2 }], { ...document, "x/y~z": 2 }],
  ["no operation", [], document],
];
for (const [name, patch, expected] of applied) test(`applies ${name}`, (t) => t.deepEqual(applyJsonPatch(document, patch), expected));

const refused: [string, JsonPatchOperation[]][] = [
  ["an unknown operation", [{ op: "bogus", path: "/data/k" }]],
  ["no operation", [{ path: "/data/k", value: "x" }]],
  ["no path", [{ op: "add", value: "x" }]],
  ["add of all", [{ op: "add", path: "", value: {} }]],
  ["remove of all", [{ op: "remove", path: "" }]],
  ["a missing member", [{ op: "remove", path: "/data/none" }]],
  ["a missing parent", [{ op: "add", path: "/none/x", value: 1 }]],
  ["an index beyond the end", [{ op: "add", path: "/list/9", value: "x" }]],
  ["no index", [{ op: "replace", path: "/list/x", value: "x" }]],
  ["a move of nothing", [{ op: "move", from: "/data/none", path: "/data/x" }]],
  ["a copy from nowhere", [{ op: "copy", path: "/data/x" }]],
  ["a failed test", [{ op: "test", path: "/data/k", value: "x" }]],
  ["a path through a text", [{ op: "add", path: "/data/k/x", value: 1 }]],
];
for (const [name, patch] of refused) {
  test(`refused: ${name}`, (t) => {
    const error = t.throws(() => applyJsonPatch(document, patch), { instanceOf: StatusError });
    t.is(error?.code, 422);
    t.is(error?.message, "the server rejected our request due to an error in our request");
  });
}

test("all or nothing, and the document stays", (t) => {
  const mine = structuredClone(document);
  t.throws(() => applyJsonPatch(mine, [{ op: "remove", path: "/data/k" }, { op: "remove", path: "/none" }]));
  applyJsonPatch(mine, [{ op: "add", path: "/list/-", value: "c" }]);
  t.deepEqual(mine, document);
});

test("operations and copies are bounded", (t) => {
  const operations = Array.from({ length: MAX_JSON_PATCH_OPERATIONS + 1 }, () => ({ op: "test", path: "/data/k", value: "v" }));
  const error = t.throws(() => applyJsonPatch(document, operations), { instanceOf: StatusError });
  t.is(error?.code, 413);
  t.is(error?.message, "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001");
  t.notThrows(() => applyJsonPatch(document, operations.slice(1)));
  const doubling = Array.from({ length: 60 }, (_, i) => ({ op: "copy", from: "/data", path: `/data/${i}` }));
  t.is(t.throws(() => applyJsonPatch({ data: { a: "x".repeat(100) } }, doubling), { instanceOf: StatusError })?.code, 422);
});

test("__proto__ is a member like any other", (t) => {
  const patched = applyJsonPatch({ data: {} }, [{ op: "add", path: "/data/__proto__", value: { polluted: 1 } }]) as { data: object };
  t.deepEqual(Object.keys(patched.data), ["__proto__"]);
  t.is(({} as { polluted?: number }).polluted, undefined);
  t.throws(() => applyJsonPatch({ data: {} }, [{ op: "add", path: "/__proto__/polluted", value: 1 }]), { instanceOf: StatusError });
  t.throws(() => applyJsonPatch({ data: {} }, [{ op: "add", path: "/constructor/prototype/polluted", value: 1 }]), { instanceOf: StatusError });
});

test("property: add then remove gives the document back", (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (map, key, value) => {
      const path = `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const without = Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
      t.deepEqual(applyJsonPatch(without, [{ op: "add", path, value }, { op: "remove", path }]), without);
    }),
  );
});
