import test from "ava";
import { fieldErrorText } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import { validateCustomResourceSchema } from "./crd-schema.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

const path = fieldPath("schema");

function errorsOf(props: JsonSchemaProps): string[] {
  return validateCustomResourceSchema(props, path).map(fieldErrorText);
}

/** A root with that schema as its spec. */
const spec = (props: JsonSchemaProps): JsonSchemaProps => ({ type: "object", properties: { spec: props } });
const AT = "schema.properties[spec]";
const string: JsonSchemaProps = { type: "string" };

const refused: readonly (readonly [JsonSchemaProps, readonly string[]])[] = [
  [{}, ["schema.type: Required value: must not be empty at the root"]],
  [{ type: "array", items: string }, ['schema.type: Invalid value: "array": must be object at the root']],
  [{ type: "object", nullable: true }, ["schema.nullable: Forbidden: nullable cannot be true at the root"]],
  [{ type: "object", additionalProperties: string }, ["schema.additionalProperties: Forbidden: must not be used at the root"]],
  [spec({}), [`${AT}.type: Required value: must not be empty for specified object fields`]],
  [spec({ type: "array", items: {} }), [`${AT}.items.type: Required value: must not be empty for specified array items`]],
  [spec({ type: "array" }), [`${AT}.items: Required value: must be specified`]],
  [spec({ type: "bogus" }), [`${AT}.type: Unsupported value: "bogus": supported values: "array", "boolean", "integer", "number", "object", "string"`]],
  [spec({ type: "array", items: [string] }), [`${AT}.items: Forbidden: items must be a schema object and not an array`]],
  [spec({ type: "object", $ref: "#/x" }), [`${AT}.$ref: Forbidden: $ref is not supported`]],
  [spec({ type: "object", id: "x" }), [`${AT}.id: Forbidden: id is not supported`]],
  [spec({ type: "object", definitions: { a: string } }), [`${AT}.definitions: Forbidden: definitions is not supported`]],
  [spec({ type: "object", patternProperties: { a: string } }), [`${AT}.patternProperties: Forbidden: patternProperties is not supported`]],
  [spec({ type: "object", dependencies: { a: ["b"] } }), [`${AT}.dependencies: Forbidden: dependencies is not supported`]],
  [spec({ type: "array", items: string, additionalItems: true }), [`${AT}.additionalItems: Forbidden: additionalItems is not supported`]],
  [spec({ type: "array", items: string, uniqueItems: true }), [`${AT}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`]],
  [spec({ type: "object", properties: { a: string }, additionalProperties: string }), [`${AT}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`]],
  [spec({ type: "string", pattern: "(" }), [`${AT}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``]],
  [spec({ type: "object", "x-kubernetes-preserve-unknown-fields": false }), [`${AT}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`]],
  [spec({ "x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true }), [`${AT}.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true`]],
  [spec({ "x-kubernetes-int-or-string": true, anyOf: [{ type: "string" }, { type: "integer" }] }), [`${AT}.anyOf[0].type: Forbidden: must be empty to be structural`, `${AT}.anyOf[1].type: Forbidden: must be empty to be structural`]],
  [spec({ type: "string", "x-kubernetes-embedded-resource": true }), [`${AT}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`, `${AT}.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true`]],
  [spec({ type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true, additionalProperties: string }), [`${AT}.additionalProperties: Forbidden: must not be used if x-kubernetes-embedded-resource is set`]],
  [spec({ type: "object", allOf: [{ type: "object", description: "d", nullable: true, default: {}, title: "t" }] }), ["default: Forbidden: must be undefined", "description: Forbidden: must be empty", "nullable: Forbidden: must be false", "title: Forbidden: must be empty", "type: Forbidden: must be empty"].map((text) => `${AT}.allOf[0].${text} to be structural`)],
  [{ type: "object", properties: { a: string }, not: { properties: { b: { minLength: 1 } } } }, ["schema.properties[b]: Required value: because it is defined in schema.not.properties[b]"]],
  [{ type: "object", properties: { kind: { type: "integer" } } }, ['schema.properties[kind].type: Invalid value: "integer": must be string']],
  [{ type: "object", properties: { metadata: string } }, ['schema.properties[metadata].type: Invalid value: "string": must be object']],
  [{ type: "object", properties: { metadata: { type: "object", properties: { labels: { type: "object" } } } } }, ["schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"]],
  [spec({ type: "object", "x-kubernetes-map-type": "bogus" }), [`${AT}.x-kubernetes-map-type: Unsupported value: "bogus": supported values: "atomic", "granular"`]],
  [spec({ type: "string", "x-kubernetes-map-type": "atomic" }), [`${AT}.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`]],
  [spec({ type: "string", "x-kubernetes-list-type": "set" }), [`${AT}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`]],
  [spec({ type: "array", items: string, "x-kubernetes-list-type": "bogus" }), [`${AT}.x-kubernetes-list-type: Unsupported value: "bogus": supported values: "atomic", "set", "map"`]],
  [spec({ type: "array", items: string, "x-kubernetes-list-map-keys": ["a"] }), [`${AT}.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty`]],
  [spec({ type: "array", items: string, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"] }), [`${AT}.items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`]],
  [spec({ type: "array", items: { type: "object", properties: { a: string } }, "x-kubernetes-list-type": "map" }), [`${AT}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`]],
  [spec({ type: "array", items: { type: "object", properties: { a: string } }, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"] }), [`${AT}.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`]],
  [spec({ type: "array", items: { type: "object", required: ["a", "b"], properties: { a: string, b: { type: "object" } } }, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "a", "b", "c"] }), [`${AT}.x-kubernetes-list-map-keys: Invalid value: ["a","a","b","c"]: must not contain duplicate entries`, `${AT}.items.properties[b].type: Invalid value: "object": must be a scalar type if parent array's x-kubernetes-list-type is map`, `${AT}.x-kubernetes-list-map-keys: Invalid value: ["a","a","b","c"]: entries must all be names of item properties`]],
  [spec({ type: "array", items: { type: "string", nullable: true }, "x-kubernetes-list-type": "set" }), [`${AT}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set`]],
  [spec({ type: "array", items: { type: "object" }, "x-kubernetes-list-type": "set" }), [`${AT}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`]],
  [spec({ type: "string", default: 5 }), [`${AT}.default: Invalid value: "integer":  in body must be of type string: "integer"`]],
  [spec({ type: "object", default: { a: "x", b: 1 }, properties: { a: string } }), [`${AT}.default: Invalid value: {"a":"x","b":1}: must not have unknown fields`]],
  [spec({ type: "object", default: { a: 1 }, properties: { a: string } }), [`${AT}.default.a: Invalid value: "integer": a in body must be of type string: "integer"`]],
  [{ type: "object", properties: { kind: { type: "string", default: "X" } } }, ["schema.properties[kind].default: Forbidden: must not be set in top-level kind"]],
  [spec({ type: "object", "x-kubernetes-embedded-resource": true, properties: { apiVersion: string, kind: { type: "string", default: "not a kind" }, metadata: { type: "object" } } }), [`${AT}.properties[kind].default: Invalid value: "not a kind": must result in valid metadata: `]],
];

for (const [i, [props, errors]] of refused.entries()) {
  test(`Refused ${i}: ${errors[0]}`, (t) => {
    const found = errorsOf(props);
    t.is(found.length, errors.length, found.join("\n"));
    errors.forEach((error, at) => {
      t.true(found[at]?.startsWith(error), found[at]);
    });
  });
}

const accepted: readonly JsonSchemaProps[] = [
  { type: "object", properties: { metadata: { type: "object", properties: { name: { type: "string", maxLength: 10 } } } } },
  { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  spec({ "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }),
  spec({ "x-kubernetes-int-or-string": true, allOf: [{ anyOf: [{ type: "integer" }, { type: "string" }] }, { pattern: "a" }] }),
  spec({ type: "object", additionalProperties: { type: "string" }, default: { a: "b" } }),
  spec({ type: "object", properties: { a: { type: "string", default: null, nullable: true }, b: { type: "object", default: {}, properties: { c: { type: "integer", default: 5 } } } } }),
  spec({ type: "array", "x-kubernetes-list-type": "set", items: { type: "array", items: string } }),
  spec({ type: "object", properties: { a: string, b: string }, oneOf: [{ required: ["a"], properties: { a: { minLength: 1 } } }, { required: ["b"] }] }),
  spec({ type: "object", properties: { constructor: string, ["__proto__"]: string } }),
];

for (const [i, props] of accepted.entries()) {
  test(`Accepted ${i}: ${JSON.stringify(props).slice(0, 100)}`, (t) => {
    t.deepEqual(errorsOf(props), []);
  });
}

function withRule(props: JsonSchemaProps, rule: object): JsonSchemaProps {
  return spec({ ...props, "x-kubernetes-validations": [rule] });
}

const RULE = `${AT}.x-kubernetes-validations[0]`;
const numbers: JsonSchemaProps = { type: "object", properties: { a: { type: "integer" }, s: string } };

const rules: readonly (readonly [JsonSchemaProps, readonly string[]])[] = [
  [withRule(numbers, { rule: "self.a > 0" }), []],
  [withRule(numbers, { rule: " " }), [`${RULE}.rule: Required value: rule is not specified`]],
  [withRule(numbers, { rule: "self.a > 0", message: " " }), [`${RULE}.message: Invalid value: " ": must be non-empty if specified`]],
  [withRule(numbers, { rule: "self.a > 0", message: "a\nb" }), [`${RULE}.message: Invalid value: "a\\nb": must not contain line breaks`]],
  [withRule(numbers, { rule: "self.a >\n0" }), [`${RULE}.message: Required value: message must be specified if rule contains line breaks`]],
  [withRule(numbers, { rule: "self.a > 0", reason: "Bogus" }), [`${RULE}.reason: Unsupported value: "Bogus": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`]],
  [withRule(numbers, { rule: "self.a > 0", fieldPath: ".nope" }), [`${RULE}.fieldPath: Invalid value: ".nope": must be a valid path`]],
  [withRule(numbers, { rule: "self.a > 0", fieldPath: ".a" }), []],
  [withRule(numbers, { rule: "self.a > 0", optionalOldSelf: true }), [`${RULE}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`]],
  [withRule(numbers, { rule: "self.a" }), [`${RULE}.rule: Invalid value: {"Rule":"self.a","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool`]],
  [withRule(numbers, { rule: "self.a > 0", messageExpression: "self.a" }), [`${RULE}.messageExpression: Invalid value: {"Rule":"self.a \\u003e 0","Message":"","MessageExpression":"self.a","Reason":null,"FieldPath":"","OptionalOldSelf":null}: messageExpression must evaluate to a string`]],
  [withRule(numbers, { rule: "self.nope > 0" }), [`${RULE}.rule: Invalid value: {"Rule":"self.nope \\u003e 0","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope > 0\n | ....^`]],
  [withRule(numbers, { rule: "self.a > oldSelf.a" }), []],
  [spec({ type: "array", maxItems: 3, items: { type: "string", maxLength: 5, "x-kubernetes-validations": [{ rule: "self == oldSelf" }] } }), [`${AT}.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${AT}`]],
  [spec({ type: "object", properties: { l: { type: "array", items: { type: "string" } } }, "x-kubernetes-validations": [{ rule: "self.l.all(x, x.contains('a'))" }] }), [
    `${RULE}.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`,
    `${RULE}.rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
    "schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)",
  ]],
  [spec({ type: "object", properties: { l: { type: "array", maxItems: 100, items: { type: "string", maxLength: 100 } } }, "x-kubernetes-validations": [{ rule: "self.l.all(x, x.contains('a'))" }] }), []],
  [spec({ type: "object", properties: { "a-b": { type: "integer" }, in: { type: "integer" }, "a.b/c__d": { type: "integer" } }, "x-kubernetes-validations": [{ rule: "self.a__dash__b + self.__in__ + self.a__dot__b__slash__c__underscores__d > 0" }] }), []],
  [{ type: "object", properties: { spec: string }, "x-kubernetes-validations": [{ rule: "self.metadata.name == self.kind && size(self.metadata.generateName) >= 0" }] }, []],
  [{ type: "object", "x-kubernetes-validations": [{ rule: "self.metadata.labels == self.kind" }] }, ['schema.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.metadata.labels == self.kind"']],
];

for (const [i, [props, errors]] of rules.entries()) {
  test(`Rule ${i}: ${errors[0] ?? "fine"}`, (t) => {
    const found = errorsOf(props);
    t.is(found.length, errors.length, found.join("\n"));
    errors.forEach((error, at) => {
      t.true(found[at]?.startsWith(error), found[at]);
    });
  });
}

test("Schemas of endless depth are refused before anything walks them", (t) => {
  let deep: JsonSchemaProps = string;
  for (let i = 0; i < 5000; i++) deep = { type: "object", properties: { x: deep } };
  t.deepEqual(errorsOf(spec(deep)), ["schema: Forbidden: schemas may not be nested deeper than 400 levels"]);
});

test("A schema of a thousand rules is compiled in a moment and held against the whole schema's limit", (t) => {
  const properties = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`p${i}`, { type: "string", "x-kubernetes-validations": [{ rule: "self.matches('^[a-z]+$')" }] }]));
  const found = errorsOf({ type: "object", properties: { spec: { type: "object", properties } } });
  t.is(found.length, 5);
  t.true(found[4]?.includes("estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of "));
});
