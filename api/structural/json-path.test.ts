import test from "ava";
import { findJsonPath, JsonPathError, parseJsonPath } from "./json-path.ts";

const object = {
  spec: { a: "x", "b.c": { d: 1 }, l: [1, 2, 3, 4], m: [{ k: "x", v: "found" }, { k: "y", v: "other", n: 5 }], constructor: "own" },
  status: { conditions: [{ type: "Ready", status: "True" }, { type: "Synced", status: "False" }] },
};

const found: readonly (readonly [string, readonly unknown[]])[] = [
  [".spec.a", ["x"]],
  ["$.spec.a", ["x"]],
  ["spec.a", ["x"]],
  [".spec.none.deeper", []],
  [".spec['b.c'].d", [1]],
  [".spec.b\\.c.d", [1]],
  [".spec.l[0]", [1]],
  [".spec.l[-1]", [4]],
  [".spec.l[9]", []],
  [".spec.l[1:3]", [2, 3]],
  [".spec.l[::2]", [1, 3]],
  [".spec.l[-2:]", [3, 4]],
  [".spec.l[0,2]", [1, 3]],
  [".spec.l[*]", [1, 2, 3, 4]],
  [".spec.m.*.v", ["found", "other"]],
  ['.spec.m[?(@.k=="x")].v', ["found"]],
  [".spec.m[?(@.k == 'y')].v", ["other"]],
  [".spec.m[?(@.n>4)].v", ["other"]],
  [".spec.m[?(@.n<=4)].v", []],
  [".spec.m[?(@.n)].k", ["y"]],
  ['.spec.m[?(@.k!="x")].k', ["y"]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  ["..status", [{ conditions: object.status.conditions }, "True", "False"]],
  [".spec.constructor", ["own"]],
  [".spec.toString", []],
  [".spec['a','constructor']", ["x", "own"]],
];

for (const [path, values] of found) {
  test(`Finds ${path}`, (t) => {
    t.deepEqual(findJsonPath(parseJsonPath(path), object), [...values]);
  });
}

for (const path of [".x[", ".x['a", ".x[?(@.a=='b)]", ".x[a]", ".x[1:2:0]", ".x y", ".x[?(@.a=1)]", ".a".repeat(5000)]) {
  test(`Refuses ${path.slice(0, 20)}`, (t) => {
    t.throws(() => parseJsonPath(path), { instanceOf: JsonPathError });
  });
}

test("A path that would find everything many times ends", (t) => {
  const wide = { l: Array.from({ length: 1000 }, () => ({ l: Array.from({ length: 100 }, () => 1) })) };
  t.true(findJsonPath(parseJsonPath("..*..*..*"), wide).length <= 10_000);
  t.true(findJsonPath(parseJsonPath(".l[?(@..*)]"), wide).length <= 1000);
});
