import type { KindEntry } from "../kinds/kind.ts";
import { definitionOfKind } from "../schema/schema.ts";
import type { JsonSchemaProps } from "../structural/json-schema-props.ts";
import { customSchema } from "./custom-schema.ts";
import { INFO, pathItem } from "./documents.ts";
import { type NameOf, type Operation, type PathEntry, pathsOf } from "./paths.ts";
import type { OpenapiForm } from "./schemas.ts";

type Json = Record<string, unknown>;

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** One version of a custom resource and its schema. */
export interface CustomDocumented {
  readonly entry: KindEntry;
  readonly schema: JsonSchemaProps;
}

/** Name of a custom kind in the documents: `com.example.stable.v1.CronTab` for CronTab of `stable.example.com/v1`. */
export function customName(group: string, version: string, kind: string): string {
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** What custom resources add to the one v2 document. */
export function customSwagger(customs: readonly CustomDocumented[]): { paths: Json; definitions: Json } {
  return { paths: pathsFor(customs, "v2"), definitions: schemasFor(customs, "v2") };
}

/**
 * The v3 document of a group version that custom resources make up. `builtIn` gives the schema of a built-in definition that they refer to; what that
 * refers to is taken in too.
 */
export function customDocument(customs: readonly CustomDocumented[], builtIn: (name: string) => Json | undefined): Json {
  const paths = pathsFor(customs, "v3");
  const schemas = schemasFor(customs, "v3");
  const wanted = referencesIn([paths, schemas]);
  for (const name of wanted) {
    if (Object.hasOwn(schemas, name)) continue;
    const schema = builtIn(name);
    if (schema === undefined) continue;
    schemas[name] = schema;
    for (const more of referencesIn(schema)) wanted.add(more);
  }
  return { openapi: "3.0.0", info: INFO, paths, components: { schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))) } };
}

function referencesIn(value: unknown): Set<string> {
  return new Set(JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g).map((match) => match[1] ?? ""));
}

function pathsFor(customs: readonly CustomDocumented[], form: OpenapiForm): Json {
  const nameOf: NameOf = (group, version, kind) => definitionOfKind(group, version, kind)?.name ?? customName(group, version, kind);
  return Object.fromEntries(customs.flatMap(({ entry }) => pathsOf(entry, nameOf)).map((path) => [path.path, pathItem(withCustomTypes(path), form)]));
}

/** Custom resources have neither protobuf nor strategic merge. */
function withCustomTypes(path: PathEntry): PathEntry {
  const plain = (types: readonly string[]) => types.filter((type) => !type.includes("protobuf") && !type.includes("strategic"));
  return { ...path, operations: path.operations.map((one): Operation => ({ ...one, consumes: plain(one.consumes), produces: plain(one.produces) })) };
}

function schemasFor(customs: readonly CustomDocumented[], form: OpenapiForm): Json {
  const schemas: Json = {};
  for (const { entry, schema } of customs) {
    const { group, version, kind, listKind, selectableFields } = entry;
    const fields = Object.keys(selectableFields);
    schemas[customName(group, version, kind)] = {
      ...customSchema(schema, form),
      "x-kubernetes-group-version-kind": [{ group, version, kind }],
      ...(fields.length === 0 || form === "v2" ? {} : { "x-kubernetes-selectable-fields": fields.map((field) => ({ fieldPath: field })) }),
    };
    schemas[customName(group, version, listKind)] = listSchema(entry, form);
  }
  return schemas;
}

function listSchema({ group, version, kind, listKind }: KindEntry, form: OpenapiForm): Json {
  const prefix = form === "v2" ? "#/definitions/" : "#/components/schemas/";
  const reference = (name: string, description: string) => (form === "v2" ? { description, $ref: prefix + name } : { description, allOf: [{ $ref: prefix + name }] });
  return {
    description: `${listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { description: "The version of the form that this list has.", type: "string" },
      items: { description: `The objects. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`, type: "array", items: form === "v2" ? { $ref: prefix + customName(group, version, kind) } : { allOf: [{ $ref: prefix + customName(group, version, kind) }] } },
      kind: { description: "What this list is.", type: "string" },
      metadata: reference(`${META}ListMeta`, "What is said of the list as a whole."),
    },
    "x-kubernetes-group-version-kind": [{ group, version, kind: listKind }],
  };
}

