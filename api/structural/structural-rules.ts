import { PatternError, UserPattern } from "../../lib/user-pattern.ts";
import { compareUtf8 } from "../codec/json-text.ts";
import { type FieldError, fieldErrorText, forbidden, invalid, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { isSchema } from "./structural.ts";

type Level = "root" | "item" | "field";
type Errors = FieldError[];

const emptyType: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

/** What makes a schema structural (KEP-1094): types everywhere, logic (allOf …) that only restricts what is declared. Parts that OpenAPI rules refuse are not looked into. */
export function validateStructural(props: JsonSchemaProps, path: FieldPath): Errors {
  const errors: Errors = [];
  checkNode(props, "root", path, errors);
  checkComplete(props, props, path, path, errors);
  return errors.map((error) => ({ error, text: fieldErrorText(error) })).sort((a, b) => compareUtf8(a.text, b.text)).map(({ error }) => error);
}

function checkNode(props: JsonSchemaProps, level: Level, path: FieldPath, errors: Errors): void {
  const { type = "", items, additionalProperties } = props;
  if (type === "array" && items === undefined) errors.push(required(path.child("items"), "must be specified"));
  if (isSchema(items)) checkNode(items, "item", path.child("items"), errors);
  for (const [name, child] of propertiesOf(props)) checkNode(child, "field", path.child("properties").key(name), errors);
  if (additionalProperties !== undefined && level === "root") errors.push(forbidden(path.child("additionalProperties"), "must not be used at the root"));
  if (isSchema(additionalProperties)) checkNode(additionalProperties, "field", path.child("additionalProperties"), errors);
  checkExtensions(props, path, errors);
  checkLogic(props, isIntOrStringAnyOf(props), isIntOrStringAllOf(props), path, errors);
  checkNodeType(props, level, path, errors);
  checkResourceFields(props, level, path, errors);
}

function propertiesOf({ properties = {} }: JsonSchemaProps): readonly (readonly [string, JsonSchemaProps])[] {
  return Object.keys(properties)
    .sort()
    .map((name) => [name, properties[name] as JsonSchemaProps]);
}

function checkExtensions(props: JsonSchemaProps, path: FieldPath, errors: Errors): void {
  if (!props["x-kubernetes-int-or-string"]) return;
  for (const field of ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] as const) {
    if (props[field]) errors.push(invalid(path.child(field), true, "must be false if x-kubernetes-int-or-string is true"));
  }
}

function checkNodeType(props: JsonSchemaProps, level: Level, path: FieldPath, errors: Errors): void {
  const { type = "" } = props;
  const isResource = props["x-kubernetes-embedded-resource"] === true;
  if (isResource && type !== "object") {
    const text = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === "" ? required(path.child("type"), text) : invalid(path.child("type"), type, text));
  } else if (type === "" && !props["x-kubernetes-int-or-string"] && !props["x-kubernetes-preserve-unknown-fields"]) errors.push(required(path.child("type"), emptyType[level]));
  if (isResource && props.additionalProperties !== undefined) errors.push(forbidden(path.child("additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set"));
  if (level === "root" && type !== "" && type !== "object") errors.push(invalid(path.child("type"), type, "must be object at the root"));
}

/** apiVersion, kind and metadata of the object and of embedded ones: they are implied, and may hardly be restricted. */
function checkResourceFields(props: JsonSchemaProps, level: Level, path: FieldPath, errors: Errors): void {
  const isResource = level === "root" || props["x-kubernetes-embedded-resource"] === true;
  const { properties = {} } = props;
  for (const field of ["kind", "apiVersion"]) {
    if (!isResource || !Object.hasOwn(properties, field)) continue;
    const type = properties[field]?.type ?? "";
    if (type !== "string") errors.push(invalid(path.child("properties").key(field).child("type"), type, "must be string"));
  }
  if (Object.hasOwn(properties, "metadata")) checkMetadata(properties.metadata as JsonSchemaProps, isResource, level, path.child("properties").key("metadata"), errors);
  if (props["x-kubernetes-embedded-resource"] && !props["x-kubernetes-preserve-unknown-fields"] && Object.keys(properties).length === 0) {
    errors.push(required(path.child("properties"), "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"));
  }
}

function checkMetadata(metadata: JsonSchemaProps, isResource: boolean, level: Level, path: FieldPath, errors: Errors): void {
  if (isResource && metadata.type !== "object") errors.push(invalid(path.child("type"), metadata.type ?? "", "must be object"));
  if (level !== "root") return;
  const { type: _type, default: _default, properties = {}, ...rest } = metadata;
  const names = Object.keys(properties);
  const isPlain = names.every((name) => name === "name" || name === "generateName");
  const others = Object.entries(rest).filter(([, value]) => value !== undefined && value !== false && value !== "" && !(Array.isArray(value) && value.length === 0));
  if (!isPlain || others.length > 0) errors.push(forbidden(path, "must not specify anything other than name and generateName, but metadata is implicitly specified"));
}

/** `anyOf: [{type: integer}, {type: string}]` beside x-kubernetes-int-or-string. */
function isIntOrStringAnyOf(props: JsonSchemaProps): boolean {
  return props["x-kubernetes-int-or-string"] === true && isIntOrStringPair(props.anyOf);
}

/** The same as first of allOf. */
function isIntOrStringAllOf(props: JsonSchemaProps): boolean {
  return props["x-kubernetes-int-or-string"] === true && isIntOrStringPair(props.allOf?.[0]?.anyOf);
}

function isIntOrStringPair(schemas: readonly JsonSchemaProps[] | undefined): boolean {
  const isOnlyType = (schema: JsonSchemaProps | undefined, type: string) => schema?.type === type && Object.keys(schema).length === 1;
  return schemas?.length === 2 && isOnlyType(schemas[0], "integer") && isOnlyType(schemas[1], "string");
}

function checkLogic(props: JsonSchemaProps, skipAnyOf: boolean, skipFirstAllOf: boolean, path: FieldPath, errors: Errors): void {
  if (!skipAnyOf) {
    props.anyOf?.forEach((schema, i) => {
      checkNested(schema, false, path.child("anyOf").index(i), errors);
    });
  }
  props.allOf?.forEach((schema, i) => {
    checkNested(schema, skipFirstAllOf && i === 0, path.child("allOf").index(i), errors);
  });
  props.oneOf?.forEach((schema, i) => {
    checkNested(schema, false, path.child("oneOf").index(i), errors);
  });
  if (props.not !== undefined) checkNested(props.not, false, path.child("not"), errors);
  if (!props.pattern) return;
  try {
    UserPattern.compile(props.pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    errors.push(invalid(path.child("pattern"), props.pattern, `must be a valid regular expression, but isn't: ${error.message}`));
  }
}

/** Fields that say what a value is, not how it is restricted: they may not stand below a junctor. */
const forbiddenNested: readonly (readonly [keyof JsonSchemaProps, string])[] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function checkNested(props: JsonSchemaProps, skipAnyOf: boolean, path: FieldPath, errors: Errors): void {
  checkLogic(props, skipAnyOf, false, path, errors);
  if (isSchema(props.items)) checkNested(props.items, false, path.child("items"), errors);
  for (const [name, child] of propertiesOf(props)) checkNested(child, false, path.child("properties").key(name), errors);
  for (const [field, text] of forbiddenNested) {
    const value = props[field];
    const isSet = value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0) && (value !== false || field === "additionalProperties" || field === "default");
    if (isSet) errors.push(forbidden(path.child(field), text));
  }
  if (props.properties !== undefined && Object.hasOwn(props.properties, "metadata")) {
    errors.push(forbidden(path.child("properties").key("metadata"), "must not be specified in a nested context"));
  }
}

/** What the junctors of the root restrict must be declared outside of them. (Kubernetes does not look at those of other places.) */
function checkComplete(logic: JsonSchemaProps, node: JsonSchemaProps | undefined, nodePath: FieldPath, path: FieldPath, errors: Errors): void {
  if (logic.not !== undefined) checkNestedComplete(logic.not, node, nodePath, path.child("not"), errors);
  for (const junctor of ["allOf", "anyOf", "oneOf"] as const) {
    logic[junctor]?.forEach((schema, i) => {
      checkNestedComplete(schema, node, nodePath, path.child(junctor).index(i), errors);
    });
  }
}

function checkNestedComplete(logic: JsonSchemaProps, node: JsonSchemaProps | undefined, nodePath: FieldPath, path: FieldPath, errors: Errors): void {
  if (node === undefined) {
    errors.push(required(nodePath, `because it is defined in ${path}`));
    return;
  }
  for (const junctor of ["not", "allOf", "anyOf", "oneOf"] as const) {
    const below = logic[junctor];
    if (isSchema(below)) checkNestedComplete(below, node, nodePath, path.child(junctor), errors);
    else {
      (below as readonly JsonSchemaProps[] | undefined)?.forEach((schema, i) => {
        checkNestedComplete(schema, node, nodePath, path.child(junctor).index(i), errors);
      });
    }
  }
  if (isSchema(logic.items)) checkNestedComplete(logic.items, isSchema(node.items) ? node.items : undefined, nodePath.child("items"), path.child("items"), errors);
  const others = isSchema(node.additionalProperties) ? node.additionalProperties : undefined;
  for (const [name, child] of propertiesOf(logic)) {
    const own = node.properties !== undefined && Object.hasOwn(node.properties, name) ? node.properties[name] : undefined;
    const at = path.child("properties").key(name);
    if (own === undefined && others !== undefined) checkNestedComplete(child, others, nodePath.child("additionalProperties"), at, errors);
    else checkNestedComplete(child, own, nodePath.child("properties").key(name), at, errors);
  }
}
