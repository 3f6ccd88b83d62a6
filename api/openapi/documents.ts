import type { KindEntry } from "../kinds/kind.ts";
import type { Descriptions } from "./descriptions.ts";
import { type Operation, PATH_PARAMETERS, type PathEntry, pathsOf, queryParameter } from "./paths.ts";
import { closure, type OpenapiForm } from "./schemas.ts";
import { definitionOfKind } from "../schema/schema.ts";

type Json = Record<string, unknown>;

const PATCH = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
export const INFO = { title: "Kubernetes", version: "v1.36.0" };

/** `api/v1`, `apis/apps/v1`: the key of a group version's v3 document. */
export function documentPath(group: string, version: string): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/** The v3 document of each group version. */
export function openapiV3Documents(entries: readonly KindEntry[], descriptions: Descriptions): Map<string, Json> {
  const documents = new Map<string, Json>();
  for (const path of new Set(entries.map((entry) => documentPath(entry.group, entry.version)))) {
    const own = entries.filter((entry) => documentPath(entry.group, entry.version) === path);
    documents.set(path, {
      openapi: "3.0.0",
      info: INFO,
      paths: Object.fromEntries(own.flatMap((entry) => pathsOf(entry)).map((one) => [one.path, pathItem(one, "v3")])),
      components: { schemas: schemasFor(own, "v3", descriptions), securitySchemes: { BearerToken: { type: "apiKey", name: "authorization", in: "header", description: "Bearer token" } } },
    });
  }
  return documents;
}

/** The one v2 document of all. */
export function openapiV2Document(entries: readonly KindEntry[], descriptions: Descriptions): Json {
  return {
    swagger: "2.0",
    info: INFO,
    paths: Object.fromEntries(entries.flatMap((entry) => pathsOf(entry)).map((one) => [one.path, pathItem(one, "v2")])),
    definitions: schemasFor(entries, "v2", descriptions),
    securityDefinitions: { BearerToken: { type: "apiKey", name: "authorization", in: "header", description: "Bearer token" } },
    security: [{ BearerToken: [] }],
  };
}

/** What the kinds' paths refer to and all below it; kinds carry their group, version and kind. */
function schemasFor(entries: readonly KindEntry[], form: OpenapiForm, descriptions: Descriptions): Json {
  const operations = entries.flatMap((entry) => pathsOf(entry)).flatMap((one) => one.operations);
  const names = operations.flatMap((one) => [one.body, one.answer]).filter((name) => name !== undefined && name !== PATCH) as string[];
  const schemas = closure([...new Set(names)], form, descriptions);
  schemas[PATCH] = { description: "A patch, in the form that the content type names.", type: "object" };
  for (const name of Object.keys(schemas)) {
    const kinds = gvksOf(name, entries);
    if (kinds.length > 0) schemas[name] = { ...(schemas[name] as Json), "x-kubernetes-group-version-kind": kinds };
  }
  return schemas;
}

function gvksOf(name: string, entries: readonly KindEntry[]): { group: string; version: string; kind: string }[] {
  if (name === DELETE_OPTIONS) return [...new Map(entries.map((entry) => [documentPath(entry.group, entry.version), { group: entry.group, version: entry.version, kind: "DeleteOptions" }])).values()];
  const kind = name.slice(name.lastIndexOf(".") + 1);
  const known = [...new Map([...entries.flatMap(groupVersionsOf), { group: "", version: "v1" }].map((one) => [`${one.group}/${one.version}`, one])).values()];
  return known.filter((one) => definitionOfKind(one.group, one.version, kind)?.name === name).map((one) => ({ ...one, kind }));
}

function groupVersionsOf(entry: KindEntry): { group: string; version: string }[] {
  return [{ group: entry.group, version: entry.version }, ...Object.values(entry.subresources ?? {}).map((sub) => ({ group: sub.group ?? entry.group, version: sub.version ?? entry.version }))];
}

/** A path of a document. */
export function pathItem(entry: PathEntry, form: OpenapiForm): Json {
  const parameters = entry.parameters.map((name) => {
    const base = { description: PATH_PARAMETERS[name], in: "path", name, required: true };
    return form === "v2" ? { ...base, type: "string", uniqueItems: true } : { ...base, schema: { type: "string", uniqueItems: true } };
  });
  return { ...Object.fromEntries(entry.operations.map((one) => [one.method, operation(one, form)])), ...(parameters.length > 0 ? { parameters } : {}) };
}

function operation(one: Operation, form: OpenapiForm): Json {
  const common = { description: one.description, operationId: one.id, "x-kubernetes-action": one.action, "x-kubernetes-group-version-kind": one.gvk };
  const queries = one.queries.map((name) => queryParameter(name, form));
  const responses = { "200": response(one, form), ...(one.action === "post" ? { "201": response(one, form), "202": response(one, form) } : {}), ...(one.action === "put" || one.action === "patch" ? { "201": response(one, form) } : {}), "401": { description: "Unauthorized" } };
  if (form === "v2") {
    const body = one.body === undefined ? [] : [{ in: "body", name: "body", schema: { $ref: `#/definitions/${one.body}` }, ...(one.action.startsWith("delete") ? {} : { required: true }) }];
    return { ...common, consumes: one.consumes, produces: one.produces, schemes: ["https"], parameters: [...body, ...queries], responses };
  }
  const requestBody = one.body === undefined ? {} : { requestBody: { content: Object.fromEntries(one.consumes.map((type) => [type, { schema: { $ref: `#/components/schemas/${one.body}` } }])), ...(one.action.startsWith("delete") ? {} : { required: true }) } };
  return { ...common, parameters: queries, ...requestBody, responses };
}

function response(one: Operation, form: OpenapiForm): Json {
  if (one.answer === undefined) return { description: "OK", ...(form === "v2" ? { schema: { type: "string" } } : { content: { "*/*": { schema: { type: "string" } } } }) };
  if (form === "v2") return { description: "OK", schema: { $ref: `#/definitions/${one.answer}` } };
  return { description: "OK", content: Object.fromEntries(one.produces.map((type) => [type, { schema: { $ref: `#/components/schemas/${one.answer}` } }])) };
}
