import type { JsonSchemaProps, ValidationRule } from "./json-schema-props.ts";

/**
 * A node of a structural schema as the walks over objects need it: its children in maps (names such as `constructor` are names
 * like any other), its extensions as plain booleans.
 */
export interface Structural {
  readonly props: JsonSchemaProps;
  /** Where it stands, from the root: `selfType.spec.list.@idx`. Names its type in messages of rules. */
  readonly name: string;
  /** `""` where the schema names none (int-or-string, preserved fields). */
  readonly type: string;
  readonly nullable: boolean;
  readonly properties: ReadonlyMap<string, Structural>;
  readonly items: Structural | undefined;
  /** The schema of values under names that are not declared. */
  readonly values: Structural | undefined;
  /** additionalProperties allows any value: `true` or a schema. */
  readonly allowsOthers: boolean;
  readonly preservesUnknown: boolean;
  readonly isResource: boolean;
  readonly intOrString: boolean;
  readonly listType: "atomic" | "set" | "map";
  readonly listMapKeys: readonly string[];
  readonly rules: readonly ValidationRule[];
  /** There is a default at this node or below. */
  readonly hasDefaults: boolean;
  /** There is an embedded object at this node or below. */
  readonly hasResources: boolean;
  /** There is a list of type set or map at this node or below. */
  readonly hasListTypes: boolean;
  /** There is a validation rule at this node or below. */
  readonly hasRules: boolean;
}

const EMPTY: ReadonlyMap<string, Structural> = new Map();

/** The schema as a tree of nodes. It must be valid (crd-schema.ts says whether it is); parts that are not structural are left out. */
export function compileStructural(props: JsonSchemaProps, name = "selfType"): Structural {
  const properties = compileProperties(props.properties, name);
  const items = isSchema(props.items) ? compileStructural(props.items, `${name}.@idx`) : undefined;
  const values = isSchema(props.additionalProperties) ? compileStructural(props.additionalProperties, `${name}.@elem`) : undefined;
  const listType = props["x-kubernetes-list-type"];
  const rules = props["x-kubernetes-validations"] ?? [];
  const children = [...properties.values(), ...(items === undefined ? [] : [items]), ...(values === undefined ? [] : [values])];
  return {
    props,
    name,
    type: props.type ?? "",
    nullable: props.nullable === true,
    properties,
    items,
    values,
    allowsOthers: values !== undefined || props.additionalProperties === true,
    preservesUnknown: props["x-kubernetes-preserve-unknown-fields"] === true,
    isResource: props["x-kubernetes-embedded-resource"] === true,
    intOrString: props["x-kubernetes-int-or-string"] === true,
    listType: listType === "set" || listType === "map" ? listType : "atomic",
    listMapKeys: props["x-kubernetes-list-map-keys"] ?? [],
    rules,
    hasDefaults: hasDefault(props) || children.some((child) => child.hasDefaults),
    hasResources: props["x-kubernetes-embedded-resource"] === true || children.some((child) => child.hasResources),
    hasListTypes: listType === "set" || listType === "map" || children.some((child) => child.hasListTypes),
    hasRules: rules.length > 0 || children.some((child) => child.hasRules),
  };
}

/** The schema gives a default; the JSON `null` is one. */
export function hasDefault(props: JsonSchemaProps): boolean {
  return props.default !== undefined;
}

/** A single schema, not a boolean, a list of schemas or nothing. */
export function isSchema(value: JsonSchemaProps["items"] | boolean): value is JsonSchemaProps {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function compileProperties(properties: JsonSchemaProps["properties"], path: string): ReadonlyMap<string, Structural> {
  if (properties === undefined) return EMPTY;
  const compiled = new Map<string, Structural>();
  for (const name of Object.keys(properties).sort()) {
    const child = properties[name];
    if (child !== undefined) compiled.set(name, compileStructural(child, `${path}.${name}`));
  }
  return compiled;
}
