import type { FieldSchema, SchemaType } from "../schema/types.ts";

/** Go's name of a definition's type: `v1.Container`. */
export function goStructType(definitionName: string): string {
  const parts = definitionName.split(".");
  return parts.slice(-2).join(".");
}

/** The Go struct's bare name: `Container`. */
export function goStructName(definitionName: string): string {
  return definitionName.slice(definitionName.lastIndexOf(".") + 1);
}

/** The Go type that a decoding error names for a value of this type. */
export function goTypeName(type: SchemaType): string {
  switch (type.type) {
    case "string":
    case "time":
    case "microTime":
      return "string";
    case "boolean":
      return "bool";
    case "integer":
      return `int${type.bits}`;
    case "intOrString":
      return "int32";
    case "double":
      return "float64";
    case "bytes":
      return "[]uint8";
    case "object":
      return goStructType(type.definition);
    case "list":
      return `[]${goElementName(type.items)}`;
    case "map":
      return `map[string]${goElementName(type.values)}`;
    default:
      return goElementName(type);
  }
}

/** The same where it stands inside a list or map: there the wrappers have their own names. */
function goElementName(type: SchemaType): string {
  switch (type.type) {
    case "quantity":
      return "resource.Quantity";
    case "time":
      return "v1.Time";
    case "microTime":
      return "v1.MicroTime";
    case "intOrString":
      return "intstr.IntOrString";
    case "raw":
      return "runtime.RawExtension";
    case "fieldsV1":
      return "v1.FieldsV1";
    case "json":
      return "v1.JSON";
    case "schemaOrArray":
      return "v1.JSONSchemaPropsOrArray";
    case "schemaOrBool":
      return "v1.JSONSchemaPropsOrBool";
    case "schemaOrStrings":
      return "v1.JSONSchemaPropsOrStringArray";
    case "any":
      return "interface {}";
    default:
      return goTypeName(type);
  }
}

/** The type of a field, by its own Go name where it has one. `element`: of an item of the list that the field is. */
export function goFieldType(field: FieldSchema, element = false): string {
  if (field.goType === undefined) return goTypeName(element && field.type.type === "list" ? field.type.items : field.type);
  return element ? field.goType.replace(/^\[\]/, "") : field.goType;
}
