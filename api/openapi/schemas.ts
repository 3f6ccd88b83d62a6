import { definition } from "../schema/schema.ts";
import type { Definition, FieldSchema, SchemaType } from "../schema/types.ts";
import type { Descriptions } from "./descriptions.ts";

/** The two forms of the document: v2 (Swagger) and v3. */
export type OpenapiForm = "v2" | "v3";

type Json = Record<string, unknown>;

const REFERENCE = { v2: "#/definitions/", v3: "#/components/schemas/" } as const;

/** A reference to a definition; v3 allows nothing beside `$ref`, so it goes into allOf. */
function reference(name: string, form: OpenapiForm): Json {
  const $ref = `${REFERENCE[form]}${name}`;
  return form === "v2" ? { $ref } : { allOf: [{ $ref }] };
}

/** Definitions that a definition's fields refer to. */
export function referencesOf(one: Definition): string[] {
  const names = one.fields.map((field) => innermost(field.type)).flatMap((type) => (type.type === "object" ? [type.definition] : namedScalar(type)));
  return [...new Set(names)];
}

function innermost(type: SchemaType): SchemaType {
  if (type.type === "list") return innermost(type.items);
  return type.type === "map" ? innermost(type.values) : type;
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** Scalars that have a definition of their own in the document. */
const NAMED: Readonly<Record<string, { readonly name: string; readonly v2: Json; readonly v3: Json; readonly description?: string }>> = {
  time: { name: `${META}.Time`, v2: { type: "string", format: "date-time" }, v3: { type: "string", format: "date-time" } },
  microTime: { name: `${META}.MicroTime`, v2: { type: "string", format: "date-time" }, v3: { type: "string", format: "date-time" } },
  quantity: { name: "io.k8s.apimachinery.pkg.api.resource.Quantity", v2: { type: "string" }, v3: { oneOf: [{ type: "string" }, { type: "number" }] }, description: "An amount with a unit: 1.5, 500m, 64Mi, 2G." },
  intOrString: { name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString", v2: { type: "string", format: "int-or-string" }, v3: { oneOf: [{ type: "integer" }, { type: "string" }], format: "int-or-string" }, description: "A whole number or a text, such as a port's number or name, or a percentage." },
  raw: { name: "io.k8s.apimachinery.pkg.runtime.RawExtension", v2: { type: "object" }, v3: { type: "object" }, description: "Any object." },
  fieldsV1: { name: `${META}.FieldsV1`, v2: { type: "object" }, v3: { type: "object" }, description: "The fields that a manager owns, as a trie." },
  json: { name: `${APIEXTENSIONS}.JSON`, v2: {}, v3: {}, description: "Any JSON value." },
  schemaOrArray: { name: `${APIEXTENSIONS}.JSONSchemaPropsOrArray`, v2: {}, v3: {}, description: "A schema, or a list of schemas." },
  schemaOrBool: { name: `${APIEXTENSIONS}.JSONSchemaPropsOrBool`, v2: {}, v3: {}, description: "A schema, or a truth value." },
  schemaOrStrings: { name: `${APIEXTENSIONS}.JSONSchemaPropsOrStringArray`, v2: {}, v3: {}, description: "A schema, or a list of texts." },
};

function namedScalar(type: SchemaType): string[] {
  const named = NAMED[type.type];
  return named === undefined ? [] : [named.name];
}

/** Schema of a named scalar by its definition name; undefined for any other definition. */
export function namedScalarSchema(name: string, form: OpenapiForm): Json | undefined {
  const named = Object.values(NAMED).find((one) => one.name === name);
  return named && { ...(named.description === undefined ? {} : { description: named.description }), ...named[form] };
}

/** The schema of a definition. */
export function definitionSchema(one: Definition, form: OpenapiForm, descriptions: Descriptions): Json {
  const texts = descriptions[one.name];
  const required = one.fields.filter((field) => field.required).map((field) => field.name);
  const properties = Object.fromEntries([...one.fields].sort(byName).map((field) => [field.name, fieldSchema(field, form, texts?.fields[field.name])]));
  return {
    ...(texts?.description ? { description: texts.description } : {}),
    type: "object",
    ...(required.length > 0 ? { required: required.sort() } : {}),
    ...(one.fields.length > 0 ? { properties } : {}),
    ...(one.mapType === undefined ? {} : { "x-kubernetes-map-type": one.mapType }),
    ...(one.unions.length === 0 ? {} : { "x-kubernetes-unions": one.unions.map(unionExtension) }),
  };
}

function unionExtension(union: Definition["unions"][number]): Json {
  return { ...(union.discriminator === undefined ? {} : { discriminator: union.discriminator }), "fields-to-discriminateBy": union.fields };
}

function byName(a: FieldSchema, b: FieldSchema): number {
  return a.name < b.name ? -1 : 1;
}

function fieldSchema(field: FieldSchema, form: OpenapiForm, description: string | undefined): Json {
  return {
    ...(description ? { description } : {}),
    ...typeSchema(field.type, form),
    ...defaultOf(field, form),
    ...(field.listType === undefined ? {} : { "x-kubernetes-list-type": field.listType }),
    ...(field.listMapKeys === undefined ? {} : { "x-kubernetes-list-map-keys": field.listMapKeys }),
    ...(field.mapType === undefined ? {} : { "x-kubernetes-map-type": field.mapType }),
    ...(field.patchMergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": field.patchMergeKey }),
    ...(field.patchStrategy === undefined ? {} : { "x-kubernetes-patch-strategy": field.patchStrategy.join(",") }),
  };
}

/** v3 tells the zero of what is always written. */
function defaultOf(field: FieldSchema, form: OpenapiForm): Json {
  if (form === "v2" || field.pointer || !field.always) return {};
  switch (field.type.type) {
    case "object":
      return { default: {} };
    case "string":
      return { default: "" };
    case "integer":
    case "double":
      return { default: 0 };
    case "boolean":
      return { default: false };
    default:
      return {};
  }
}

function typeSchema(type: SchemaType, form: OpenapiForm): Json {
  switch (type.type) {
    case "string":
    case "boolean":
      return { type: type.type };
    case "integer":
      return { type: "integer", format: `int${type.bits}` };
    case "double":
      return { type: "number", format: "double" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "object":
      return reference(type.definition, form);
    case "list":
      return { type: "array", items: element(type.items, form) };
    case "map":
      return { type: "object", additionalProperties: element(type.values, form) };
    case "any":
      return { type: "object" };
    default:
      return reference(NAMED[type.type]?.name ?? "", form);
  }
}

/** Elements of lists and maps tell their zero in v3. */
function element(type: SchemaType, form: OpenapiForm): Json {
  const schema = typeSchema(type, form);
  if (form === "v2") return schema;
  if (type.type === "object") return { ...schema, default: {} };
  return type.type === "string" ? { ...schema, default: "" } : schema;
}

/** `names` and all that they refer to, each with its schema, by name. */
export function closure(names: readonly string[], form: OpenapiForm, descriptions: Descriptions): Json {
  const schemas: Json = {};
  const pending = [...names];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (schemas[name] !== undefined) continue;
    const scalar = namedScalarSchema(name, form);
    if (scalar !== undefined) {
      schemas[name] = scalar;
      continue;
    }
    const one = definition(name);
    schemas[name] = definitionSchema(one, form, descriptions);
    pending.push(...referencesOf(one));
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}
