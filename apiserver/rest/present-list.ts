import type { ApiResponse } from "../../api/exchange.ts";
import { encodeObject } from "../../api/codec/json.ts";
import type { Negotiated } from "../../api/codec/negotiate.ts";
import { partialObjectMetadata } from "../../api/codec/table.ts";
import type { ApiObject, ListMeta } from "../../api/wire.ts";
import { answerHeaders, encodeAs } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import type { Page } from "../registry/list.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { fromStored } from "../registry/storage-write.ts";
import { shownObject } from "../registry/update.ts";
import { checkListConversion, isPlainJson, PARTIAL_DEFINITION, tableText, textBytes } from "./present.ts";

/** Lists go out in pieces of this size, each when the one before is taken. */
const CHUNK_BYTES = 64 << 10;

/** A page of objects, in the form that was negotiated. @throws StatusError 406, 400 */
export function presentList(context: RequestContext, negotiated: Negotiated, kind: ServedKind, page: Page): ApiResponse {
  const headers = answerHeaders(context, negotiated.contentType);
  const metadata = listMeta(page);
  if (context.request.acceptsObjects === true && negotiated.as === undefined) {
    const items = Array.from(page.items, (item) => shownObject(kind, item));
    return { status: 200, headers, body: { type: "object", object: { kind: kind.entry.listKind, apiVersion: kind.apiVersion, metadata, items } } };
  }
  checkListConversion(kind, negotiated, true);
  if (isPlainJson(kind, negotiated)) return { status: 200, headers, body: plainBody(kind, metadata, page.items) };
  return { status: 200, headers, body: { type: "bytes", bytes: converted(context, negotiated, kind, page, metadata) } };
}

function listMeta(page: Page): ListMeta {
  return {
    resourceVersion: String(page.revision),
    ...(page.continue === "" ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
}

function plainBody(kind: ServedKind, metadata: ListMeta, items: Iterable<CachedObject>): ApiResponse["body"] {
  const chunks = listChunks(kind, metadata, items);
  const first = chunks.next();
  if (first.done === true) return { type: "none" };
  const second = chunks.next();
  if (second.done === true) return { type: "bytes", bytes: first.value };
  return { type: "stream", chunks: asStream(first.value, second.value, chunks) };
}

async function* asStream(first: Uint8Array, second: Uint8Array, rest: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield second;
  yield* rest;
}

/** `{"kind":"PodList","apiVersion":"v1","metadata":{…},"items":[…]}` in pieces; items are spliced from the cache's bytes. */
function* listChunks(kind: ServedKind, metadata: ListMeta, items: Iterable<CachedObject>): Generator<Uint8Array> {
  const head = `{"kind":${JSON.stringify(kind.entry.listKind)},"apiVersion":${JSON.stringify(kind.apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`;
  const skip = itemSkip(kind);
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = chunk.write(head);
  let first = true;
  for (const item of items) {
    // An item is written as `{` or `,{` and the cached object behind its own head, without its newline.
    const size = item.bytes.length - 1 - skip + 2;
    if (used + size > chunk.length) {
      if (used > 0) yield chunk.subarray(0, used);
      chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, size));
      used = 0;
    }
    if (!first) chunk[used++] = 0x2c;
    if (skip > 0) chunk[used++] = 0x7b;
    used += item.bytes.copy(chunk, used, skip, item.bytes.length - 1);
    first = false;
  }
  if (used + 3 > chunk.length) {
    yield chunk.subarray(0, used);
    yield Buffer.from("]}\n");
    return;
  }
  used += chunk.write("]}\n", used);
  yield chunk.subarray(0, used);
}

/** How many bytes of a cached object its list leaves out: `{"kind":…,"apiVersion":…,` of built-in kinds. */
function itemSkip(kind: ServedKind): number {
  if (kind.definition === undefined) return 0;
  return Buffer.byteLength(`{"kind":${JSON.stringify(kind.entry.kind)},"apiVersion":${JSON.stringify(kind.apiVersion)},`);
}

function converted(context: RequestContext, negotiated: Negotiated, kind: ServedKind, page: Page, metadata: ListMeta): Uint8Array {
  if (negotiated.as?.kind === "Table") {
    const objects = Array.from(page.items, (item) => shownObject(kind, item));
    const text = tableText(context, kind, negotiated, objects, metadata);
    return textBytes(negotiated, page.single && objects.length === 0 ? text.replace(/"rows":\[\]\}$/, '"rows":null}') : text);
  }
  if (negotiated.as !== undefined) {
    const { version } = negotiated.as;
    const items = Array.from(page.items, (item) => partialObjectMetadata(item.object(), version));
    return encodeAs(negotiated, `${PARTIAL_DEFINITION}List`, { kind: "PartialObjectMetadataList", apiVersion: `meta.k8s.io/${version}`, metadata, items });
  }
  const items = Array.from(page.items, (item) => listItem(kind, item));
  return encodeAs(negotiated, listDefinition(kind), { kind: kind.entry.listKind, apiVersion: kind.apiVersion, metadata, items });
}

/** An item as its list shows it: without kind and apiVersion for built-in kinds. */
function listItem(kind: ServedKind, cached: CachedObject): object {
  const object: Partial<ApiObject> = fromStored(kind, cached.copy());
  if (kind.definition === undefined) return object;
  delete object.kind;
  delete object.apiVersion;
  return object;
}

function listDefinition(kind: ServedKind): string | undefined {
  return kind.definition === undefined ? undefined : `${kind.definition}List`;
}

/** One object as JSON text in its kind's own form: what watch frames of views carry. */
export function objectText(kind: ServedKind, cached: CachedObject): string {
  return encodeObject(kind.definition, fromStored(kind, cached.copy()));
}
