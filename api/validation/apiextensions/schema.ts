import { equalJson } from "../../patch/json-value.ts";
import { invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import { validateCustomResourceSchema } from "../../structural/crd-schema.ts";
import { knownFormat } from "../../structural/formats.ts";
import type { JsonSchemaProps } from "../../structural/json-schema-props.ts";
import type { Errors } from "../common.ts";
import type { SchemaProps } from "./internal-spec.ts";
import { internalSchemaText } from "./internal-text.ts";

export interface SchemaContext {
  /** The version has a status of its own to write to. */
  readonly status: boolean;
  /** The schema as it was: one that has not changed is not looked at again. */
  readonly before: SchemaProps | undefined;
}

/** Go's names of the fields that a schema's root may have where its status is validated alone, as the message prints them. */
const ROOT_FIELDS =
  "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations";

/** Every rule of a version's schema; `path` is that of what holds it as `openAPIV3Schema`. */
export function validateSchema(schema: SchemaProps, context: SchemaContext, path: FieldPath, errors: Errors): void {
  if (context.before !== undefined && equalJson(schema, context.before)) return;
  const at = path.child("openAPIV3Schema");
  if (context.status) validateRootFields(schema, at, errors);
  errors.push(...validateCustomResourceSchema(schema as JsonSchemaProps, at));
}

function validateRootFields(schema: SchemaProps, path: FieldPath, errors: Errors): void {
  const { type } = schema;
  const suffix = "at the root of the schema if the status subresource is enabled";
  if (type !== undefined && type !== "object") errors.push(invalid(path.child("type"), type, `only "object" is allowed as the type ${suffix}`));
  else if (Object.keys(schema).some((field) => schema[field] !== false && !rootFields.has(goName(field)))) errors.push(invalid(path, internalSchemaText(schema), `only [${ROOT_FIELDS}] fields are allowed ${suffix}`));
}

const rootFields = new Set(ROOT_FIELDS.split(" "));

function goName(field: string): string {
  const name = field.replace(/^x-kubernetes-/, "x-").replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** There is a default somewhere in the schema. */
export function hasDefaults(schema: SchemaProps | undefined): boolean {
  return schema !== undefined && schemasOf(schema).some((one) => one["default"] !== undefined);
}

/** The formats of a schema that mean nothing where they stand, in its order. */
export function unknownFormatsOf(schema: SchemaProps | undefined): string[] {
  if (schema === undefined) return [];
  return schemasOf(schema).flatMap(({ format, type }) => (typeof format === "string" && format !== "" && knownFormat(format, typeof type === "string" ? type : "") === "" ? [format] : []));
}

const NESTED = ["items", "not", "additionalProperties"] as const;
const LISTS = ["allOf", "anyOf", "oneOf"] as const;

/** A schema with all schemas inside it. */
function schemasOf(root: SchemaProps): SchemaProps[] {
  const found: SchemaProps[] = [];
  const open: unknown[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === null || typeof next !== "object" || Array.isArray(next)) continue;
    const schema = next as SchemaProps;
    found.push(schema);
    for (const field of NESTED) open.push(schema[field] ?? null);
    for (const field of LISTS) open.push(...((schema[field] ?? []) as unknown[]));
    open.push(...Object.values((schema["properties"] ?? {}) as object).reverse());
  }
  return found;
}
