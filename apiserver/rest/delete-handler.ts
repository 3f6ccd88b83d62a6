import type { ApiResponse } from "../../api/exchange.ts";
import { StatusError } from "../../api/status/errors.ts";
import { answerObject, STATUS_DEFINITION } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import { deleteObject } from "../registry/delete.ts";
import { type DeleteOptions, deleteOptionsOfQuery, validateDeleteOptions } from "../registry/delete-options.ts";
import { allItems, listObjects } from "../registry/list.ts";
import { parseListOptions, validateListOptions } from "../registry/list-options.ts";
import type { Registry } from "../registry/registry.ts";
import { makeSelection } from "../registry/selection.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { writeContext } from "./create-handler.ts";
import { presentList } from "./present-list.ts";
import { negotiateKind, presentObject } from "./present.ts";
import { bodyBytes, readObject } from "./read-body.ts";
import { disruptionOf } from "./disruption.ts";
import { checkTimeout } from "./read-handlers.ts";

const DELETE_OPTIONS = { group: "", version: "v1", kind: "DeleteOptions", definition: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions" };
/** How many objects of a collection are deleted at a time. */
const COLLECTION_WORKERS = 16;

/** DELETE of one object. */
export async function handleDelete(registry: Registry, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const negotiated = negotiateKind(context, kind);
  checkTimeout(context);
  const options = readDeleteOptions(context);
  const disruption = await disruptionOf(registry, context, kind);
  if (disruption !== undefined) options.disruption = disruption;
  const { deleted, shown } = await deleteObject(registry, kind, context.info.name, options, writeContext(context, options.dryRun !== undefined));
  if ("status" in shown) return answerObject(context, { ...negotiated, contentType: negotiated.contentType.replace(/;.*$/, "") }, STATUS_DEFINITION, shown.status, 200);
  return presentObject(context, negotiated, shown, !deleted && options.orphanDependents === false ? 202 : 200);
}

/** DELETE of a collection: lists, then deletes each; answers what was there. */
export async function handleDeleteCollection(registry: Registry, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const { info } = context;
  const negotiated = negotiateKind(context, kind);
  checkTimeout(context);
  const list = parseListOptions(info.query);
  const selection = makeSelection(kind, info.namespace, "", list.labelSelector, list.fieldSelector);
  validateListOptions(list, false);
  const options = readDeleteOptions(context);
  const page = await listObjects(registry, kind, selection, list);
  const items = await allItems(page);
  await deleteAll(registry, context, kind, items, options);
  return presentList(context, negotiated, kind, { ...page, items, more: undefined });
}

async function deleteAll(registry: Registry, context: RequestContext, kind: ServedKind, items: readonly CachedObject[], options: DeleteOptions): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      try {
        await deleteObject(registry, kind, item.name, structuredClone(options), { ...writeContext(context, options.dryRun !== undefined), namespace: item.namespace });
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== "NotFound") throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(COLLECTION_WORKERS, items.length) }, worker));
}

/** DeleteOptions of the body, where there is one, else of the query. @throws StatusError 400, 415, 422 */
function readDeleteOptions(context: RequestContext): DeleteOptions {
  const hasBody = context.request.body?.type === "object" || bodyBytes(context).length > 0;
  const options = hasBody ? (readObject(context, DELETE_OPTIONS, "Ignore") as unknown as DeleteOptions) : deleteOptionsOfQuery(context.info.query);
  validateDeleteOptions(options);
  if (options.dryRun !== undefined && options.dryRun.length === 0) delete options.dryRun;
  return options;
}
