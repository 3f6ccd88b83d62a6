import { parseFieldSelector } from "../../api/selector/fields.ts";
import { Query } from "./query.ts";

/** What a request is about, read off its method and path alone: after apiserver's RequestInfo. */
export interface RequestInfo {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: Query;
  /** Under /api/VERSION/ or /apis/GROUP/VERSION/. */
  readonly isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** "" for cluster-scoped resources and requests over all namespaces. */
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments from the resource on: more than three only where a proxy path follows. */
  readonly parts: readonly string[];
  /** `/api/v1/watch/…` instead of `?watch=1`. */
  readonly watchPath: boolean;
}

/** Subresources of namespaces: the path could also mean a resource inside a namespace. */
const NAMESPACE_SUBRESOURCES = new Set(["status", "finalize"]);

/** A Map: over HTTP/2 a method is any word. */
const verbOfMethod: ReadonlyMap<string, string> = new Map([["POST", "create"], ["GET", "get"], ["HEAD", "get"], ["PUT", "update"], ["PATCH", "patch"], ["DELETE", "delete"]]);

/** Thrown for a path that cannot be read at all. */
export class BadPathError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws BadPathError */
export function parseRequest(method: string, url: string): RequestInfo {
  const question = url.indexOf("?");
  const path = decodePath(question < 0 ? url : url.slice(0, question));
  const query = question < 0 ? Query.empty : Query.parse(url.slice(question + 1));
  const segments = path.split("/");
  if (segments.length > 2 && segments.at(-1) === "") segments.pop();
  const core = segments[1] === "api";
  if (!core && segments[1] !== "apis") return otherInfo(method, path, query, "", "");
  const first = core ? 3 : 4;
  const group = core ? "" : (segments[2] ?? "");
  const version = segments[first - 1] ?? "";
  return segments.length <= first ? otherInfo(method, path, query, group, version) : resourceInfo(method, path, query, group, version, segments.slice(first));
}

function otherInfo(method: string, path: string, query: Query, group: string, version: string): RequestInfo {
  return { method, path, query, isResource: false, verb: method.toLowerCase(), group, version, namespace: "", resource: "", subresource: "", name: "", parts: [], watchPath: false };
}

function resourceInfo(method: string, path: string, query: Query, group: string, version: string, rest: string[]): RequestInfo {
  const watchPath = rest[0] === "watch";
  if (watchPath && rest.length < 2) throw new BadPathError(500, `Internal Server Error: ${JSON.stringify(path)}: failed to create RequestInfo: unable to determine kind and namespace from url, ${path}\n`);
  let parts = watchPath ? rest.slice(1) : rest;
  let namespace = "";
  if (parts[0] === "namespaces" && parts.length > 1) {
    namespace = parts[1] ?? "";
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? "")) parts = parts.slice(2);
  }
  const { verb, name } = verbAndName(watchPath ? "watch" : (verbOfMethod.get(method) ?? ""), parts[1] ?? "", query);
  return { method, path, query, isResource: true, verb, group, version, namespace, resource: parts[0] ?? "", subresource: parts[2] ?? "", name, parts, watchPath };
}

function verbAndName(verb: string, name: string, query: Query): { verb: string; name: string } {
  if (name !== "" || (verb !== "get" && verb !== "delete" && verb !== "watch")) return { verb, name };
  if (verb === "delete") return { verb: "deletecollection", name: "" };
  const listVerb = verb === "watch" || query.flag("watch") ? "watch" : "list";
  return { verb: listVerb, name: exactName(query.get("fieldSelector")) };
}

/** A list or watch of one object by name counts as that object's for authorization. */
function exactName(selector: string | undefined): string {
  if (selector === undefined || !selector.includes("metadata.name")) return "";
  try {
    return parseFieldSelector(selector).exact("metadata.name") ?? "";
  } catch {
    return "";
  }
}

function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw new BadPathError(400, "400 Bad Request");
  }
}
