import type { ApiAnswer, ApiResponse } from "../../api/exchange.ts";
import { badRequest } from "../../api/status/errors.ts";
import { when } from "../../lib/when.ts";
import type { RequestContext } from "../chain/context.ts";
import { getObject } from "../registry/get.ts";
import { listObjects } from "../registry/list.ts";
import { parseListOptions, validateListOptions } from "../registry/list-options.ts";
import type { Registry } from "../registry/registry.ts";
import { makeSelection, type Selection } from "../registry/selection.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { watchObjects } from "../registry/watch.ts";
import { presentList } from "./present-list.ts";
import { frameEncoder, objectEncoder, presentFrameWatch, presentObjectWatch } from "./present-watch.ts";
import { includeObjectOf, negotiateKind, presentObject } from "./present.ts";

/** GET of one object. */
export function handleGet(registry: Registry, context: RequestContext, kind: ServedKind): ApiAnswer {
  const negotiated = negotiateKind(context, kind);
  const { info } = context;
  if (info.name === "." || info.name === "..") throw badRequest(`Name parameter invalid: ${JSON.stringify(info.name)}: may not be '${info.name}'`);
  return when(getObject(registry, kind, info.namespace, info.name, info.query.get("resourceVersion")), (cached) => presentObject(context, negotiated, { kind, cached }, 200));
}

/** GET of a collection. */
export async function handleList(registry: Registry, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const negotiated = negotiateKind(context, kind);
  checkTimeout(context);
  const options = parseListOptions(context.info.query);
  const selection = selectionOf(context, kind, options, "");
  validateListOptions(options, false);
  return presentList(context, negotiated, kind, await listObjects(registry, kind, selection, options));
}

/** A watch of a collection, or of one object by the old watch path. */
export async function handleWatch(registry: Registry, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const { request, info } = context;
  const negotiated = negotiateKind(context, kind, true);
  const options = parseListOptions(info.query);
  const selection = selectionOf(context, kind, options, info.watchPath ? info.name : "");
  validateListOptions(options, true);
  if (negotiated.as?.kind === "Table") includeObjectOf(context);
  if (request.acceptsObjects === true) return presentObjectWatch(context, await watchObjects(registry, kind, selection, options, objectEncoder(kind), request.signal));
  return presentFrameWatch(context, negotiated, await watchObjects(registry, kind, selection, options, frameEncoder(context, kind, negotiated), request.signal));
}

function selectionOf(context: RequestContext, kind: ServedKind, options: { labelSelector: string; fieldSelector: string }, name: string): Selection {
  return makeSelection(kind, context.info.namespace, name, options.labelSelector, options.fieldSelector);
}

const DURATION = /^[+-]?(?:0|(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/** `timeout` of the query is a Go duration. @throws StatusError 400 */
export function checkTimeout(context: RequestContext): void {
  const timeout = context.info.query.get("timeout");
  if (timeout === undefined || timeout === "" || DURATION.test(timeout)) return;
  throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(timeout)}`);
}
