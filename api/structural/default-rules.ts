import { cloneJson, equalJson, isMap, type JsonMap } from "../patch/json-value.ts";
import { type FieldError, fieldErrorsText, invalid } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { coerceEmbedded, validateEmbedded } from "./embedded-resource.ts";
import { pruneValue } from "./prune.ts";
import { shownValue, toFieldErrors } from "./schema-error.ts";
import { hasDefault, type Structural } from "./structural.ts";
import { validateValue } from "./validate-value.ts";
import { compileValueSchema } from "./value-schema.ts";

/** What judges a default by the validation rules of its schema; no errors where there are none. */
export type RuleCheck = (schema: Structural, value: unknown, path: FieldPath) => readonly FieldError[];

/** Defaults must be pruned already and valid by their own schema. Those of additionalProperties are not looked at, as in Kubernetes. */
export function validateDefaults(schema: Structural, path: FieldPath, checkRules: RuleCheck): FieldError[] {
  const errors: FieldError[] = [];
  walk({ ...schema, isResource: true, hasResources: true }, undefined, path, checkRules, errors);
  return errors;
}

/** Builds an object around a value inside metadata: metadata is judged as a whole. */
interface Surrounding {
  readonly schema: Structural;
  readonly around: (value: unknown) => unknown;
}

function walk(schema: Structural, inMeta: Surrounding | undefined, path: FieldPath, checkRules: RuleCheck, errors: FieldError[]): void {
  if (!schema.hasDefaults) return;
  const surrounding = schema.isResource ? undefined : inMeta;
  if (hasDefault(schema.props)) checkDefault(schema, surrounding, path.child("default"), checkRules, errors);
  if (schema.items !== undefined) walk(schema.items, surrounding === undefined ? undefined : { ...surrounding, around: (value) => surrounding.around([value]) }, path.child("items"), checkRules, errors);
  for (const [name, child] of schema.properties) {
    const isMeta = schema.isResource && (name === "metadata" || name === "apiVersion" || name === "kind");
    const outer: Surrounding | undefined = isMeta ? { schema, around: (value) => ({ apiVersion: "validation/v1", kind: "Validation", [name]: value }) } : surrounding;
    const below = isMeta || outer === undefined ? outer : { ...outer, around: (value: unknown) => outer.around({ [name]: value }) };
    walk(child, below, path.child("properties").key(name), checkRules, errors);
  }
}

function checkDefault(schema: Structural, inMeta: Surrounding | undefined, path: FieldPath, checkRules: RuleCheck, errors: FieldError[]): void {
  const value = schema.props.default;
  if (inMeta === undefined) {
    const pruned = cloneJson(value);
    pruneValue(pruned, schema, false);
    if (!equalJson(pruned, value)) errors.push(invalid(path, shownValue(value), "must not have unknown fields"));
    const complaints = embeddedComplaints(cloneJson(value), schema);
    if (complaints.length > 0) {
      errors.push(...complaints.map((error) => ({ ...error, field: `${path}.${error.field}` })));
      return;
    }
  } else if (!isValidMeta(inMeta, value, path, errors)) return;
  const found = toFieldErrors(path, validateValue(compileValueSchema(schema.props), { value, name: "", before: undefined }).errors);
  errors.push(...(found.length > 0 ? found : checkRules(schema, value, path)));
}

function embeddedComplaints(value: unknown, schema: Structural): readonly FieldError[] {
  const malformed = coerceEmbedded(value, schema, false);
  if (malformed === undefined) return validateEmbedded(value, schema);
  return [invalid("metadata", shownValue(value), malformed)];
}

function isValidMeta({ schema, around }: Surrounding, value: unknown, path: FieldPath, errors: FieldError[]): boolean {
  const object = cloneJson(around(value));
  if (!isMap(object)) return true;
  const whole: Structural = { ...schema, isResource: true, hasResources: true, properties: new Map() };
  const malformed = coerceEmbedded(object, whole, false);
  const complaint = malformed ?? textOf(validateEmbedded(object as JsonMap, whole));
  if (complaint === undefined) return true;
  errors.push(invalid(path, shownValue(value), `must result in valid metadata: ${complaint}`));
  return false;
}

function textOf(errors: readonly FieldError[]): string | undefined {
  return errors.length === 0 ? undefined : fieldErrorsText(errors);
}
