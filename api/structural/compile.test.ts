import test from "ava";
import { fieldErrorText } from "../status/field-error.ts";
import type { ApiObject } from "../wire.ts";
import { compileCustomResourceSchema } from "./compile.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

/** An object with that spec. */
function widget(spec: unknown): ApiObject {
  return { apiVersion: "a.example.com/v1", kind: "Widget", metadata: { name: "w" }, spec };
}

/** The schema of an object whose spec has these properties. */
function withSpec(properties: Record<string, JsonSchemaProps>, more: JsonSchemaProps = {}): JsonSchemaProps {
  return { type: "object", properties: { spec: { type: "object", properties, ...more } } };
}

function errorsOf(schema: JsonSchemaProps, spec: unknown): string[] {
  return compileCustomResourceSchema(schema).validate(widget(spec)).map(fieldErrorText);
}

const types = withSpec({
  s: { type: "string", minLength: 2, maxLength: 3, pattern: "^[a-zé]+$" },
  e: { type: "string", enum: ["x", "y"] },
  i: { type: "integer", minimum: 3, maximum: 9, multipleOf: 3 },
  x: { type: "integer", minimum: 3, maximum: 9, exclusiveMinimum: true, exclusiveMaximum: true },
  i32: { type: "integer", format: "int32" },
  n: { type: "number", format: "float" },
  b: { type: "boolean" },
  p: { "x-kubernetes-int-or-string": true },
  nullable: { type: "string", nullable: true },
  a: { type: "array", minItems: 1, maxItems: 2, items: { type: "integer" } },
  set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
  map: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k", "l"], items: { type: "object", required: ["k"], properties: { k: { type: "string" }, l: { type: "string", default: "d" } } } },
  o: { type: "object", required: ["r"], minProperties: 1, maxProperties: 1, properties: { r: { type: "string" }, q: { type: "string" } } },
  m: { type: "object", additionalProperties: { type: "integer" } },
  date: { type: "string", format: "date" },
  any: { type: "object", properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] } as JsonSchemaProps,
  one: { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] } as JsonSchemaProps,
  all: { type: "integer", allOf: [{ minimum: 5 }, { maximum: 7 }] },
  not: { type: "string", not: { pattern: "^bad" } },
});

const findings: readonly (readonly [unknown, readonly string[]])[] = [
  [{ s: "ab", e: "x", i: 6, n: 1.5, b: true, p: "5%", nullable: null, a: [1], o: { r: "x" }, m: { k: 1 }, date: "2024-02-29" }, []],
  [{ s: "éé", p: 5, i: 9, set: ["a", "b"], any: { a: 1 }, one: { b: 1 }, all: 6, not: "good" }, []],
  [{ s: 5 }, ['spec.s: Invalid value: "integer": spec.s in body must be of type string: "integer"']],
  [{ s: null }, ['spec.s: Invalid value: "null": spec.s in body must be of type string: "null"']],
  [{ s: "a" }, ['spec.s: Invalid value: "a": spec.s in body should be at least 2 chars long']],
  [{ s: "éééé" }, ["spec.s: Too long: may not be more than 3 bytes"]],
  [{ s: "A1" }, [`spec.s: Invalid value: "A1": spec.s in body should match '^[a-zé]+$'`]],
  [{ e: "z" }, ['spec.e: Unsupported value: "z": supported values: "x", "y"']],
  [{ i: "3" }, ['spec.i: Invalid value: "string": spec.i in body must be of type integer: "string"']],
  [{ i: 0 }, ["spec.i: Invalid value: 0: spec.i in body should be greater than or equal to 3"]],
  [{ i: 12 }, ["spec.i: Invalid value: 12: spec.i in body should be less than or equal to 9"]],
  [{ i: 4 }, ["spec.i: Invalid value: 4: spec.i in body should be a multiple of 3"]],
  [{ x: 3 }, ["spec.x: Invalid value: 3: spec.x in body should be greater than 3"]],
  [{ x: 9 }, ["spec.x: Invalid value: 9: spec.x in body should be less than 9"]],
  [{ i32: 2147483648 }, ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.i32']],
  [{ i32: 9007199254740993n }, ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.i32']],
  [{ n: 1e39 }, ['<nil>: Invalid value: "": Checked value must be of type number with format float in spec.n']],
  [{ b: "true" }, ['spec.b: Invalid value: "string": spec.b in body must be of type boolean: "string"']],
  [{ p: 1.5 }, ['spec.p: Invalid value: "number": spec.p in body must be of type integer,string: "number"']],
  [{ a: [] }, ["spec.a: Invalid value: 0: spec.a in body should have at least 1 items"]],
  [{ a: [1, "2", 3] }, ['spec.a[1]: Invalid value: "string": spec.a[1] in body must be of type integer: "string"', "spec.a: Too many: 3: must have at most 2 items"]],
  [{ set: ["a", "b", "a", "a"] }, ['spec.set[2]: Duplicate value: "a"']],
  [{ map: [{ k: "a" }, { k: "a", l: "d" }] }, ['spec.map[1]: Duplicate value: {"k":"a","l":"d"}']],
  [{ map: [{}] }, ["spec.map[0].k: Required value"]],
  [{ o: {} }, ["spec.o: Invalid value: 0: spec.o in body should have at least 1 properties", "spec.o.r: Required value"]],
  [{ o: { r: "x", q: "y" } }, ["spec.o: Too many: 2: must have at most 1 item"]],
  [{ m: { k: "v" } }, ['spec.m.k: Invalid value: "string": spec.m.k in body must be of type integer: "string"']],
  [{ date: "2023-02-29" }, ['spec.date: Invalid value: "2023-02-29": spec.date in body must be of type date: "2023-02-29"']],
  [{ any: {} }, ['<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)', "spec.any.a: Required value"]],
  [{ one: {} }, ['<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid', "spec.one.a: Required value"]],
  [{ one: { a: 1, b: 1 } }, ['<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives']],
  [{ all: 9 }, ["spec.all: Invalid value: 9: spec.all in body should be less than or equal to 7", '<nil>: Invalid value: "": "spec.all" must validate all the schemas (allOf)']],
  [{ not: "bad1" }, ['<nil>: Invalid value: "": "spec.not" must not validate the schema (not)']],
];

for (const [i, [spec, errors]] of findings.entries()) {
  test(`Values ${i}: ${errors[0] ?? "all is well"}`, (t) => {
    t.deepEqual(errorsOf(types, spec), [...errors]);
  });
}

test("An error of an unchanged part lets an update pass; a changed part is judged anew", (t) => {
  const schema = compileCustomResourceSchema(withSpec({ a: { type: "string", maxLength: 2 }, l: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], items: { type: "object", properties: { k: { type: "string" }, v: { type: "string", maxLength: 2 } } } } }));
  const old = widget({ a: "too long", l: [{ k: "1", v: "too long" }] });
  t.deepEqual(schema.validateUpdate(widget({ a: "too long", l: [{ k: "0" }, { k: "1", v: "too long" }] }), old), { errors: [], warnings: [] });
  t.deepEqual(schema.validateUpdate(widget({ a: "longer still", l: [{ k: "1", v: "also longer" }] }), old).errors.map(fieldErrorText), [
    "spec.a: Too long: may not be more than 2 bytes",
    "spec.l[0].v: Too long: may not be more than 2 bytes",
  ]);
});

test("Embedded objects need apiVersion, kind and sound metadata; their unknown metadata goes", (t) => {
  const schema = compileCustomResourceSchema(withSpec({ e: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true } }));
  const object = widget({ e: { apiVersion: "v1", kind: "X", metadata: { name: "n", bogus: 1 }, data: 1, other: { deep: 1 } } });
  t.deepEqual(schema.prune(object), ["spec.e.metadata.bogus"]);
  t.deepEqual(object.spec, { e: { apiVersion: "v1", kind: "X", metadata: { name: "n" }, data: 1, other: { deep: 1 } } });
  t.deepEqual(schema.validate(object), []);
  t.deepEqual(schema.validate(widget({ e: { kind: "b c", apiVersion: "a/b/c", metadata: { labels: { "a b": "c" } } } })).map(({ field }) => field), ["spec.e.apiVersion", "spec.e.kind", "spec.e.metadata.labels"]);
  const malformed = widget({ e: { apiVersion: "v1", kind: "X", metadata: { labels: { a: 1 } } } });
  t.is(schema.coerceEmbedded(malformed, false), 'spec.e.metadata: Invalid value: {"labels":{"a":1}}: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string');
  t.is(schema.coerceEmbedded(malformed, true), undefined);
  t.deepEqual(malformed.spec, { e: { apiVersion: "v1", kind: "X" } });
});

test("Hostile patterns, deep values and thousands of errors cost no more than they must", (t) => {
  t.deepEqual(errorsOf(withSpec({ p: { type: "string", pattern: "^(a+)+$" } }), { p: `${"a".repeat(50_000)}!` }).length, 1);
  let deep: unknown = 1;
  for (let i = 0; i < 990; i++) deep = i % 2 === 0 ? [deep] : { x: deep };
  t.deepEqual(errorsOf(withSpec({ p: { "x-kubernetes-preserve-unknown-fields": true } }), { p: deep }), []);
  t.is(errorsOf(withSpec({ l: { type: "array", items: { type: "string" } } }), { l: Array.from({ length: 5000 }, (_, i) => i) }).length, 1000);
});
