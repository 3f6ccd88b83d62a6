import { duplicate, invalid, required, tooMany } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { JsonSchemaProps } from "../../structural/json-schema-props.ts";
import { compileStructural, type Structural } from "../../structural/structural.ts";
import type { Errors } from "../common.ts";
import type { SchemaProps } from "./internal-spec.ts";

const MAX_FIELDS = 8;
const TYPES = ["string", "boolean", "integer"];
const INVALID_FIELD = "does not refer to a valid field";
const END = "unexpected end of JSON path";

/** Fields that selectors may name: scalars that the schema has, outside metadata and lists. */
export function validateSelectableFields(fields: readonly { readonly jsonPath?: string }[], schema: SchemaProps, path: FieldPath, errors: Errors): void {
  const root = compileStructural(schema as JsonSchemaProps);
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const at = path.index(i).child("jsonPath");
    if (!jsonPath) {
      errors.push(required(at));
      return;
    }
    const found = fieldOf(root, jsonPath);
    if (typeof found === "string") {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found}`));
      return;
    }
    if (found.steps[0] === "metadata") errors.push(invalid(at, jsonPath, "must not point to fields in metadata"));
    if (!TYPES.includes(found.schema.type)) errors.push(invalid(at, jsonPath, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."));
    const name = JSON.stringify(found.steps);
    if (seen.has(name)) errors.push(duplicate(at, jsonPath));
    seen.add(name);
  });
  if (seen.size > MAX_FIELDS) errors.push(tooMany(path, seen.size, MAX_FIELDS));
}

/** The place that a path (`.spec.a`) means, or why there is none. */
function fieldOf(root: Structural, jsonPath: string): { steps: readonly string[]; schema: Structural } | string {
  const tokens = jsonPath.match(/[.[\]]|[^.[\]]+/g) ?? [];
  const steps: string[] = [];
  let schema = root;
  for (let i = 0; i < tokens.length; i += 2) {
    if (tokens[i] === "[") return "array notation is not allowed";
    if (tokens[i] !== ".") return `expected [ or . but got: ${tokens[i]}`;
    const name = tokens[i + 1];
    if (name === undefined) return END;
    const next = schema.properties.get(name) ?? (schema.properties.size === 0 ? schema.values : undefined);
    if (next === undefined) return INVALID_FIELD;
    steps.push(name);
    schema = next;
  }
  return { steps, schema };
}
