import { compareUtf8, escapeHtml } from "../../codec/json-text.ts";
import { plainText } from "../../codec/raw.ts";
import { RawValue } from "../../status/field-error.ts";
import type { PrinterColumn } from "./columns.ts";
import type { DefinitionVersion, SchemaProps } from "./internal-spec.ts";

type Json = Readonly<Record<string, unknown>>;
type Field = readonly [go: string, json: string, form: (value: unknown) => unknown];

const orNull = (value: unknown): unknown => value ?? null;
const text = (value: unknown): unknown => value ?? "";
const flag = (value: unknown): unknown => value ?? false;
const nested = (value: unknown): unknown => (isJson(value) ? schemaForm(value) : null);
const list = (value: unknown): unknown => (Array.isArray(value) && value.length > 0 ? value.map(nested) : null);
const map = (value: unknown): unknown => (isJson(value) && Object.keys(value).length > 0 ? mapForm(value, nested) : null);
const filled = (value: unknown): unknown => (Array.isArray(value) && value.length === 0 ? null : (value ?? null));

/** Fields of the internal JSONSchemaProps in its order. */
const SCHEMA_FIELDS: readonly Field[] = [
  ["ID", "id", text],
  ["Schema", "$schema", text],
  ["Ref", "$ref", orNull],
  ["Description", "description", text],
  ["Type", "type", text],
  ["Nullable", "nullable", flag],
  ["Format", "format", text],
  ["Title", "title", text],
  ["Default", "default", orNull],
  ["Maximum", "maximum", orNull],
  ["ExclusiveMaximum", "exclusiveMaximum", flag],
  ["Minimum", "minimum", orNull],
  ["ExclusiveMinimum", "exclusiveMinimum", flag],
  ["MaxLength", "maxLength", orNull],
  ["MinLength", "minLength", orNull],
  ["Pattern", "pattern", text],
  ["MaxItems", "maxItems", orNull],
  ["MinItems", "minItems", orNull],
  ["UniqueItems", "uniqueItems", flag],
  ["MultipleOf", "multipleOf", orNull],
  ["Enum", "enum", filled],
  ["MaxProperties", "maxProperties", orNull],
  ["MinProperties", "minProperties", orNull],
  ["Required", "required", filled],
  ["Items", "items", (value) => (Array.isArray(value) ? { Schema: null, JSONSchemas: value.map(nested) } : isJson(value) ? { Schema: schemaForm(value), JSONSchemas: null } : null)],
  ["AllOf", "allOf", list],
  ["OneOf", "oneOf", list],
  ["AnyOf", "anyOf", list],
  ["Not", "not", nested],
  ["Properties", "properties", map],
  ["AdditionalProperties", "additionalProperties", schemaOrFlag],
  ["PatternProperties", "patternProperties", map],
  ["Dependencies", "dependencies", (value) => (isJson(value) ? mapForm(value, (one) => (Array.isArray(one) ? { Schema: null, Property: one } : { Schema: nested(one), Property: null })) : null)],
  ["AdditionalItems", "additionalItems", schemaOrFlag],
  ["Definitions", "definitions", map],
  ["ExternalDocs", "externalDocs", (value) => (isJson(value) ? { Description: value["description"] ?? "", URL: value["url"] ?? "" } : null)],
  ["Example", "example", orNull],
  ["XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", orNull],
  ["XEmbeddedResource", "x-kubernetes-embedded-resource", flag],
  ["XIntOrString", "x-kubernetes-int-or-string", flag],
  ["XListMapKeys", "x-kubernetes-list-map-keys", filled],
  ["XListType", "x-kubernetes-list-type", orNull],
  ["XMapType", "x-kubernetes-map-type", orNull],
  ["XValidations", "x-kubernetes-validations", (value) => (Array.isArray(value) && value.length > 0 ? value.map(ruleForm) : null)],
];

/** The versions as Kubernetes prints its internal type of them in a message; null where there are none. */
export function internalVersionsText(versions: readonly DefinitionVersion[] | undefined): RawValue {
  return internalText(versions?.map(versionForm) ?? null);
}

/** A schema as Kubernetes prints its internal type of it. */
export function internalSchemaText(schema: SchemaProps): RawValue {
  return internalText(schemaForm(schema));
}

function internalText(form: unknown): RawValue {
  return new RawValue(escapeHtml(plainText(form)));
}

function versionForm(version: DefinitionVersion): unknown {
  const { schema, subresources, additionalPrinterColumns: columns, selectableFields: fields } = version;
  return {
    Name: version.name ?? "",
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: schema === undefined ? null : { OpenAPIV3Schema: nested(schema.openAPIV3Schema) },
    Subresources: subresources === undefined ? null : { Status: subresources.status === undefined ? null : {}, Scale: scaleForm(subresources.scale) },
    AdditionalPrinterColumns: columns?.length ? columns.map(columnForm) : null,
    SelectableFields: fields?.length ? fields.map((field) => ({ JSONPath: field.jsonPath ?? "" })) : null,
  };
}

function scaleForm(scale: { readonly specReplicasPath?: string; readonly statusReplicasPath?: string; readonly labelSelectorPath?: string } | undefined): unknown {
  return scale === undefined ? null : { SpecReplicasPath: scale.specReplicasPath ?? "", StatusReplicasPath: scale.statusReplicasPath ?? "", LabelSelectorPath: scale.labelSelectorPath ?? null };
}

function columnForm(column: PrinterColumn): unknown {
  return { Name: column.name ?? "", Type: column.type ?? "", Format: column.format ?? "", Description: column.description ?? "", Priority: column.priority ?? 0, JSONPath: column.jsonPath ?? "" };
}

function ruleForm(rule: Json): unknown {
  return { Rule: rule["rule"] ?? "", Message: rule["message"] ?? "", MessageExpression: rule["messageExpression"] ?? "", Reason: rule["reason"] ?? null, FieldPath: rule["fieldPath"] ?? "", OptionalOldSelf: rule["optionalOldSelf"] ?? null };
}

function schemaForm(schema: Json): unknown {
  return Object.fromEntries(SCHEMA_FIELDS.map(([go, json, form]) => [go, form(schema[json])]));
}

function schemaOrFlag(value: unknown): unknown {
  if (typeof value === "boolean") return { Allows: value, Schema: null };
  return isJson(value) ? { Allows: true, Schema: schemaForm(value) } : null;
}

function mapForm(value: Json, form: (one: unknown) => unknown): unknown {
  return Object.fromEntries(Object.keys(value).sort(compareUtf8).map((key) => [key, form(value[key])]));
}

function isJson(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
