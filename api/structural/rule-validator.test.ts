import test from "ava";
import { fieldErrorText } from "../status/field-error.ts";
import type { ApiObject } from "../wire.ts";
import { compileCustomResourceSchema } from "./compile.ts";
import type { JsonSchemaProps, ValidationRule } from "./json-schema-props.ts";

function widget(spec: unknown): ApiObject {
  return { apiVersion: "a.example.com/v1", kind: "Widget", metadata: { name: "w" }, spec };
}

function schemaOf(properties: Record<string, JsonSchemaProps>, ...rules: ValidationRule[]) {
  return compileCustomResourceSchema({ type: "object", properties: { spec: { type: "object", properties, "x-kubernetes-validations": rules } } });
}

const integer: JsonSchemaProps = { type: "integer" };
const string: JsonSchemaProps = { type: "string" };
const numbers = { a: integer, b: integer };

/** Schema of the spec, its rules, a spec, what is found. */
const cases: readonly (readonly [Record<string, JsonSchemaProps>, readonly ValidationRule[], unknown, readonly string[]])[] = [
  [numbers, [{ rule: "self.a <= self.b", message: "a above b" }], { a: 5, b: 1 }, ["spec: Invalid value: a above b"]],
  [numbers, [{ rule: "self.a <= self.b", message: "a above b" }], { a: 1 }, ['spec: Invalid value: "object": no such key: b evaluating rule: a above b']],
  [numbers, [{ rule: "self.a / self.b > 1" }], { a: 1, b: 0 }, ['spec: Invalid value: "object": division by zero evaluating rule: self.a / self.b > 1']],
  [numbers, [{ rule: "self.a > 3", messageExpression: "'a is %d'.format([self.a])", reason: "FieldValueForbidden", fieldPath: ".a" }], { a: 1 }, ["spec.a: Forbidden: a is 1"]],
  [numbers, [{ rule: "self.a > 3", messageExpression: "string(self.a / self.b)", message: "fallback" }], { a: 0, b: 0 }, ["spec: Invalid value: fallback"]],
  [numbers, [{ rule: "self.a > 3", messageExpression: "' '" }], { a: 0 }, ["spec: Invalid value: failed rule: self.a > 3"]],
  [numbers, [{ rule: "self.a > 3", reason: "FieldValueRequired", message: "more" }, { rule: "self.a > 4", reason: "FieldValueDuplicate" }], { a: 1 }, ["spec: Required value: more", "spec: Duplicate value"]],
  [numbers, [{ rule: "has(self.a) && self.a > 0" }], { a: 9007199254740993n }, []],
  [{ p: { "x-kubernetes-int-or-string": true } }, [{ rule: "type(self.p) == int ? self.p < 5 : self.p.endsWith('%')" }], { p: "5" }, ["spec: Invalid value: failed rule: type(self.p) == int ? self.p < 5 : self.p.endsWith('%')"]],
  [{ p: { "x-kubernetes-int-or-string": true } }, [{ rule: "self.p < 5" }], { p: "5" }, [`spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.p < 5`]],
  [{ l: { type: "array", items: integer }, m: { type: "object", additionalProperties: integer } }, [{ rule: "self.l.all(x, x > 0) && self.m.all(k, v, k.size() == 1 && v < 5)" }], { l: [1, 2], m: { a: 1 } }, []],
  [{ s: { type: "array", "x-kubernetes-list-type": "set", items: string } }, [{ rule: "self.s == ['b', 'a'] && self.s + ['a', 'c'] == ['a', 'b', 'c']" }], { s: ["a", "b"] }, []],
  [{ d: { type: "string", format: "duration" }, t: { type: "string", format: "date-time" }, b: { type: "string", format: "byte" }, day: { type: "string", format: "date" } }, [{ rule: "self.d < duration('1h') && self.t > timestamp('2020-01-01T00:00:00Z') && self.b == b'hi' && self.day.getFullYear() == 2024" }], { d: "5m", t: "2024-01-01T00:00:00Z", b: "aGk=", day: "2024-05-06" }, []],
  [{ n: { type: "number" }, e: { type: "string", enum: ["x"] } }, [{ rule: "self.n == 2.0 && self.e == 'x'" }], { n: 2, e: "x" }, []],
  [{ o: { type: "object", properties: { "a-b": string, __x: string, in: string } } }, [{ rule: "self.o.a__dash__b == 'x' && has(self.o.__in__) && !has(self.o.__underscores__x)" }], { o: { "a-b": "x", in: "y" } }, []],
  [{ nullable: { type: "string", nullable: true } }, [{ rule: "!has(self.nullable)" }], { nullable: null }, []],
  [{ opt: string }, [{ rule: "self.?opt.orValue('none') == 'none'" }], {}, []],
  [{ u: string }, [{ rule: "isURL(self.u) && url(self.u).getScheme() == 'https'" }], { u: "http://x" }, ["spec: Invalid value: failed rule: isURL(self.u) && url(self.u).getScheme() == 'https'"]],
  [{ e: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true } }, [{ rule: "self.e.kind == 'X' && self.e.metadata.name == 'n'" }], { e: { apiVersion: "v1", kind: "X", metadata: { name: "n" } } }, []],
];

for (const [i, [properties, rules, spec, errors]] of cases.entries()) {
  test(`Rules ${i}: ${rules[0]?.rule}`, (t) => {
    t.deepEqual(schemaOf(properties, ...rules).validate(widget(spec)).map(fieldErrorText), [...errors]);
  });
}

test("Rules stand at any place, and name it: items, values, properties, the root", (t) => {
  const positive: JsonSchemaProps = { type: "integer", "x-kubernetes-validations": [{ rule: "self > 0" }] };
  const schema = compileCustomResourceSchema({
    type: "object",
    "x-kubernetes-validations": [{ rule: "self.metadata.name != 'w'", message: "another name" }],
    properties: { spec: { type: "object", properties: { l: { type: "array", items: positive }, m: { type: "object", additionalProperties: positive }, p: positive } } },
  });
  t.deepEqual(schema.validate(widget({ l: [1, -1], m: { "a.b": 0 }, p: -5 })).map(fieldErrorText), [
    "<nil>: Invalid value: another name",
    "spec.l[1]: Invalid value: -1: failed rule: self > 0",
    "spec.m[a.b]: Invalid value: 0: failed rule: self > 0",
    "spec.p: Invalid value: -5: failed rule: self > 0",
  ]);
});

test("Transition rules see the former value where there is one", (t) => {
  const keyed: JsonSchemaProps = {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
    items: { type: "object", required: ["k"], properties: { k: string, v: { type: "string", "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "v is fixed" }] } } },
  };
  const schema = schemaOf({ ...numbers, l: keyed }, { rule: "self.a >= oldSelf.a", message: "a shrinks" });
  const old = widget({ a: 5, l: [{ k: "x", v: "1" }] });
  t.deepEqual(schema.validate(old), []);
  t.deepEqual(schema.validateUpdate(widget({ a: 6, l: [{ k: "new", v: "9" }, { k: "x", v: "1" }] }), old).errors, []);
  t.deepEqual(schema.validateUpdate(widget({ a: 4, l: [{ k: "x", v: "2" }] }), old).errors.map(fieldErrorText), ["spec: Invalid value: a shrinks", 'spec.l[0].v: Invalid value: "2": v is fixed']);
});

test("optionalOldSelf runs a transition rule on creation too", (t) => {
  const schema = schemaOf(numbers, { rule: "!oldSelf.hasValue() ? self.a == 1 : self.a >= oldSelf.value().a", optionalOldSelf: true, message: "no" });
  t.deepEqual(schema.validate(widget({ a: 2 })).map(fieldErrorText), ["spec: Invalid value: no"]);
  t.deepEqual(schema.validate(widget({ a: 1 })), []);
  t.deepEqual(schema.validateUpdate(widget({ a: 0 }), widget({ a: 1 })).errors.map(fieldErrorText), ["spec: Invalid value: no"]);
});

test("A rule that an unchanged part breaks is a warning on update", (t) => {
  const schema = compileCustomResourceSchema({ type: "object", properties: { spec: { type: "object", properties: { a: { type: "integer", "x-kubernetes-validations": [{ rule: "self > 0" }] }, b: integer } } } });
  t.deepEqual(schema.validateUpdate(widget({ a: -1, b: 2 }), widget({ a: -1, b: 1 })), { errors: [], warnings: ["spec.a: Invalid value: -1: failed rule: self > 0"] });
  t.deepEqual(schema.validateUpdate(widget({ a: -2 }), widget({ a: -1 })).errors.length, 1);
});

test("Rules are not run on objects that are not what their types say", (t) => {
  const schema = schemaOf({ a: { type: "integer", minimum: 3 } }, { rule: "self.a > 10" });
  t.deepEqual(schema.validate(widget({ a: "x" })).map(fieldErrorText), [
    'spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"',
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  ]);
  t.is(schema.validate(widget({ a: 1 })).length, 2);
});

test("A rule that costs too much is an error, and no rule after it is run", (t) => {
  const list = Array.from({ length: 3000 }, (_, i) => i);
  const schema = schemaOf({ l: { type: "array", items: integer } }, { rule: "self.l.all(x, self.l.all(y, x + y >= 0))", message: "slow" }, { rule: "false" });
  const [error, ...more] = schema.validate(widget({ l: list })).map(fieldErrorText);
  t.is(error, `spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: slow`);
  t.deepEqual(more, []);
});

test("All rules of an object share a budget", (t) => {
  const item: JsonSchemaProps = { type: "object", properties: { n: integer, l: { type: "array", items: integer } }, "x-kubernetes-validations": [{ rule: "self.l.all(x, self.l.all(y, x + y >= 0))" }] };
  const schema = schemaOf({ items: { type: "array", items: item } });
  const small = Array.from({ length: 250 }, (_, i) => i);
  const errors = schema.validate(widget({ items: Array.from({ length: 40 }, () => ({ l: small })) })).map(fieldErrorText);
  t.is(errors.length, 1);
  t.true(errors[0]?.endsWith('Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run'));
});

test("Catastrophic patterns in matches are linear", (t) => {
  const schema = schemaOf({ s: string }, { rule: "!self.s.matches('^(a+)+$')" });
  t.deepEqual(schema.validate(widget({ s: `${"a".repeat(30_000)}!` })), []);
});
