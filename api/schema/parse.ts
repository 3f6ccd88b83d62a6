import type { Definition, FieldSchema, GroupVersionKind, SchemaType, Union } from "./types.ts";

/**
 * Reads one definition of definitions.txt. A definition is a line `NAME MARK…` (names without their `io.k8s.`), then a
 * line ` FIELD TYPE MARK…` for each field in JSON order. Types: scalars of `scalarTypes`, `[]T` a list, `{}T` a map from
 * strings, else a definition: of the same package, or with its package when it has a dot.
 */
export function parseDefinition(text: string): Definition {
  const [head = "", ...lines] = text.split("\n");
  const [shortName = "", ...marks] = head.split(" ");
  const name = PREFIX + shortName;
  const packageName = name.slice(0, name.lastIndexOf(".") + 1);
  const kind = markValue(marks, "kind");
  return {
    name,
    fields: lines.filter((line) => line !== "").map((line) => parseField(line, packageName)),
    ...(marks.includes("mapType=atomic") ? { mapType: "atomic" as const } : {}),
    unions: marks.filter((mark) => mark.startsWith("union=")).map((mark) => parseUnion(mark.slice("union=".length))),
    ...(kind === undefined ? {} : { kind: parseKind(kind) }),
    unpublished: marks.includes("unpublished"),
    protobuf: !marks.includes("noProtobuf"),
  };
}

export const PREFIX = "io.k8s.";

const scalarTypes: ReadonlyMap<string, SchemaType> = new Map<string, SchemaType>([
  ["string", { type: "string" }],
  ["boolean", { type: "boolean" }],
  ["int32", { type: "integer", bits: 32 }],
  ["int64", { type: "integer", bits: 64 }],
  ["double", { type: "double" }],
  ["bytes", { type: "bytes" }],
  ["time", { type: "time" }],
  ["microTime", { type: "microTime" }],
  ["quantity", { type: "quantity" }],
  ["intOrString", { type: "intOrString" }],
  ["raw", { type: "raw" }],
  ["fieldsV1", { type: "fieldsV1" }],
  ["json", { type: "json" }],
  ["schemaOrArray", { type: "schemaOrArray" }],
  ["schemaOrBool", { type: "schemaOrBool" }],
  ["schemaOrStrings", { type: "schemaOrStrings" }],
  ["any", { type: "any" }],
]);

function parseType(text: string, packageName: string): SchemaType {
  if (text.startsWith("[]")) return { type: "list", items: parseType(text.slice(2), packageName) };
  if (text.startsWith("{}")) return { type: "map", values: parseType(text.slice(2), packageName) };
  const scalar = scalarTypes.get(text);
  if (scalar !== undefined) return scalar;
  return { type: "object", definition: text.includes(".") ? PREFIX + text : packageName + text };
}

function parseField(line: string, packageName: string): FieldSchema {
  const [, name = "", type = "", ...marks] = line.split(" ");
  const keys = markValue(marks, "keys");
  const patch = markValue(marks, "patch");
  const list = markValue(marks, "list");
  const map = markValue(marks, "map");
  const mergeKey = markValue(marks, "mergeKey");
  const embedded = markValue(marks, "in");
  const goType = markValue(marks, "go");
  const defaultText = markValue(marks, "default");
  const number = marks.find((mark) => mark.startsWith("#"));
  return {
    name,
    type: parseType(type, packageName),
    always: marks.includes("always"),
    pointer: marks.includes("pointer"),
    omitzero: marks.includes("omitzero"),
    required: marks.includes("required"),
    wrapped: marks.includes("wrapped"),
    ...(defaultText === undefined ? {} : { default: JSON.parse(defaultText) as unknown }),
    ...(list === undefined ? {} : { listType: list as "atomic" | "set" | "map" }),
    ...(keys === undefined ? {} : { listMapKeys: keys.split(",") }),
    ...(map === undefined ? {} : { mapType: map as "atomic" | "granular" }),
    ...(mergeKey === undefined ? {} : { patchMergeKey: mergeKey }),
    ...(patch === undefined ? {} : { patchStrategy: patch.split(",") as ("merge" | "replace" | "retainKeys")[] }),
    ...(number === undefined ? {} : { protobuf: number.slice(1).split(".").map(Number) }),
    ...(embedded === undefined ? {} : { embedded: embedded.split(".") }),
    ...(goType === undefined ? {} : { goType }),
  };
}

function markValue(marks: readonly string[], name: string): string | undefined {
  return marks.find((mark) => mark.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** `v1/Pod` or `apps/v1/Deployment`. */
export function parseKind(text: string): GroupVersionKind {
  const parts = text.split("/");
  const [group = "", version = "", kind = ""] = parts.length === 2 ? ["", ...parts] : parts;
  return { group, version, kind };
}

/** `type:localhostProfile/LocalhostProfile,…`. */
function parseUnion(text: string): Union {
  const [discriminator = "", fields = ""] = text.split(":");
  const entries = fields.split(",").map((field) => field.split("/") as [string, string]);
  return { ...(discriminator === "" ? {} : { discriminator }), fields: Object.fromEntries(entries) };
}
