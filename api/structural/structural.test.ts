import test from "ava";
import fc from "fast-check";
import { cloneJson, equalJson } from "../patch/json-value.ts";
import { applySchemaDefaults } from "./default-values.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { pruneValue } from "./prune.ts";
import { compileStructural } from "./structural.ts";

const schema = compileStructural({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "string", default: "x" },
        o: { type: "object", default: {}, properties: { b: { type: "integer", default: 5 } } },
        l: { type: "array", items: { type: "object", properties: { c: { type: "boolean", default: true } } } },
        m: { type: "object", additionalProperties: { type: "object", properties: { d: { type: "string", default: "d" } } } },
        keep: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { known: { type: "object", properties: { e: { type: "string" } } } } },
        empty: { type: "string", nullable: true, default: "never" },
      },
    },
  },
});

test("Unknown fields go, with their paths; what is preserved and the object's own metadata stay", (t) => {
  const object = {
    apiVersion: "a/v1",
    kind: "A",
    metadata: { anything: 1 },
    zz: 1,
    spec: { o: { c: 1 }, l: [{}, { x: 1 }], m: { k: { y: 1 } }, keep: { q: { r: 1 }, known: { e: "e", f: 1 } }, constructor: 1 },
  };
  t.deepEqual(pruneValue(object, schema, true), ["spec.constructor", "spec.keep.known.f", "spec.l[1].x", "spec.m.k.y", "spec.o.c", "zz"]);
  t.deepEqual<unknown, unknown>(object, {
    apiVersion: "a/v1",
    kind: "A",
    metadata: { anything: 1 },
    spec: { o: {}, l: [{}, {}], m: { k: {} }, keep: { q: { r: 1 }, known: { e: "e" } } },
  });
});

test("Defaults fill what is absent or null, inside defaults, items and values too; a nullable null stays", (t) => {
  const object = { spec: { a: null, empty: null, l: [{}, { c: false }], m: { k: {} } } };
  applySchemaDefaults(object, schema);
  t.deepEqual<unknown, unknown>(object, { spec: { a: "x", empty: null, o: { b: 5 }, l: [{ c: true }, { c: false }], m: { k: { d: "d" } } } });
  const without = { metadata: {} };
  applySchemaDefaults(without, schema);
  t.deepEqual(without, { metadata: {} });
});

test("No two objects share a default", (t) => {
  const [first, second] = [{ spec: {} as { o?: { b: number } } }, { spec: {} as { o?: { b: number } } }];
  applySchemaDefaults(first, schema);
  applySchemaDefaults(second, schema);
  if (first.spec.o) first.spec.o.b = 6;
  t.is(second.spec.o?.b, 5);
});

const leaf: fc.Arbitrary<JsonSchemaProps> = fc.oneof(
  fc.constant<JsonSchemaProps>({ type: "string" }),
  fc.constant<JsonSchemaProps>({ type: "string", default: "d" }),
  fc.constant<JsonSchemaProps>({ type: "integer", default: 1, nullable: true }),
  fc.constant<JsonSchemaProps>({ type: "object", "x-kubernetes-preserve-unknown-fields": true }),
);
const names = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
const { node } = fc.letrec<{ node: JsonSchemaProps }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({ type: fc.constant("object"), properties: fc.dictionary(names, tie("node"), { maxKeys: 3 }), default: fc.constant({}) }),
    fc.record({ type: fc.constant("object"), additionalProperties: tie("node") }),
    fc.record({ type: fc.constant("array"), items: tie("node") }),
  ),
}));
const anyJson = fc.jsonValue({ maxDepth: 4 });

test("Pruning and defaulting are idempotent, and a default is never pruned", (t) => {
  fc.assert(
    fc.property(node, anyJson, (props, value) => {
      const compiled = compileStructural(props);
      const object = cloneJson({ spec: value });
      const whole = { ...compileStructural({ type: "object" }), properties: new Map([["spec", compiled]]), hasDefaults: compiled.hasDefaults };
      pruneValue(object, whole, true);
      applySchemaDefaults(object, whole);
      const once = cloneJson(object);
      t.deepEqual(pruneValue(object, whole, true), []);
      applySchemaDefaults(object, whole);
      return equalJson(once, object);
    }),
  );
});
