import { definition as definitionOf, fieldOf } from "../../schema/schema.ts";
import type { FieldSchema, SchemaType } from "../../schema/types.ts";
import { merging } from "./errors.ts";

/** What a patch needs to know of a place: the type there, undefined below free-form values. */
export type PatchSchema = SchemaType | undefined;

export interface FieldMeta {
  /** Of the field's value for maps, of an item for lists. */
  readonly schema: PatchSchema;
  readonly mergeKey: string;
  readonly strategy: "merge" | "replace" | "";
  readonly retainKeys: boolean;
}

/** A field that holds an object. @throws StatusError when there is no such field */
export function objectField(schema: PatchSchema, name: string): FieldMeta {
  const field = requireField(schema, name);
  return { ...strategyOf(field), schema: field.type };
}

/** A field that holds a list; the schema is an item's. @throws StatusError when there is no such field or it is no list */
export function listField(schema: PatchSchema, name: string): FieldMeta {
  const field = requireField(schema, name);
  const { type } = field;
  if (type.type === "list") return { ...strategyOf(field), schema: type.items };
  if (type.type === "bytes") return { ...strategyOf(field), schema: undefined };
  throw merging(`unexpected type of the field ${JSON.stringify(name)}: it is no list`);
}

function requireField(schema: PatchSchema, name: string): FieldSchema {
  if (schema?.type !== "object") throw merging(`merging an object in json but data type is not struct, instead is: ${schema?.type === "map" ? "map" : (schema?.type ?? "interface")}`);
  const owner = definitionOf(schema.definition);
  const field = fieldOf(owner, name);
  if (field !== undefined) return field;
  throw merging(`unable to find api field in struct ${schema.definition.slice(schema.definition.lastIndexOf(".") + 1)} for the json field ${JSON.stringify(name)}`);
}

function strategyOf(field: FieldSchema): Omit<FieldMeta, "schema"> {
  const strategies = field.patchStrategy ?? [];
  const strategy = strategies.find((one) => one !== "retainKeys") as "merge" | "replace" | undefined;
  return { mergeKey: field.patchMergeKey ?? "", strategy: strategy ?? "", retainKeys: strategies.includes("retainKeys") };
}
