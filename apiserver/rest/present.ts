import type { ApiResponse } from "../../api/exchange.ts";
import type { Negotiated } from "../../api/codec/negotiate.ts";
import { parseJson } from "../../api/codec/parse-json.ts";
import { encodeTable, type IncludeObject, partialObjectMetadata } from "../../api/codec/table.ts";
import { badRequest, notAcceptableConversion } from "../../api/status/errors.ts";
import type { ApiObject, ListMeta } from "../../api/wire.ts";
import { answerHeaders, encodeAs, negotiate } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import type { Outcome } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { shownObject } from "../registry/update.ts";

export const PARTIAL_DEFINITION = "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata";

/** What the caller accepts for objects of this kind. @throws StatusError 406 */
export function negotiateKind(context: RequestContext, kind: ServedKind, watch = false): Negotiated {
  if (kind.custom !== undefined) return negotiate(context, watch ? CUSTOM_WATCH : CUSTOM);
  return watch ? negotiate(context, WATCH) : negotiate(context);
}

const WATCH = { watch: true };
const CUSTOM = { custom: true };
const CUSTOM_WATCH = { watch: true, custom: true };

/** Whether the cached bytes are the answer as they stand. */
export function isPlainJson(kind: ServedKind, negotiated: Negotiated): boolean {
  return negotiated.mediaType === "json" && negotiated.as === undefined && !negotiated.pretty && kind.isShownAsCached;
}

/** One object, in the form that was negotiated. @throws StatusError 406, 400 */
export function presentObject(context: RequestContext, negotiated: Negotiated, outcome: Outcome, status: number): ApiResponse {
  const { kind, cached } = outcome;
  const headers = answerHeaders(context, negotiated.contentType);
  if (context.request.acceptsObjects === true && negotiated.as === undefined) return { status, headers, body: { type: "object", object: objectOf(outcome) } };
  if (cached !== undefined && isPlainJson(kind, negotiated)) return { status, headers, body: { type: "bytes", bytes: cached.bytes } };
  const object = objectOf(outcome);
  if (negotiated.as === undefined) return { status, headers, body: { type: "bytes", bytes: encodeAs(negotiated, kind.definition, object) } };
  checkListConversion(kind, negotiated, false);
  if (negotiated.as.kind === "Table") {
    const text = tableText(context, kind, negotiated, [object], { resourceVersion: object.metadata.resourceVersion ?? "" });
    return { status, headers, body: { type: "bytes", bytes: textBytes(negotiated, text) } };
  }
  return { status, headers, body: { type: "bytes", bytes: encodeAs(negotiated, PARTIAL_DEFINITION, partialObjectMetadata(object, negotiated.as.version)) } };
}

/** The decoded object in its kind's own form. */
export function objectOf(outcome: Outcome): ApiObject {
  if (outcome.cached === undefined) return outcome.object!;
  return shownObject(outcome.kind, outcome.cached);
}

/** @throws StatusError 406 where one object is asked for as a list or a list as one */
export function checkListConversion(kind: ServedKind, negotiated: Negotiated, list: boolean): void {
  const as = negotiated.as?.kind;
  const { entry } = kind;
  const internal = kind.custom === undefined ? `*${entry.group === "" ? "core" : (entry.group.split(".")[0] ?? "")}.${list ? entry.listKind : entry.kind}` : `*unstructured.Unstructured${list ? "List" : ""}`;
  if (!list && as === "PartialObjectMetadataList") throw notAcceptableConversion(`you requested PartialObjectMetadataList, but the requested object is not a list (${internal})`);
  if (list && as === "PartialObjectMetadata") throw notAcceptableConversion(`you requested PartialObjectMetadata, but the requested object is a list (${internal})`);
}

/** `includeObject` of the query. @throws StatusError 400 */
export function includeObjectOf(context: RequestContext): IncludeObject {
  const value = context.info.query.get("includeObject") ?? "";
  if (value === "") return "Metadata";
  if (value === "Metadata" || value === "Object" || value === "None") return value;
  throw badRequest(`Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`);
}

/** The JSON text of a Table of these objects. */
export function tableText(context: RequestContext, kind: ServedKind, negotiated: Negotiated, objects: readonly ApiObject[], metadata: ListMeta, withColumns = true): string {
  const version = negotiated.as?.version ?? "v1";
  return encodeTable(objects, kind.definition, { columns: kind.entry.columns, rowConditions: kind.entry.rowConditions, includeObject: includeObjectOf(context), now_ms: context.now_ms, metadata, version }, withColumns);
}

/** JSON text in the negotiated form: as it is, indented, or YAML. */
export function textBytes(negotiated: Negotiated, json: string): Uint8Array {
  if (negotiated.mediaType === "json" && !negotiated.pretty) return Buffer.from(`${json}\n`);
  return encodeAs(negotiated, undefined, parseJson(json) as object);
}

