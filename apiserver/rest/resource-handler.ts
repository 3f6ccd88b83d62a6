import type { ApiAnswer, ApiResponse } from "../../api/exchange.ts";
import type { Subresource } from "../../api/kinds/kind.ts";
import { methodNotAllowed, methodNotSupported, notFound, resourceNotFound } from "../../api/status/errors.ts";
import { when } from "../../lib/when.ts";
import { answerNotFoundText } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import type { RequestInfo } from "../chain/request-info.ts";
import type { Registry } from "../registry/registry.ts";
import type { KindTable, ServedKind } from "../registry/served-kind.ts";
import { handleCreate, handleVirtual } from "./create-handler.ts";
import { handleDelete, handleDeleteCollection } from "./delete-handler.ts";
import { handlePatch } from "./patch-handler.ts";
import { handleGet, handleList, handleWatch } from "./read-handlers.ts";
import { handleSubresource, type SubresourceHandlers } from "./subresource-handler.ts";
import { handleUpdate } from "./update-handler.ts";

/** What the resource paths need besides the registry. */
export interface ResourceServices {
  readonly registry: Registry;
  /** A custom resource that another server may just have established; undefined when there is none. */
  findCustom?(info: RequestInfo): Promise<ServedKind | undefined>;
  /** Subresources with an action of their own, by `PLURAL/SUBRESOURCE`. */
  readonly subresources: SubresourceHandlers;
  /** Kinds that are only answered (reviews, bindings), by plural. */
  readonly virtual: Readonly<Record<string, (context: RequestContext, kind: ServedKind) => Promise<ApiResponse>>>;
}

/** Serves everything under /api/VERSION/ and /apis/GROUP/VERSION/. @throws StatusError */
export function handleResource(services: ResourceServices, context: RequestContext): ApiAnswer {
  const { group, version, resource } = context.info;
  return when(services.registry.kinds.byResource(group, version, resource) ?? services.findCustom?.(context.info), (kind) => handleKind(services, context, kind));
}

function handleKind(services: ResourceServices, context: RequestContext, kind: ServedKind | undefined): ApiAnswer {
  const { info } = context;
  if (kind === undefined) {
    if (!isBuiltInGroup(services.registry.kinds, info.group)) return answerNotFoundText();
    throw resourceNotFound();
  }
  if (kind.custom !== undefined && !isInScope(kind, info)) return answerNotFoundText();
  if (kind.entry.namespaced ? info.name !== "" && info.namespace === "" && info.verb !== "list" && info.verb !== "watch" : info.namespace !== "" && info.resource !== "namespaces") throw resourceNotFound();
  if (kind.entry.deprecation !== undefined) context.warnings.push(kind.entry.deprecation);
  if (info.subresource !== "") return subresource(services, context, kind);
  if (info.parts.length > 2) throw resourceNotFound();
  return main(services, context, kind);
}

/** Built-in groups answer for all their resources; of other groups Kubernetes knows nothing but what is defined. */
function isBuiltInGroup(kinds: KindTable, group: string): boolean {
  return kinds.all.some((kind) => kind.custom === undefined && kind.entry.group === group);
}

/** Requests over all namespaces may only read. */
function isInScope(kind: ServedKind, info: RequestInfo): boolean {
  if (!kind.entry.namespaced) return info.namespace === "";
  return info.namespace !== "" || info.verb === "list" || info.verb === "watch";
}

function subresource(services: ResourceServices, context: RequestContext, kind: ServedKind): ApiAnswer {
  const { info } = context;
  const found: Subresource | undefined = Object.hasOwn(kind.entry.subresources, info.subresource) ? kind.entry.subresources[info.subresource] : undefined;
  if (found === undefined && kind.custom !== undefined) throw notFound(kind.resource, info.name);
  if (found === undefined || info.watchPath) throw resourceNotFound();
  if (info.parts.length > 3 && info.subresource !== "proxy") throw resourceNotFound();
  return handleSubresource(services, context, kind, found);
}

const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

function main(services: ResourceServices, context: RequestContext, kind: ServedKind): ApiAnswer {
  const { info } = context;
  const { registry } = services;
  const item = (info.parts[1] ?? "") !== "";
  const namespaced = !kind.entry.namespaced || info.namespace !== "";
  const { verbs } = kind.entry;
  // No router knows the path: reviews and bindings have no objects.
  if (item && verbs.every((verb) => verb === "create")) throw resourceNotFound();
  // No router stands before custom resources: HEAD is a GET whose body is not sent, and any method gets to them.
  const method = kind.custom !== undefined && info.method === "HEAD" ? "GET" : info.method;
  if (kind.custom !== undefined && !METHODS.has(method)) throw methodNotSupported(kind.resource, "");
  if (info.watchPath) return method === "GET" && verbs.includes("watch") ? handleWatch(registry, context, kind) : refuse();
  switch (method) {
    case "GET":
      if (kind.virtual && verbs.includes("get") && info.verb !== "watch") return handleVirtual(services, context, kind);
      if (item) return verbs.includes("get") ? handleGet(registry, context, kind) : refuse();
      if (info.verb === "watch") return verbs.includes("watch") ? handleWatch(registry, context, kind) : refuse();
      return verbs.includes("list") ? handleList(registry, context, kind) : refuse();
    case "POST":
      if (item || !namespaced || !verbs.includes("create")) return refuse();
      return kind.virtual ? handleVirtual(services, context, kind) : handleCreate(registry, context, kind);
    case "PUT":
      return item && verbs.includes("update") ? handleUpdate(registry, context, kind) : refuse();
    case "PATCH":
      return item && verbs.includes("patch") ? handlePatch(registry, context, kind) : refuse();
    case "DELETE":
      if (item) return verbs.includes("delete") ? handleDelete(registry, context, kind) : refuse();
      return namespaced && verbs.includes("deletecollection") ? handleDeleteCollection(registry, context, kind) : refuse();
    default:
      return refuse();
  }
}

function refuse(): never {
  throw methodNotAllowed();
}
