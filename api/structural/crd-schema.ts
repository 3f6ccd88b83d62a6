import { type FieldError, forbidden } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { validateDefaults } from "./default-rules.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { atRoot, checkExtensionRules, checkStandard, ofOtherProperties, ofProperty, type Surroundings } from "./open-api-rules.ts";
import { checkRuleFields, RuleCompiler } from "./rule-compiler.ts";
import { RuleValidator } from "./rule-validator.ts";
import { compileStructural, isSchema, type Structural } from "./structural.ts";
import { validateStructural } from "./structural-rules.ts";

/** Deeper schemas than any object can be are refused: everything here walks by recursion. */
const MAX_SCHEMA_DEPTH = 400;

/**
 * Every rule for the schema of a CRD's version, with Kubernetes' paths and texts: structural, OpenAPI, defaults, validation rules (compiled and their
 * cost estimated). `path` is where the schema lies: `spec.validation.openAPIV3Schema`, `spec.versions[0].schema.openAPIV3Schema`.
 */
export function validateCustomResourceSchema(props: JsonSchemaProps, path: FieldPath): FieldError[] {
  if (isTooDeep(props)) return [forbidden(path, `schemas may not be nested deeper than ${MAX_SCHEMA_DEPTH} levels`)];
  const errors: FieldError[] = [];
  if (props.nullable) errors.push(forbidden(path.child("nullable"), "nullable cannot be true at the root"));
  const compiled = compileStructural(props);
  const rules = new RuleCompiler(compiled);
  const structural = structuralErrors(compiled, path);
  if (structural !== undefined) errors.push(...structural);
  const found: Found = { schema: [], rules: [] };
  // Rules are compiled only where the schema has types that can be trusted.
  checkNode(props, path, { surroundings: atRoot, isRoot: true, rules: structural?.length === 0 ? rules : undefined, uncorrelatable: undefined }, found);
  errors.push(...found.schema, ...found.rules);
  if (structural?.length === 0) errors.push(...rules.totalErrors(path));
  return errors;
}

/** undefined: the schema has parts that OpenAPI rules refuse and that have no structural form; only their errors are shown then. */
function structuralErrors(compiled: Structural, path: FieldPath): FieldError[] | undefined {
  if (hasUnsupported(compiled.props)) return undefined;
  const errors = validateStructural(compiled.props, path);
  return errors.length > 0 ? errors : validateDefaults(compiled, path, (schema, value, at) => new RuleValidator(schema, false).validate(value, undefined, at).errors);
}

/** Errors of the schema come before those of its rules. */
interface Found {
  readonly schema: FieldError[];
  readonly rules: FieldError[];
}

interface NodeContext {
  readonly surroundings: Surroundings;
  readonly isRoot: boolean;
  /** Compiles the rules of the place; undefined below junctors, and where the schema is not structural. */
  readonly rules: RuleCompiler | undefined;
  /** The path of the highest list or map whose parts have no former value: `oldSelf` may not be used below. */
  readonly uncorrelatable: FieldPath | undefined;
}

function checkNode(props: JsonSchemaProps, path: FieldPath, context: NodeContext, found: Found): void {
  const { surroundings, isRoot, rules, uncorrelatable } = context;
  const before = found.schema.length;
  checkStandard(props, surroundings, path, found.schema);
  const { additionalProperties, properties = {}, items } = props;
  if (isSchema(additionalProperties)) {
    const below = { ...context, surroundings: ofOtherProperties(surroundings), isRoot: false, rules: rules?.values };
    checkNode(additionalProperties, path.child("additionalProperties"), below, found);
  }
  const withoutOld = props["x-kubernetes-map-type"] === "atomic" ? path : undefined;
  for (const name of Object.keys(properties).sort()) {
    const child = properties[name] as JsonSchemaProps;
    const below = { surroundings: ofProperty(surroundings, props, name, isRoot), isRoot: false, rules: rules?.property(name), uncorrelatable: uncorrelatable ?? withoutOld };
    checkNode(child, path.child("properties").key(name), below, found);
  }
  checkJunctors(props, path, context, found);
  if (isSchema(items)) {
    const isKeyed = props["x-kubernetes-list-type"] === "map";
    checkNode(items, path.child("items"), { surroundings, isRoot: false, rules: rules?.items, uncorrelatable: uncorrelatable ?? (isKeyed ? undefined : path) }, found);
  }
  checkExtensionRules(props, path, found.schema);
  checkRuleFields(props, path, found.schema);
  if (rules !== undefined && found.schema.length === before) found.rules.push(...rules.check(path, uncorrelatable));
}

function checkJunctors(props: JsonSchemaProps, path: FieldPath, context: NodeContext, found: Found): void {
  const below: NodeContext = { ...context, isRoot: false, rules: undefined };
  if (props.not !== undefined) checkNode(props.not, path.child("not"), below, found);
  for (const junctor of ["allOf", "oneOf", "anyOf"] as const) {
    props[junctor]?.forEach((schema, i) => {
      checkNode(schema, path.child(junctor).index(i), below, found);
    });
  }
}

const unsupported = ["id", "$ref", "patternProperties", "definitions", "dependencies", "additionalItems"] as const;

function hasUnsupported(props: JsonSchemaProps): boolean {
  return Array.isArray(props.items) || props.uniqueItems === true || unsupported.some((field) => props[field] !== undefined && props[field] !== "") || childrenOf(props).some(hasUnsupported);
}

function childrenOf(props: JsonSchemaProps): JsonSchemaProps[] {
  const { items, additionalProperties, not } = props;
  const lists = [props.allOf ?? [], props.anyOf ?? [], props.oneOf ?? [], Object.values(props.properties ?? {})];
  return [...lists.flat(), ...[items, additionalProperties, not].filter(isSchema)];
}

function isTooDeep(root: JsonSchemaProps): boolean {
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_SCHEMA_DEPTH) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}
