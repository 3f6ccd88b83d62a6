import test from "ava";
import type { ApiObject } from "../wire.ts";
import { fieldErrorText } from "../status/field-error.ts";
import { compileCustomResourceSchema } from "./compile.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

const NOT_OF_TYPE = '<nil>: Invalid value: "": ';

/** What Kubernetes finds in a value: a schema, the value, the errors. */
const found: readonly (readonly [string, JsonSchemaProps, unknown, readonly string[]])[] = [
  ["whole numbers know no fractions of bounds", { type: "number", minimum: 1.5, maximum: 2.5 }, 1, []],
  ["nor what they are over", { type: "number", maximum: 2.5 }, 3, ["f: Invalid value: 3: f in body should be less than or equal to 2"]],
  ["fractions do", { type: "number", minimum: 1.5 }, 1.4, ["f: Invalid value: 1.4: f in body should be greater than or equal to 1.5"]],
  ["integers do, and a fraction is no limit for them", { type: "integer", minimum: 0.5, maximum: 2.5 }, 0, [`${NOT_OF_TYPE}Minimum boundary value must be of type integer (default format) in f`, "f: Invalid value: 0: f in body should be greater than or equal to 0.5", `${NOT_OF_TYPE}Maximum boundary value must be of type integer (default format) in f`]],
  ["limits beyond the format", { type: "integer", format: "int32", maximum: 9_000_000_000 }, 5, [`${NOT_OF_TYPE}Maximum boundary value must be of type integer with format int32 in f`]],
  ["factors too", { type: "integer", format: "int32", multipleOf: 9_000_000_000 }, 5, [`${NOT_OF_TYPE}MultipleOf value must be of type integer with format int32 in f`, "f: Invalid value: 5: f in body should be a multiple of 9e+09"]],
  ["whole limits are told whole", { type: "integer", maximum: 9_000_000_000 }, 9_000_000_001, ["f: Invalid value: 9000000001: f in body should be less than or equal to 9000000000"]],
  ["a factor of nothing", { type: "number", multipleOf: 0.1 }, 1, ["f: Invalid value: 0: factor MultipleOf declared for f must be positive: 0"]],
  ["a tenth three times", { type: "number", multipleOf: 0.1 }, 0.3, []],
  ["null is no value of an enum", { type: "string", nullable: true, enum: ["a", null] }, null, ['f: Unsupported value: null: supported values: "a", "null"']],
  ["formats of another type are none", { type: "number", format: "int32" }, true, ['f: Invalid value: "boolean": f in body must be of type number: "boolean"']],
  ["what is too large is no integer", { type: "integer" }, 1e300, ['f: Invalid value: "number": f in body must be of type integer: "number"', '<nil>: Invalid value: "": Checked value must be of type integer (default format) in f']],
];

for (const [title, schema, value, errors] of found) {
  test(`Numbers: ${title}`, (t) => {
    const compiled = compileCustomResourceSchema({ type: "object", properties: { f: schema } });
    t.deepEqual(compiled.validate({ apiVersion: "a.dev/v1", kind: "A", metadata: { name: "a" }, f: value } as ApiObject).map(fieldErrorText), errors);
  });
}
