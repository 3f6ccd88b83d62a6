import { isMap } from "../patch/json-value.ts";
import type { JsonSchemaProps } from "../structural/json-schema-props.ts";
import type { OpenapiForm } from "./schemas.ts";

type Json = Record<string, unknown>;

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const API_VERSION_TEXT = "The version of the form that this object has: group and version of its kind.";
const KIND_TEXT = "What this object is: the name of a REST resource, in CamelCase.";
const METADATA_TEXT = "Name, namespace, labels and what else all objects have.";

/** The schema of a custom resource as the documents have it: with what every object has, whatever its definition says. */
export function customSchema(props: JsonSchemaProps, form: OpenapiForm): Json {
  // Properties beside others that nobody knows would make clients refuse those.
  if (form === "v2" && props["x-kubernetes-preserve-unknown-fields"] === true) return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = project(props, form);
  return { ...schema, properties: withResource(isMap(schema["properties"]) ? schema["properties"] : {}, form) };
}

function withResource(properties: Json, form: OpenapiForm): Json {
  const $ref = `${form === "v2" ? "#/definitions/" : "#/components/schemas/"}${OBJECT_META}`;
  const described = (name: string, text: string) => ({ type: "string", description: isMap(properties[name]) && typeof properties[name]["description"] === "string" ? properties[name]["description"] : text });
  return { ...properties, apiVersion: described("apiVersion", API_VERSION_TEXT), kind: described("kind", KIND_TEXT), metadata: form === "v2" ? { description: METADATA_TEXT, $ref } : { description: METADATA_TEXT, allOf: [{ $ref }] } };
}

function project(props: JsonSchemaProps, form: OpenapiForm): Json {
  const { items, properties, additionalProperties, ...rest } = props;
  const schema: Json = form === "v2" ? { ...forSwagger(props) } : { ...rest };
  const isFree = form === "v2" && (props.nullable === true || props["x-kubernetes-preserve-unknown-fields"] === true);
  if (isFree) return schema;
  if (isMap(items)) schema["items"] = project(items as JsonSchemaProps, form);
  if (properties !== undefined) schema["properties"] = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, project(child, form)]));
  if (isMap(additionalProperties)) schema["additionalProperties"] = project(additionalProperties as JsonSchemaProps, form);
  else if (additionalProperties !== undefined) schema["additionalProperties"] = additionalProperties;
  if (props["x-kubernetes-embedded-resource"] === true) schema["properties"] = withResource(isMap(schema["properties"]) ? schema["properties"] : {}, form);
  for (const junctor of ["allOf", "anyOf", "oneOf"] as const) if (form === "v3" && props[junctor] !== undefined) schema[junctor] = props[junctor].map((one) => project(one, form));
  if (form === "v3" && props["x-kubernetes-int-or-string"] === true && props.anyOf === undefined) schema["anyOf"] = [{ type: "integer" }, { type: "string" }];
  return schema;
}

/** What Swagger 2 has no words for is left out; what may be null, or of several types, is of any. kubectl reads no list without items. */
function forSwagger(props: JsonSchemaProps): Json {
  const { nullable, allOf: _allOf, anyOf: _anyOf, oneOf: _oneOf, not: _not, items, properties, additionalProperties, required, type, ...schema } = props;
  const isFree = props["x-kubernetes-preserve-unknown-fields"] === true || props["x-kubernetes-int-or-string"] === true || nullable === true;
  const typed: Json = type === undefined || isFree || (type === "array" && items === undefined) ? schema : { ...schema, type };
  const isNullable = isMap(additionalProperties) && (additionalProperties as JsonSchemaProps).nullable === true;
  const needed = isNullable ? [] : (required ?? []).filter((name) => properties?.[name]?.nullable !== true);
  return needed.length === 0 ? typed : { ...typed, required: needed };
}
