import test from "ava";
import type { JsonSchemaProps } from "../structural/json-schema-props.ts";
import { customSchema } from "./custom-schema.ts";

const string: JsonSchemaProps = { type: "string" };
const spec = (props: JsonSchemaProps, form: "v2" | "v3"): unknown => (customSchema({ type: "object", properties: { spec: props } }, form)["properties"] as Record<string, unknown>)["spec"];

/** A schema, and how Swagger 2 has it. */
const projections: readonly (readonly [string, JsonSchemaProps, unknown])[] = [
  ["junctors are left out", { type: "object", properties: { a: string }, allOf: [{ required: ["a"] }], anyOf: [{}], oneOf: [{}], not: {} }, { type: "object", properties: { a: string } }],
  ["what may be null has no type, and is not required", { type: "object", required: ["a", "b"], properties: { a: string, b: { type: "string", nullable: true } } }, { type: "object", required: ["a"], properties: { a: string, b: {} } }],
  ["of fields that nobody knows nothing is said", { type: "object", description: "d", "x-kubernetes-preserve-unknown-fields": true, properties: { a: string } }, { description: "d", "x-kubernetes-preserve-unknown-fields": true }],
  ["numbers or strings have no type", { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }, { "x-kubernetes-int-or-string": true }],
  ["lists and maps are projected below", { type: "object", additionalProperties: { type: "array", items: { type: "string", nullable: true } } }, { type: "object", additionalProperties: { type: "array", items: {} } }],
];

for (const [name, props, expected] of projections) {
  test(`Swagger 2: ${name}`, (t) => {
    t.deepEqual(spec(props, "v2"), expected);
  });
}

test("OpenAPI 3 has all of it", (t) => {
  const props: JsonSchemaProps = { type: "object", nullable: true, required: ["a"], properties: { a: string }, allOf: [{ required: ["a"] }], "x-kubernetes-preserve-unknown-fields": true };
  t.deepEqual(spec(props, "v3"), props);
});
