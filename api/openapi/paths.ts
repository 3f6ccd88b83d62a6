import type { KindEntry, Subresource, Verb } from "../kinds/kind.ts";
import { definitionOfKind } from "../schema/schema.ts";

type Json = Record<string, unknown>;

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const READ_TYPES = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const STREAM_TYPES = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const PATCH_TYPES = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];

const ACTIONS: Readonly<Record<string, { method: string; action: string }>> = {
  get: { method: "get", action: "get" },
  list: { method: "get", action: "list" },
  create: { method: "post", action: "post" },
  update: { method: "put", action: "put" },
  patch: { method: "patch", action: "patch" },
  delete: { method: "delete", action: "delete" },
  deletecollection: { method: "delete", action: "deletecollection" },
  connect: { method: "get", action: "connect" },
};

const QUERY: Readonly<Record<string, { type: string; description: string }>> = {
  allowWatchBookmarks: { type: "boolean", description: "The watcher takes events of type BOOKMARK." },
  continue: { type: "string", description: "Where the page before ended." },
  dryRun: { type: "string", description: "With All the request goes through all steps but is not kept." },
  fieldManager: { type: "string", description: "Who makes the change, for the ownership of fields." },
  fieldSelector: { type: "string", description: "Only objects whose fields match." },
  fieldValidation: { type: "string", description: "What becomes of unknown and doubled fields: Ignore, Warn or Strict." },
  force: { type: "boolean", description: "Take over fields that another manager owns (apply only)." },
  gracePeriodSeconds: { type: "integer", description: "Seconds before the object is removed." },
  labelSelector: { type: "string", description: "Only objects whose labels match." },
  limit: { type: "integer", description: "Most objects in one answer." },
  orphanDependents: { type: "boolean", description: "Superseded by propagationPolicy." },
  pretty: { type: "string", description: "With true the answer is indented." },
  propagationPolicy: { type: "string", description: "What becomes of dependents: Orphan, Background or Foreground." },
  resourceVersion: { type: "string", description: "State that the answer must be of, or newer." },
  resourceVersionMatch: { type: "string", description: "How resourceVersion is to be read." },
  sendInitialEvents: { type: "boolean", description: "A watch begins with the state as events." },
  timeoutSeconds: { type: "integer", description: "Longest time of a list or watch." },
  watch: { type: "boolean", description: "Tell changes instead of a list." },
};

const LIST_QUERY = ["allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch"];
const WRITE_QUERY = ["dryRun", "fieldManager", "fieldValidation"];
const DELETE_QUERY = ["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"];
const QUERY_OF: Readonly<Record<string, readonly string[]>> = { list: LIST_QUERY, post: WRITE_QUERY, put: WRITE_QUERY, patch: [...WRITE_QUERY, "force"], delete: DELETE_QUERY, deletecollection: [...LIST_QUERY, ...DELETE_QUERY], get: [], connect: [] };

/** One operation, free of the document's form. */
export interface Operation {
  readonly method: string;
  readonly action: string;
  readonly gvk: { group: string; version: string; kind: string };
  readonly queries: readonly string[];
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  /** Definition of the body and of the answer. */
  readonly body?: string;
  readonly answer?: string;
  readonly id: string;
  readonly description: string;
}

/** One path with its operations; `parameters` are those of the path. */
export interface PathEntry {
  readonly path: string;
  readonly parameters: readonly ("namespace" | "name" | "path")[];
  readonly operations: readonly Operation[];
}

/** The name of a kind's definition; undefined for one that has none. */
export type NameOf = (group: string, version: string, kind: string) => string | undefined;

const builtInName: NameOf = (group, version, kind) => definitionOfKind(group, version, kind)?.name;

/** The paths of a kind: its collection, its objects, its subresources. */
export function pathsOf(entry: KindEntry, nameOf: NameOf = builtInName): PathEntry[] {
  const root = entry.group === "" ? `/api/${entry.version}` : `/apis/${entry.group}/${entry.version}`;
  const scope = entry.namespaced ? `${root}/namespaces/{namespace}` : root;
  const inScope = entry.namespaced ? (["namespace"] as const) : ([] as const);
  const collection = `${scope}/${entry.plural}`;
  const has = (verb: Verb) => entry.verbs.includes(verb);
  const operations = (verbs: readonly Verb[]) => verbs.filter(has).map((verb) => operationOf(nameOf, entry, verb, entry.kind, undefined));
  return [
    { path: collection, parameters: inScope, operations: operations(["list", "create", "deletecollection"]) },
    ...(entry.namespaced && has("list") ? [{ path: `${root}/${entry.plural}`, parameters: [], operations: [operationOf(nameOf, entry, "list", entry.kind, "ForAllNamespaces")] }] : []),
    { path: `${collection}/{name}`, parameters: [...inScope, "name"] as const, operations: operations(["get", "update", "patch", "delete"]) },
    ...Object.entries(entry.subresources ?? {}).map(([name, sub]) => ({ path: `${collection}/{name}/${name}`, parameters: [...inScope, "name"] as const, operations: subresourceOperations(nameOf, entry, name, sub) })),
  ].filter((path) => path.operations.length > 0);
}

function subresourceOperations(nameOf: NameOf, entry: KindEntry, name: string, sub: Subresource): Operation[] {
  const suffix = name.charAt(0).toUpperCase() + name.slice(1);
  const verbs: readonly (Verb | "connect")[] = sub.type === "connect" && name !== "log" ? ["connect"] : sub.verbs;
  return verbs.map((verb) => operationOf(nameOf, { ...entry, group: sub.group ?? entry.group, version: sub.version ?? entry.version }, verb, sub.kind, suffix, entry));
}

function operationOf(nameOf: NameOf, of: Pick<KindEntry, "group" | "version" | "plural" | "namespaced"> & Partial<Pick<KindEntry, "listKind">>, verb: Verb | "connect", kind: string, suffix: string | undefined, owner: Pick<KindEntry, "group" | "version" | "kind" | "namespaced"> = { ...of, kind }): Operation {
  const { method = "get", action = "get" } = ACTIONS[verb] ?? {};
  const definition = nameOf(of.group, of.version, kind);
  const list = nameOf(of.group, of.version, of.listKind ?? `${kind}List`) ?? definition;
  const isConnect = verb === "connect" || definition === undefined;
  const deletes = method === "delete";
  const idGroup = owner.group === "" ? "Core" : capital(owner.group.split(".")[0] ?? "");
  const body = method === "patch" ? `${META}Patch` : deletes ? `${META}DeleteOptions` : method === "get" ? undefined : definition;
  const answer = isConnect ? undefined : verb === "list" ? list : deletes ? `${META}Status` : definition;
  return {
    method,
    action,
    gvk: { group: of.group, version: of.version, kind },
    queries: ["pretty", ...(QUERY_OF[action] ?? [])],
    consumes: method === "patch" ? PATCH_TYPES : ["*/*"],
    produces: isConnect ? ["*/*"] : verb === "list" ? [...READ_TYPES, ...STREAM_TYPES] : READ_TYPES,
    ...(body === undefined || isConnect ? {} : { body }),
    ...(answer === undefined ? {} : { answer }),
    id: `${verb === "deletecollection" ? "deleteCollection" : verb}${idGroup}${capital(owner.version)}${of.namespaced && suffix !== "ForAllNamespaces" ? "Namespaced" : ""}${owner.kind}${suffix ?? ""}`,
    description: `${verb} ${verb === "list" || verb === "deletecollection" ? "objects of kind" : "an object of kind"} ${kind}`,
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A path parameter's text. */
export const PATH_PARAMETERS: Readonly<Record<string, string>> = { namespace: "The namespace of the object.", name: "The name of the object.", path: "The path that is passed on." };

/** A query parameter in either form. */
export function queryParameter(name: string, form: "v2" | "v3"): Json {
  const { type = "string", description = "" } = QUERY[name] ?? {};
  return form === "v2" ? { description, in: "query", name, type, uniqueItems: true } : { description, in: "query", name, schema: { type, uniqueItems: true } };
}
