import type { ApiResponse } from "../../api/exchange.ts";
import type { Subresource } from "../../api/kinds/kind.ts";
import { methodNotAllowed, resourceNotFound } from "../../api/status/errors.ts";
import { answerNotFoundText } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { handleCreate, handleVirtualCreate } from "./create-handler.ts";
import { handleDelete, handleDeleteCollection } from "./delete-handler.ts";
import { handlePatch } from "./patch-handler.ts";
import { handleGet, handleList, handleWatch } from "./read-handlers.ts";
import { handleSubresource, type SubresourceHandlers } from "./subresource-handler.ts";
import { handleUpdate } from "./update-handler.ts";

/** What the resource paths need besides the registry. */
export interface ResourceServices {
  readonly registry: Registry;
  /** Subresources with an action of their own, by `PLURAL/SUBRESOURCE`. */
  readonly subresources: SubresourceHandlers;
  /** Kinds that are only answered (reviews, bindings), by plural. */
  readonly virtual: Readonly<Record<string, (context: RequestContext, kind: ServedKind) => Promise<ApiResponse>>>;
}

/** Serves everything under /api/VERSION/ and /apis/GROUP/VERSION/. @throws StatusError */
export async function handleResource(services: ResourceServices, context: RequestContext): Promise<ApiResponse> {
  const { info } = context;
  const { kinds } = services.registry;
  const kind = kinds.byResource(info.group, info.version, info.resource);
  if (kind === undefined) {
    if (!kinds.hasGroup(info.group)) return answerNotFoundText();
    throw resourceNotFound();
  }
  if (kind.entry.namespaced ? info.name !== "" && info.namespace === "" && info.verb !== "list" && info.verb !== "watch" : info.namespace !== "" && info.resource !== "namespaces") throw resourceNotFound();
  if (kind.entry.deprecation !== undefined) context.warnings.push(kind.entry.deprecation);
  if (info.subresource !== "") return await subresource(services, context, kind);
  if (info.parts.length > 2) throw resourceNotFound();
  return await main(services, context, kind);
}

async function subresource(services: ResourceServices, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const { info } = context;
  const found: Subresource | undefined = Object.hasOwn(kind.entry.subresources, info.subresource) ? kind.entry.subresources[info.subresource] : undefined;
  if (found === undefined || info.watchPath) throw resourceNotFound();
  if (info.parts.length > 3 && info.subresource !== "proxy") throw resourceNotFound();
  return await handleSubresource(services, context, kind, found);
}

async function main(services: ResourceServices, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const { info } = context;
  const { registry } = services;
  const item = (info.parts[1] ?? "") !== "";
  const namespaced = !kind.entry.namespaced || info.namespace !== "";
  const { verbs } = kind.entry;
  if (info.watchPath) return info.method === "GET" && verbs.includes("watch") ? await handleWatch(registry, context, kind) : refuse();
  switch (info.method) {
    case "GET":
      if (item) return verbs.includes("get") ? await handleGet(registry, context, kind) : refuse();
      if (info.verb === "watch") return verbs.includes("watch") ? await handleWatch(registry, context, kind) : refuse();
      return verbs.includes("list") ? await handleList(registry, context, kind) : refuse();
    case "POST":
      if (item || !namespaced || !verbs.includes("create")) return refuse();
      return kind.virtual ? await handleVirtualCreate(services, context, kind) : await handleCreate(registry, context, kind);
    case "PUT":
      return item && verbs.includes("update") ? await handleUpdate(registry, context, kind) : refuse();
    case "PATCH":
      return item && verbs.includes("patch") ? await handlePatch(registry, context, kind) : refuse();
    case "DELETE":
      if (item) return verbs.includes("delete") ? await handleDelete(registry, context, kind) : refuse();
      return namespaced && verbs.includes("deletecollection") ? await handleDeleteCollection(registry, context, kind) : refuse();
    default:
      return refuse();
  }
}

function refuse(): never {
  throw methodNotAllowed();
}
