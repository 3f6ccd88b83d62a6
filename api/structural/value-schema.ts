import { UserPattern } from "../../lib/user-pattern.ts";
import { knownFormat } from "./formats.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { isSchema } from "./structural.ts";

/** The part of a schema that judges values, prepared for many values. */
export interface ValueSchema {
  readonly props: JsonSchemaProps;
  /** int-or-string has two; none: any. */
  readonly types: readonly string[];
  /** Known formats only, without dashes; the error prints `formatText`. */
  readonly format: string;
  readonly formatText: string;
  readonly nullable: boolean;
  /** undefined: none, or one that cannot be compiled (the CRD's validation refuses those). */
  readonly pattern: UserPattern | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  readonly minProperties: number | undefined;
  readonly maxProperties: number | undefined;
  readonly items: ValueSchema | undefined;
  readonly properties: ReadonlyMap<string, ValueSchema>;
  readonly values: ValueSchema | undefined;
  readonly allowsOthers: boolean;
  readonly required: readonly string[];
  readonly allOf: readonly ValueSchema[];
  readonly anyOf: readonly ValueSchema[];
  readonly oneOf: readonly ValueSchema[];
  readonly not: ValueSchema | undefined;
}

const INT_OR_STRING = ["integer", "string"];
const NONE: readonly ValueSchema[] = [];

const compiled = new WeakMap<JsonSchemaProps, ValueSchema>();

/** Prepares a schema; its patterns are compiled here, once. */
export function compileValueSchema(props: JsonSchemaProps): ValueSchema {
  // Defaults are judged at every depth of a schema: each node is prepared once for all of them.
  let schema = compiled.get(props);
  if (schema === undefined) compiled.set(props, (schema = prepare(props)));
  return schema;
}

function prepare(props: JsonSchemaProps): ValueSchema {
  const format = knownFormat(props.format, typeof props.type === "string" ? props.type : "");
  return {
    props,
    types: props["x-kubernetes-int-or-string"] === true ? INT_OR_STRING : props.type ? [props.type] : [],
    format,
    formatText: format === "" ? "" : (props.format ?? ""),
    nullable: props.nullable === true,
    pattern: props.pattern ? tryCompile(props.pattern) : undefined,
    minLength: bound(props.minLength),
    maxLength: bound(props.maxLength),
    minItems: bound(props.minItems),
    maxItems: bound(props.maxItems),
    minProperties: bound(props.minProperties),
    maxProperties: bound(props.maxProperties),
    items: isSchema(props.items) ? compileValueSchema(props.items) : undefined,
    properties: compileProperties(props),
    values: isSchema(props.additionalProperties) ? compileValueSchema(props.additionalProperties) : undefined,
    allowsOthers: props.additionalProperties !== false,
    required: props.required ?? [],
    allOf: compileEach(props.allOf),
    anyOf: compileEach(props.anyOf),
    oneOf: compileEach(props.oneOf),
    not: props.not === undefined ? undefined : compileValueSchema(props.not),
  };
}

function compileEach(schemas: readonly JsonSchemaProps[] | undefined): readonly ValueSchema[] {
  return schemas === undefined ? NONE : schemas.map(compileValueSchema);
}

function compileProperties({ properties = {} }: JsonSchemaProps): ReadonlyMap<string, ValueSchema> {
  return new Map(
    Object.keys(properties)
      .sort()
      .map((name) => [name, compileValueSchema(properties[name] as JsonSchemaProps)]),
  );
}

function bound(value: number | bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function tryCompile(pattern: string): UserPattern | undefined {
  try {
    return UserPattern.compile(pattern);
  } catch {
    return undefined;
  }
}
