import { zeroOfField } from "../codec/zero.ts";
import { definition as definitionOf, fieldOf } from "../schema/schema.ts";
import type { FieldSchema, SchemaType } from "../schema/types.ts";

/** How values of a type are merged and owned, after structured-merge-diff's schema. */
export type MergeType = ScalarType | ListType | MapType | UntypedType;

export interface ScalarType {
  readonly type: "scalar";
  readonly scalar: "string" | "numeric" | "boolean" | "untyped";
}

export interface ListType {
  readonly type: "list";
  readonly relation: "atomic" | "set" | "map";
  /** Of a `map`: the fields whose values name an item. */
  readonly keys: readonly string[];
  items(): MergeType;
}

export interface MapType {
  readonly type: "map";
  readonly relation: "atomic" | "separable";
  /** A declared field; undefined for any other name. */
  field(name: string): MergeType | undefined;
  /** What a declared field stands for when it is absent, where it is a list's key. */
  keyDefault(name: string): unknown;
  /** Of names that are not declared; undefined: there are none. */
  values(): MergeType | undefined;
  /** Of a struct: how its normalised form differs from the wire. */
  readonly wire?: WireForm;
}

/** Values are compared as the wire shows them, but need not have been there. */
export interface WireForm {
  /** Fields that are null on the wire when they are absent. */
  readonly nulls: ReadonlySet<string>;
  /** Fields that the wire leaves out when they hold an empty list or map. */
  readonly omitted: ReadonlySet<string>;
}

/** Free-form: merged by what the values look like, or as one value. */
export interface UntypedType {
  readonly type: "untyped";
  readonly relation: "atomic" | "deduced";
}

export const STRING: ScalarType = { type: "scalar", scalar: "string" };
export const NUMERIC: ScalarType = { type: "scalar", scalar: "numeric" };
export const BOOLEAN: ScalarType = { type: "scalar", scalar: "boolean" };
export const ANY_SCALAR: ScalarType = { type: "scalar", scalar: "untyped" };
export const ATOMIC: UntypedType = { type: "untyped", relation: "atomic" };
export const DEDUCED: UntypedType = { type: "untyped", relation: "deduced" };
const ATOMIC_LIST: ListType = { type: "list", relation: "atomic", keys: [], items: () => ATOMIC };
const ATOMIC_MAP: MapType = { type: "map", relation: "atomic", field: () => undefined, keyDefault: () => undefined, values: () => ATOMIC };
const DEDUCED_MAP: MapType = { ...ATOMIC_MAP, relation: "separable", values: () => DEDUCED };

/** The type as far as this value decides it: free-form ones become what the value looks like. */
export function typeFor(type: MergeType, value: unknown): Exclude<MergeType, UntypedType> {
  if (type.type !== "untyped") return type;
  if (Array.isArray(value)) return ATOMIC_LIST;
  if (value !== undefined && value !== null && typeof value !== "object") return ANY_SCALAR;
  return type.relation === "atomic" ? ATOMIC_MAP : DEDUCED_MAP;
}

const types = new Map<string, MergeType>();

/** The type of a built-in definition. */
export function mergeTypeOf(definitionName: string): MergeType {
  let type = types.get(definitionName);
  if (type === undefined) {
    type = structType(definitionName);
    types.set(definitionName, type);
  }
  return type;
}

function structType(definitionName: string): MergeType {
  const owner = definitionOf(definitionName);
  const fields = new Map<string, MergeType>();
  return {
    type: "map",
    relation: owner.mapType ?? "separable",
    field(name) {
      const known = fields.get(name);
      if (known !== undefined) return known;
      const schema = fieldOf(owner, name);
      if (schema === undefined) return undefined;
      const type = fieldType(schema);
      fields.set(name, type);
      return type;
    },
    keyDefault: (name) => keyDefault(fieldOf(owner, name)),
    values: () => undefined,
    wire: wireForm(owner.fields),
  };
}

/** What is always written has a value also where nothing is said: Kubernetes' schema gives it its zero value as default. */
function keyDefault(field: FieldSchema | undefined): unknown {
  return field === undefined ? undefined : (field.default ?? zeroOfField(field));
}

function wireForm(fields: readonly FieldSchema[]): WireForm {
  const isContainer = ({ type }: FieldSchema): boolean => type.type === "list" || type.type === "map";
  const names = (wanted: readonly FieldSchema[]): Set<string> => new Set(wanted.map(({ name }) => name));
  return {
    nulls: names(fields.filter((field) => field.always && zeroOfField(field) === undefined)),
    omitted: names(fields.filter((field) => !field.always && !field.pointer && isContainer(field))),
  };
}

function fieldType(field: FieldSchema): MergeType {
  const { type } = field;
  if (type.type === "list") return { type: "list", ...listRelation(field), items: () => valueType(type.items) };
  if (type.type === "map") return mapType(type.values, field.mapType === "atomic");
  const own = valueType(type);
  return field.mapType !== undefined && own.type === "map" ? { ...own, relation: field.mapType === "atomic" ? "atomic" : "separable" } : own;
}

/** The list type, or what the merge keys of strategic merge tell. */
function listRelation(field: FieldSchema): Pick<ListType, "relation" | "keys"> {
  if (field.listType === "map") return { relation: "map", keys: field.listMapKeys ?? [] };
  if (field.listType !== undefined) return { relation: field.listType, keys: [] };
  if (!field.patchStrategy?.includes("merge")) return { relation: "atomic", keys: [] };
  return field.patchMergeKey === undefined ? { relation: "set", keys: [] } : { relation: "map", keys: [field.patchMergeKey] };
}

function mapType(values: SchemaType, atomic: boolean): MapType {
  return { type: "map", relation: atomic ? "atomic" : "separable", field: () => undefined, keyDefault: () => undefined, values: () => valueType(values) };
}

function valueType(type: SchemaType): MergeType {
  switch (type.type) {
    case "string":
    case "bytes":
      return STRING;
    case "boolean":
      return BOOLEAN;
    case "integer":
    case "double":
      return NUMERIC;
    case "time":
    case "microTime":
    case "quantity":
    case "intOrString":
      return ANY_SCALAR;
    case "object":
      return mergeTypeOf(type.definition);
    case "list":
      return { type: "list", relation: "atomic", keys: [], items: () => valueType(type.items) };
    case "map":
      return mapType(type.values, false);
    default:
      return ATOMIC;
  }
}
