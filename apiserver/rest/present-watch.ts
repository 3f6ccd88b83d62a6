import type { ApiResponse, WatchEvent } from "../../api/exchange.ts";
import { encodeObject } from "../../api/codec/json.ts";
import type { Negotiated } from "../../api/codec/negotiate.ts";
import { encodeProtobuf, watchFrame } from "../../api/codec/protobuf.ts";
import { partialObjectMetadata } from "../../api/codec/table.ts";
import type { ApiObject, Status } from "../../api/wire.ts";
import { answerHeaders, STATUS_DEFINITION } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import { type FrameSource, FrameStream } from "../chain/frame-stream.ts";
import { wantsWebSocket } from "../chain/websocket.ts";
import { watchOverWebSocket } from "../chain/websocket-stream.ts";
import { jsonFrame, type CacheEvent, type ChangeType } from "../registry/cache-event.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { shownObject } from "../registry/update.ts";
import type { WatchEncoder } from "../registry/watch.ts";
import { objectText } from "./present-list.ts";
import { PARTIAL_DEFINITION, tableText } from "./present.ts";

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** In process: objects instead of bytes. */
export function objectEncoder(kind: ServedKind): WatchEncoder<WatchEvent> {
  return {
    change: (type, event) => ({ type, object: shownObject(kind, event.shown(type)!) }),
    initial: (object) => ({ type: "ADDED", object: shownObject(kind, object) }),
    bookmark: (revision, initialEnd) => ({ type: "BOOKMARK", object: bookmarkObject(kind, revision, initialEnd) }),
    error: (status) => ({ type: "ERROR", object: status as unknown as ApiObject }),
    size_bytes: () => 1024,
  };
}

/** Over the wire: JSON or protobuf frames of the object itself, of its metadata, or of Table rows. */
export function frameEncoder(context: RequestContext, kind: ServedKind, negotiated: Negotiated): WatchEncoder<Uint8Array> {
  if (negotiated.mediaType === "protobuf") return { ...protobufEncoder(kind, negotiated), size_bytes };
  if (negotiated.as !== undefined) return { ...convertingEncoder(context, kind, negotiated), error: errorFrame, size_bytes };
  return plainEncoder(kind);
}

/** One for all plain watches of a kind: it knows nothing of a request. */
const plainEncoders = new WeakMap<ServedKind, WatchEncoder<Uint8Array>>();

function plainEncoder(kind: ServedKind): WatchEncoder<Uint8Array> {
  const made = plainEncoders.get(kind) ?? makePlainEncoder(kind);
  plainEncoders.set(kind, made);
  return made;
}

function makePlainEncoder(kind: ServedKind): WatchEncoder<Uint8Array> {
  const text = kind.isShownAsCached ? undefined : (object: CachedObject) => Buffer.from(objectText(kind, object));
  return {
    change: (type, event) => (text === undefined ? event.frame(type) : jsonFrame(type, text(event.shown(type)!))),
    initial: (object) => jsonFrame("ADDED", text === undefined ? object.json : text(object)),
    bookmark: (revision, initialEnd) => jsonFrame("BOOKMARK", Buffer.from(encodeObject(kind.definition, bookmarkObject(kind, revision, initialEnd)))),
    error: errorFrame,
    size_bytes,
  };
}

const errorFrame = (status: Status) => jsonFrame("ERROR", Buffer.from(encodeObject(STATUS_DEFINITION, status)));
const size_bytes = (frame: Uint8Array) => frame.length;

type Converter = Pick<WatchEncoder<Uint8Array>, "change" | "initial" | "bookmark">;

/** Table rows (column definitions with the first event only) or metadata. */
function convertingEncoder(context: RequestContext, kind: ServedKind, negotiated: Negotiated): Converter {
  let first = true;
  const convert = (object: ApiObject): string => {
    if (negotiated.as?.kind !== "Table") return encodeObject(PARTIAL_DEFINITION, partialObjectMetadata(object, negotiated.as?.version ?? "v1"));
    const withColumns = first;
    first = false;
    return tableText(context, kind, negotiated, [object], { resourceVersion: object.metadata.resourceVersion ?? "" }, withColumns);
  };
  const frame = (type: string, object: ApiObject) => jsonFrame(type, Buffer.from(convert(object)));
  return {
    change: (type, event) => frame(type, shownObject(kind, event.shown(type)!)),
    initial: (object) => frame("ADDED", shownObject(kind, object)),
    bookmark: (revision, initialEnd) => frame("BOOKMARK", bookmarkObject(kind, revision, initialEnd)),
  };
}

function protobufEncoder(kind: ServedKind, negotiated: Negotiated): Omit<WatchEncoder<Uint8Array>, "size_bytes"> {
  const version = negotiated.as?.version ?? "v1";
  const envelope = (object: ApiObject) => (negotiated.as === undefined ? encodeProtobuf(kind.definition ?? "", object) : encodeProtobuf(PARTIAL_DEFINITION, partialObjectMetadata(object, version)));
  return {
    change: (type: ChangeType, event: CacheEvent) => watchFrame(type, envelope(shownObject(kind, event.shown(type)!))),
    initial: (object: CachedObject) => watchFrame("ADDED", envelope(shownObject(kind, object))),
    bookmark: (revision: number, initialEnd: boolean) => watchFrame("BOOKMARK", envelope(bookmarkObject(kind, revision, initialEnd))),
    error: (status: Status) => watchFrame("ERROR", encodeProtobuf(STATUS_DEFINITION, status as unknown as ApiObject)),
  };
}

/** An object of the kind that carries nothing but how far the watch has come. */
function bookmarkObject(kind: ServedKind, revision: number, initialEnd: boolean): ApiObject {
  const annotations = initialEnd ? { annotations: { [INITIAL_EVENTS_END]: "true" } } : {};
  return { kind: kind.entry.kind, apiVersion: kind.apiVersion, metadata: { resourceVersion: String(revision), ...annotations } };
}

/** A watch's answer in process. */
export function presentObjectWatch(context: RequestContext, batches: AsyncIterable<readonly WatchEvent[]>): ApiResponse {
  return { status: 200, headers: answerHeaders(context, "application/json"), body: { type: "watch", batches } };
}

/** A watch's answer over the wire. */
export function presentFrameWatch(context: RequestContext, negotiated: Negotiated, batches: FrameSource): ApiResponse {
  if (wantsWebSocket(context.request)) return watchOverWebSocket(context.request, batches, negotiated.mediaType === "protobuf");
  return { status: 200, headers: answerHeaders(context, negotiated.contentType), body: { type: "stream", chunks: new FrameStream(batches) } };
}
