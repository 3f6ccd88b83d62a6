import type { ApiObject } from "../wire.ts";
import type { Column, KindEntry, Subresource, Verb } from "./kind.ts";

/** All verbs of an ordinary stored kind, in discovery's order. */
export const ALL_VERBS: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

type Optional = "listKind" | "singular" | "shortNames" | "categories" | "verbs" | "subresources" | "columns" | "selectableFields";
type KindSpec<T extends ApiObject> = Omit<KindEntry<T>, Optional> & Partial<Pick<KindEntry<T>, Optional>>;

/** Completes an entry with what nearly all kinds share: names made from the kind, all verbs, name and creation time as columns. */
export function defineKind<T extends ApiObject>(spec: KindSpec<T>): KindEntry<T> {
  return {
    listKind: `${spec.kind}List`,
    singular: spec.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    subresources: {},
    columns: plainColumns,
    selectableFields: {},
    ...spec,
  };
}

/** `/status` as nearly all kinds have it. */
export function statusSubresource<T extends ApiObject>(kind: string, strategy: Subresource<T>["strategy"] & object): Subresource<T> {
  return { type: "status", kind, verbs: ["get", "patch", "update"], strategy };
}

/** What a kind without columns of its own shows. */
const plainColumns: readonly Column[] = [
  { name: "Name", type: "string", format: "name", priority: 0, description: "Name of the object, unique in its namespace.", cell: (object) => object.metadata.name ?? "" },
  { name: "Created At", type: "date", format: "", priority: 0, description: "When the server stored the object.", cell: (object) => object.metadata.creationTimestamp ?? null },
];
