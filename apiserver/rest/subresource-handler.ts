import type { ApiResponse } from "../../api/exchange.ts";
import type { Subresource } from "../../api/kinds/kind.ts";
import { methodNotAllowed, methodNotSupported } from "../../api/status/errors.ts";
import type { RequestContext } from "../chain/context.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { handlePatch } from "./patch-handler.ts";
import { handleGet } from "./read-handlers.ts";
import type { ResourceServices } from "./resource-handler.ts";
import { handleScale } from "./scale-handler.ts";
import { handleUpdate } from "./update-handler.ts";

/** An action of its own: binding, eviction, token, log, exec, … */
export type SubresourceHandler = (context: RequestContext, kind: ServedKind, subresource: Subresource) => Promise<ApiResponse>;
export type SubresourceHandlers = Readonly<Record<string, SubresourceHandler>>;

const verbOfMethod: Readonly<Record<string, string>> = { GET: "get", POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** Methods that no router lets through to built-in kinds, and the verbs that they count as: of custom resources, and of a backend behind a proxy. */
const headVerb: Readonly<Record<string, string>> = { HEAD: "get" };
const proxiedVerbs: Readonly<Record<string, string>> = { ...headVerb, OPTIONS: "get" };

/** Serves `/PLURAL/NAME/SUBRESOURCE`. @throws StatusError */
export async function handleSubresource(services: ResourceServices, context: RequestContext, kind: ServedKind, subresource: Subresource): Promise<ApiResponse> {
  const { info } = context;
  const verb = verbOfMethod[info.method] ?? (info.subresource === "proxy" ? proxiedVerbs[info.method] : kind.custom === undefined ? undefined : headVerb[info.method]);
  if (verb === undefined || !(subresource.verbs as readonly string[]).includes(verb)) {
    if (kind.custom === undefined) throw methodNotAllowed();
    throw methodNotSupported(kind.resource, verbOfMethod[info.method] ?? "");
  }
  const key = `${kind.entry.plural}/${info.subresource}`;
  const own = Object.hasOwn(services.subresources, key) ? services.subresources[key] : undefined;
  if (own !== undefined) return await own(context, kind, subresource);
  if (subresource.type === "scale") return await handleScale(services.registry, context, kind, subresource);
  if (subresource.type === "connect" || subresource.type === "create") throw methodNotAllowed();
  const target = { name: info.subresource, strategy: subresource.strategy ?? {} };
  if (verb === "get") return handleGet(services.registry, context, kind);
  return verb === "update" ? await handleUpdate(services.registry, context, kind, target) : await handlePatch(services.registry, context, kind, target);
}
