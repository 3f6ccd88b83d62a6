import { encodeFree } from "../codec/json-encode.ts";
import { type FieldError, forbidden, invalid, notSupportedInOrder, RawValue, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";
import { isSchema } from "./structural.ts";

type Errors = FieldError[];

/** What a place in the schema hands down to those below it. */
export interface Surroundings {
  /** Inside apiVersion, kind or metadata of an object. */
  readonly insideMeta: boolean;
  /** Defaults may not stand here: why. */
  readonly noDefaults: string | undefined;
}

const types = ["array", "boolean", "integer", "number", "object", "string"];
const metaFields: ReadonlySet<string> = new Set(["metadata", "kind", "apiVersion"]);

/** Rules of one schema node alone. */
export function checkStandard(props: JsonSchemaProps, { insideMeta, noDefaults }: Surroundings, path: FieldPath, errors: Errors): void {
  if (props.type && !types.includes(props.type)) errors.push(notSupportedInOrder(path.child("type"), props.type, types));
  if (props.default !== undefined && noDefaults !== undefined) errors.push(forbidden(path.child("default"), `must not be set ${noDefaults}`));
  for (const field of ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] as const) {
    const value = props[field];
    const isSet = field === "patternProperties" || field === "definitions" ? Object.keys(value ?? {}).length > 0 : value !== undefined && value !== "";
    if (isSet) errors.push(forbidden(path.child(field), `${field} is not supported`));
  }
  if (props.type === "null") errors.push(forbidden(path.child("type"), "type cannot be set to null, use nullable as an alternative"));
  if (Array.isArray(props.items) && props.items.length > 0) errors.push(forbidden(path.child("items"), "items must be a schema object and not an array"));
  if (insideMeta && props["x-kubernetes-embedded-resource"]) errors.push(forbidden(path.child("x-kubernetes-embedded-resource"), "must not be used inside of resource meta"));
  if (props.uniqueItems) errors.push(forbidden(path.child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
  const { additionalProperties, properties = {} } = props;
  if (additionalProperties !== undefined && additionalProperties !== true && Object.keys(properties).length > 0) {
    errors.push(forbidden(path.child("additionalProperties"), "additionalProperties and properties are mutual exclusive"));
  }
}

/** What holds at the root, and what the places below inherit. */
export const atRoot: Surroundings = { insideMeta: false, noDefaults: undefined };

/** The surroundings of a property. */
export function ofProperty(here: Surroundings, props: JsonSchemaProps, name: string, isRoot: boolean): Surroundings {
  if (!metaFields.has(name) || !(isRoot || props["x-kubernetes-embedded-resource"])) return here;
  return { insideMeta: true, noDefaults: isRoot ? `in top-level ${name}` : here.noDefaults };
}

/** The surroundings of additionalProperties. */
export function ofOtherProperties(here: Surroundings): Surroundings {
  return here.insideMeta ? { ...here, noDefaults: "inside additionalProperties applying to object metadata" } : here;
}

/** x-kubernetes-preserve-unknown-fields, -list-type, -list-map-keys and -map-type. */
export function checkExtensionRules(props: JsonSchemaProps, path: FieldPath, errors: Errors): void {
  const preserve = props["x-kubernetes-preserve-unknown-fields"];
  if (preserve === false) errors.push(invalid(path.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"));
  const { "x-kubernetes-map-type": mapType, "x-kubernetes-list-type": listType } = props;
  if (mapType !== undefined) {
    checkTypeIs(props, "object", "x-kubernetes-map-type", path, errors);
    if (mapType !== "atomic" && mapType !== "granular") errors.push(notSupportedInOrder(path.child("x-kubernetes-map-type"), mapType, ["atomic", "granular"]));
  }
  if (listType !== undefined) {
    checkTypeIs(props, "array", "x-kubernetes-list-type", path, errors);
    if (listType !== "atomic" && listType !== "set" && listType !== "map") {
      errors.push(notSupportedInOrder(path.child("x-kubernetes-list-type"), listType, ["atomic", "set", "map"]));
    }
  }
  if ((props["x-kubernetes-list-map-keys"] ?? []).length > 0 && listType !== "map") {
    const text = "must be map if x-kubernetes-list-map-keys is non-empty";
    errors.push(listType === undefined ? required(path.child("x-kubernetes-list-type"), text) : invalid(path.child("x-kubernetes-list-type"), listType, text));
  }
  if (listType === "map") checkMapList(props, path, errors);
  if (listType === "map" || listType === "set") checkKeyedItems(props, listType, path, errors);
  if (listType === "set") checkSetItems(props, path, errors);
}

function checkTypeIs({ type = "" }: JsonSchemaProps, expected: string, extension: string, path: FieldPath, errors: Errors): void {
  if (type === expected) return;
  const text = `must be ${expected} if ${extension} is specified`;
  errors.push(type === "" ? required(path.child("type"), text) : invalid(path.child("type"), type, text));
}

function checkMapList(props: JsonSchemaProps, path: FieldPath, errors: Errors): void {
  const { items } = props;
  const keys = props["x-kubernetes-list-map-keys"] ?? [];
  const keysPath = path.child("x-kubernetes-list-map-keys");
  if (keys.length === 0) errors.push(required(keysPath, "must not be empty if x-kubernetes-list-type is map"));
  if (items === undefined) errors.push(required(path.child("items"), "must have a schema if x-kubernetes-list-type is map"));
  else if (!isSchema(items)) errors.push(invalid(path.child("items"), new RawValue(encodeFree(items)), "must only have a single schema if x-kubernetes-list-type is map"));
  else if (items.type !== "object") errors.push(invalid(path.child("items", "type"), items.type ?? "", "must be object if parent array's x-kubernetes-list-type is map"));
  else {
    const seen = new Set<string>();
    for (const key of keys) {
      const own = items.properties !== undefined && Object.hasOwn(items.properties, key) ? items.properties[key] : undefined;
      if (own === undefined) errors.push(invalid(keysPath, keys, "entries must all be names of item properties"));
      else if (own.type === "array" || own.type === "object") {
        errors.push(invalid(path.child("items", "properties").key(key).child("type"), items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
      }
      if (seen.has(key)) errors.push(invalid(keysPath, keys, "must not contain duplicate entries"));
      seen.add(key);
    }
  }
}

/** Items of sets and maps are never null; keys of maps are always there. */
function checkKeyedItems(props: JsonSchemaProps, listType: string, path: FieldPath, errors: Errors): void {
  const { items } = props;
  if (!isSchema(items)) return;
  if (items.nullable) errors.push(forbidden(path.child("items", "nullable"), `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  if (listType !== "map") return;
  for (const key of props["x-kubernetes-list-map-keys"] ?? []) {
    const own = items.properties !== undefined && Object.hasOwn(items.properties, key) ? items.properties[key] : undefined;
    if (own === undefined) continue;
    const at = path.child("items", "properties").key(key);
    if (!items.required?.includes(key) && own.default === undefined) {
      errors.push(required(at.child("default"), "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"));
    }
    if (own.nullable) errors.push(forbidden(at.child("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"));
  }
}

/** Items of a set are compared as wholes: they must be atomic. */
function checkSetItems({ items }: JsonSchemaProps, path: FieldPath, errors: Errors): void {
  if (!isSchema(items)) return;
  const text = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const { "x-kubernetes-map-type": mapType, "x-kubernetes-list-type": listType } = items;
  // Kubernetes shows the list type there.
  if (items.type === "object" && mapType !== "atomic") errors.push(invalid(path.child("items", "x-kubernetes-map-type"), listType ?? null, text));
  if (items.type === "array" && listType !== undefined && listType !== "atomic") errors.push(invalid(path.child("items", "x-kubernetes-list-type"), listType, text));
}
