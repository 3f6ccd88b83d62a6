import type { ApiResponse } from "../../api/exchange.ts";
import { managerName } from "../../api/fieldmanager/manager-name.ts";
import { methodNotAllowed } from "../../api/status/errors.ts";
import { header, type RequestContext } from "../chain/context.ts";
import { createObject } from "../registry/create.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { negotiateKind, presentObject } from "./present.ts";
import { type BodyKind, readObject } from "./read-body.ts";
import { checkTimeout } from "./read-handlers.ts";
import type { ResourceServices } from "./resource-handler.ts";
import { parseWriteOptions } from "./write-options.ts";

/** POST of a new object. */
export async function handleCreate(registry: Registry, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const negotiated = negotiateKind(context, kind);
  checkTimeout(context);
  const options = parseWriteOptions(context.info.query, "CreateOptions");
  const template = registry.templates.of(kind);
  const object = readObject(context, bodyKindOf(kind), options.fieldValidation, template);
  if (template === undefined) kind.entry.strategy.applyDefaults?.(object);
  else template.applyDefaults(object);
  const outcome = await createObject(registry, kind, object, writeContext(context, options.dryRun), template === undefined ? NO_OPTIONS : { template });
  return presentObject(context, negotiated, outcome, 201);
}

const NO_OPTIONS = {};

/** A request for what is only answered. */
export async function handleVirtual(services: ResourceServices, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const handler = Object.hasOwn(services.virtual, kind.entry.plural) ? services.virtual[kind.entry.plural] : undefined;
  if (handler === undefined) throw methodNotAllowed();
  return await handler(context, kind);
}

export function bodyKindOf(kind: ServedKind): BodyKind {
  const { group, version, kind: name } = kind.entry;
  return { group, version, kind: name, definition: kind.definition, coerce: kind.custom?.coerce };
}

export function writeContext(context: RequestContext, dryRun: boolean): WriteContext {
  const manager = managerName(context.info.query.get("fieldManager") ?? "", header(context.request, "user-agent") ?? "");
  return { user: context.user, namespace: context.info.namespace, manager, dryRun, now_ms: context.now_ms, warnings: context.warnings };
}
