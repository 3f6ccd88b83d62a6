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

const verbOfMethod: Readonly<Record<string, string>> = { POST: "create", GET: "get", HEAD: "get", PUT: "update", PATCH: "patch", DELETE: "delete" };

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
  segments.shift();
  if (segments.at(-1) === "" && segments.length > 1) segments.pop();
  const other: RequestInfo = { method, path, query, isResource: false, verb: method.toLowerCase(), group: "", version: "", namespace: "", resource: "", subresource: "", name: "", parts: [], watchPath: false };
  const core = segments[0] === "api";
  if (!core && segments[0] !== "apis") return other;
  const skip = core ? 2 : 3;
  if (segments.length <= skip) return { ...other, group: core ? "" : (segments[1] ?? ""), version: segments[skip - 1] ?? "" };
  return resourceInfo(other, segments, core ? "" : (segments[1] ?? ""), segments[skip - 1] ?? "", segments.slice(skip));
}

function resourceInfo(base: RequestInfo, segments: readonly string[], group: string, version: string, rest: string[]): RequestInfo {
  let parts = rest;
  let verb = verbOfMethod[base.method] ?? "";
  const watchPath = parts[0] === "watch";
  if (watchPath) {
    if (parts.length < 2) throw new BadPathError(500, `Internal Server Error: ${JSON.stringify(base.path)}: failed to create RequestInfo: unable to determine kind and namespace from url, /${segments.join("/")}\n`);
    parts = parts.slice(1);
    verb = "watch";
  }
  let namespace = "";
  if (parts[0] === "namespaces" && parts.length > 1) {
    namespace = parts[1] ?? "";
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? "")) parts = parts.slice(2);
  }
  const [resource = "", pathName = "", subresource = ""] = parts;
  const info = { ...base, isResource: true, group, version, namespace, resource, name: pathName, subresource, parts, watchPath };
  return { ...info, ...verbAndName(info, verb) };
}

function verbAndName(info: RequestInfo, verb: string): { verb: string; name: string } {
  if (info.name !== "" || (verb !== "get" && verb !== "delete" && verb !== "watch")) return { verb, name: info.name };
  if (verb === "delete") return { verb: "deletecollection", name: "" };
  const listVerb = verb === "watch" || info.query.flag("watch") ? "watch" : "list";
  return { verb: listVerb, name: exactName(info.query.get("fieldSelector")) };
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
