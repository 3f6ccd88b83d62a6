import { isMap, memberOf } from "../patch/json-value.ts";
import { ANY_SCALAR, ATOMIC, BOOLEAN, DEDUCED, type ListType, type MapType, type MergeType, mergeTypeOf, NUMERIC, STRING } from "./merge-type.ts";

/** The parts of a structural schema (of a custom resource's version) that say how values are merged. */
export interface StructuralSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly default?: unknown;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
}

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The type of a custom resource: its schema, and what every object has. `schema` undefined: anything goes. */
export function customMergeType(schema: StructuralSchema | undefined): MergeType {
  return objectType(schema ?? { "x-kubernetes-preserve-unknown-fields": true }, true);
}

function valueType(schema: StructuralSchema): MergeType {
  if (schema["x-kubernetes-int-or-string"] === true) return ANY_SCALAR;
  switch (schema.type) {
    case "object":
      return objectType(schema, schema["x-kubernetes-embedded-resource"] === true);
    case "array":
      return listType(schema);
    case "string":
      return STRING;
    case "integer":
    case "number":
      return NUMERIC;
    case "boolean":
      return BOOLEAN;
    default:
      return schema["x-kubernetes-preserve-unknown-fields"] === true ? DEDUCED : ATOMIC;
  }
}

/** `isResource`: it has apiVersion, kind and metadata whatever the schema says. */
function objectType(schema: StructuralSchema, isResource: boolean): MapType {
  const properties = schema.properties ?? {};
  const fields = new Map<string, MergeType>();
  const others = otherFields(schema);
  return {
    type: "map",
    relation: schema["x-kubernetes-map-type"] === "atomic" ? "atomic" : "separable",
    field(name) {
      if (isResource && name === "metadata") return mergeTypeOf(OBJECT_META);
      if (isResource && (name === "apiVersion" || name === "kind")) return STRING;
      const own = memberOf(properties, name) as StructuralSchema | undefined;
      if (own === undefined) return undefined;
      let type = fields.get(name);
      if (type === undefined) {
        type = valueType(own);
        fields.set(name, type);
      }
      return type;
    },
    keyDefault: (name) => (memberOf(properties, name) as StructuralSchema | undefined)?.default,
    values: () => others,
  };
}

function otherFields(schema: StructuralSchema): MergeType | undefined {
  const { additionalProperties } = schema;
  if (isMap(additionalProperties)) return valueType(additionalProperties as StructuralSchema);
  if (additionalProperties === true || schema["x-kubernetes-preserve-unknown-fields"] === true) return DEDUCED;
  const isFreeForm = additionalProperties === undefined && Object.keys(schema.properties ?? {}).length === 0;
  return isFreeForm ? DEDUCED : undefined;
}

function listType(schema: StructuralSchema): ListType {
  const relation = schema["x-kubernetes-list-type"];
  const items = schema.items === undefined ? ATOMIC : valueType(schema.items);
  return {
    type: "list",
    relation: relation === "map" || relation === "set" ? relation : "atomic",
    keys: schema["x-kubernetes-list-map-keys"] ?? [],
    items: () => items,
  };
}
