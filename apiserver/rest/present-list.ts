import type { ApiResponse } from "../../api/exchange.ts";
import { encodeObject } from "../../api/codec/json.ts";
import type { Negotiated } from "../../api/codec/negotiate.ts";
import { partialObjectMetadata } from "../../api/codec/table.ts";
import type { ApiObject, ListMeta } from "../../api/wire.ts";
import { answerHeaders, encodeAs } from "../chain/answer.ts";
import { CHUNK_BYTES, ChunkStream } from "../chain/chunk-stream.ts";
import type { RequestContext } from "../chain/context.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import { allItems, type Page } from "../registry/list.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { fromStored } from "../registry/storage-write.ts";
import { shownObject } from "../registry/update.ts";
import { checkListConversion, isPlainJson, PARTIAL_DEFINITION, tableText, textBytes } from "./present.ts";

const COMMA = 0x2c;
const OPEN = 0x7b;

/** A page of objects, in the form that was negotiated. @throws StatusError 406, 400 */
export async function presentList(context: RequestContext, negotiated: Negotiated, kind: ServedKind, listed: Page): Promise<ApiResponse> {
  const headers = answerHeaders(context, negotiated.contentType);
  const metadata = listMeta(listed);
  if (listed.more !== undefined && context.request.acceptsObjects !== true && isPlainJson(kind, negotiated)) return { status: 200, headers, body: { type: "stream", chunks: longBody(kind, metadata, listed) } };
  const page = listed.more === undefined ? listed : { ...listed, items: await allItems(listed) };
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
  const iterator = items[Symbol.iterator]();
  const frame = kind.definition === undefined ? customFrame(kind, metadata) : frameOf(kind, metadata);
  const small = firstChunk(kind, frame, iterator);
  if (small.whole) return { type: "bytes", bytes: small.bytes };
  return { type: "stream", chunks: new ChunkStream(small.bytes, (buffer) => restChunks(kind, frame, small.pending, iterator, buffer)) };
}

/** What stands around the items of a list. */
interface ListFrame {
  readonly head: string;
  readonly tail: string;
}

function frameOf(kind: ServedKind, metadata: ListMeta): ListFrame {
  return { head: `{"kind":${JSON.stringify(kind.entry.listKind)},"apiVersion":${JSON.stringify(kind.apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`, tail: "]}\n" };
}

/** Lists of custom resources have their keys sorted, and always say where they go on. */
function customFrame(kind: ServedKind, metadata: ListMeta): ListFrame {
  return { head: `{"apiVersion":${JSON.stringify(kind.apiVersion)},"items":[`, tail: `],"kind":${JSON.stringify(kind.entry.listKind)},"metadata":${encodeObject(undefined, { continue: "", ...metadata })}}\n` };
}

/** `{"kind":"PodList","apiVersion":"v1","metadata":{…},"items":[…]}`, or its beginning and the item that no longer fitted. */
function firstChunk(kind: ServedKind, { head, tail }: ListFrame, items: Iterator<CachedObject>): { whole: boolean; bytes: Buffer; pending: CachedObject | undefined } {
  const skip = itemSkip(kind);
  const first: CachedObject[] = [];
  let size = Buffer.byteLength(head) + Buffer.byteLength(tail);
  let pending: CachedObject | undefined;
  for (let next = items.next(); next.done !== true; next = items.next()) {
    if (size + next.value.bytes.length + 1 > CHUNK_BYTES) {
      pending = next.value;
      break;
    }
    first.push(next.value);
    size += next.value.bytes.length + 1;
  }
  const bytes = Buffer.allocUnsafe(size);
  let used = bytes.write(head);
  for (const [index, item] of first.entries()) {
    if (index > 0) bytes[used++] = COMMA;
    used = writeItem(bytes, used, item, skip);
  }
  if (pending === undefined) used += bytes.write(tail, used);
  // What follows begins with a comma: where nothing fitted here, the first item must not have one.
  else if (first.length > 0) bytes[used++] = COMMA;
  return { whole: pending === undefined, bytes: bytes.subarray(0, used), pending };
}

/** The items after the first chunk, in pieces. */
function* restChunks(kind: ServedKind, { tail }: ListFrame, first: CachedObject | undefined, items: Iterator<CachedObject>, buffer: () => Buffer): Generator<Uint8Array> {
  const skip = itemSkip(kind);
  let chunk = buffer();
  let used = 0;
  for (let item = first; item !== undefined; ) {
    const next = items.next();
    const size = item.bytes.length - skip + 1;
    if (used + size > chunk.length) {
      if (used > 0) yield chunk.subarray(0, used);
      chunk = size > CHUNK_BYTES ? Buffer.allocUnsafe(size) : buffer();
      used = 0;
    }
    used = writeItem(chunk, used, item, skip);
    if (next.done === true) break;
    chunk[used++] = COMMA;
    item = next.value;
  }
  if (used + Buffer.byteLength(tail) > chunk.length) {
    yield chunk.subarray(0, used);
    yield Buffer.from(tail);
    return;
  }
  used += chunk.write(tail, used);
  yield chunk.subarray(0, used);
}

/** A list whose objects are read from the store as they are sent. */
async function* longBody(kind: ServedKind, metadata: ListMeta, page: Page): AsyncGenerator<Uint8Array> {
  const { head, tail } = frameOf(kind, metadata);
  const skip = itemSkip(kind);
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = chunk.write(head);
  let isFirst = true;
  const piece = () => chunk.subarray(0, used);
  const fits = (size: number) => used + size <= chunk.length;
  const renew = (size: number) => {
    chunk = Buffer.allocUnsafe(Math.max(size, CHUNK_BYTES));
    used = 0;
  };
  for await (const items of inOrder(page)) {
    for (const item of items) {
      const size = item.bytes.length + 1;
      if (!fits(size)) {
        yield piece();
        renew(size);
      }
      if (!isFirst) chunk[used++] = COMMA;
      used = writeItem(chunk, used, item, skip);
      isFirst = false;
    }
  }
  if (!fits(tail.length)) {
    yield piece();
    renew(tail.length);
  }
  used += chunk.write(tail, used);
  yield piece();
}

async function* inOrder(page: Page): AsyncGenerator<Iterable<CachedObject>> {
  yield page.items;
  if (page.more !== undefined) yield* page.more;
}

/** An item is the cached object behind its own head, without its newline. */
function writeItem(chunk: Buffer, at: number, item: CachedObject, skip: number): number {
  let used = at;
  if (skip > 0) chunk[used++] = OPEN;
  const { bytes } = item;
  return used + bytes.copy(chunk, used, skip, bytes.length - 1);
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
    return textBytes(negotiated, page.single && objects.length === 0 && hasPlainColumns(kind) ? text.replace(/"rows":\[\]\}$/, '"rows":null}') : text);
  }
  if (negotiated.as !== undefined) {
    const { version } = negotiated.as;
    const items = Array.from(page.items, (item) => partialObjectMetadata(item.object(), version));
    return encodeAs(negotiated, `${PARTIAL_DEFINITION}List`, { kind: "PartialObjectMetadataList", apiVersion: `meta.k8s.io/${version}`, metadata, items });
  }
  const items = Array.from(page.items, (item) => listItem(kind, item));
  const shownMetadata = kind.definition === undefined ? { continue: "", ...metadata } : metadata;
  return encodeAs(negotiated, listDefinition(kind), { kind: kind.entry.listKind, apiVersion: kind.apiVersion, metadata: shownMetadata, items });
}

/** Name and creation time: Kubernetes' own converter makes these Tables, and its empty ones have null rows. */
function hasPlainColumns(kind: ServedKind): boolean {
  return kind.entry.columns.length === 2 && kind.entry.columns[1]?.name === "Created At";
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
