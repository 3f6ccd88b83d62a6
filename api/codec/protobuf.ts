import { definition as definitionOf } from "../schema/schema.ts";
import type { GroupVersionKind } from "../schema/types.ts";
import type { ApiObject } from "../wire.ts";
import { DecodeError } from "./decode-error.ts";
import { readMessage } from "./protobuf/decode.ts";
import { writeMessage } from "./protobuf/encode.ts";
import { Reader } from "./protobuf/reader.ts";
import { Writer } from "./protobuf/writer.ts";

const LENGTH = 2;
/** `k8s\0`: what every body begins with. */
const MAGIC = Buffer.from("k8s\0");

/** Whether the definition has a protobuf form (a Table has none). */
export function hasProtobuf(definition: string): boolean {
  return definitionOf(definition).protobuf;
}

/** The object in its `k8s\0` envelope, byte for byte as Kubernetes writes it. */
export function encodeProtobuf(definition: string, object: Readonly<Record<string, unknown>>): Uint8Array {
  const writer = new Writer();
  return envelope(writer, String(object.apiVersion ?? ""), String(object.kind ?? ""), () => writeMessage(definition, object, writer));
}

/** The object's message without envelope: an item of a list. */
export function encodeMessage(definition: string, object: unknown): Uint8Array {
  const writer = new Writer();
  writeMessage(definition, object, writer);
  return writer.finish();
}

/**
 * A list in its envelope from items that are messages already (encodeMessage), so that stored bytes need no decoding.
 * Every list has its metadata in field 1 and its items in field 2.
 */
export function encodeProtobufList(apiVersion: string, kind: string, metadata: Readonly<Record<string, unknown>>, items: readonly Uint8Array[]): Uint8Array {
  const size = items.reduce((sum, item) => sum + item.length + 8, 256);
  const writer = new Writer(size);
  return envelope(writer, apiVersion, kind, () => {
    for (let i = items.length - 1; i >= 0; i--) {
      writer.bytes(items[i] as Uint8Array);
      writer.tag(2, LENGTH);
    }
    const before = writer.length;
    writeMessage("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", metadata, writer);
    writer.lengthSince(before);
    writer.tag(1, LENGTH);
  });
}

/** A message in its envelope: a stored item alone. */
export function encodeEnvelope(apiVersion: string, kind: string, message: Uint8Array): Uint8Array {
  const writer = new Writer(message.length + 64);
  return envelope(writer, apiVersion, kind, () => writer.raw(message));
}

function envelope(writer: Writer, apiVersion: string, kind: string, message: () => void): Uint8Array {
  for (const emptyField of [4, 3]) {
    writer.string("");
    writer.tag(emptyField, LENGTH);
  }
  const raw = writer.length;
  message();
  writer.lengthSince(raw);
  writer.tag(2, LENGTH);
  const typeMeta = writer.length;
  writer.string(kind);
  writer.tag(2, LENGTH);
  writer.string(apiVersion);
  writer.tag(1, LENGTH);
  writer.lengthSince(typeMeta);
  writer.tag(1, LENGTH);
  writer.raw(MAGIC);
  return writer.finish();
}

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly message: Uint8Array;
}

/** Opens the envelope of a body. @throws DecodeError */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new DecodeError("empty data");
  if (bytes.length < MAGIC.length || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    throw new DecodeError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  if (bytes.length === MAGIC.length) throw new DecodeError("empty body");
  const reader = new Reader(bytes, MAGIC.length);
  const opened = { apiVersion: "", kind: "", message: new Uint8Array(0) as Uint8Array };
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === LENGTH) Object.assign(opened, readTypeMeta(reader.message()));
    else if (number === 2 && wireType === LENGTH) opened.message = reader.bytes();
    else reader.skip(wireType);
  }
  return opened;
}

function readTypeMeta(reader: Reader): { apiVersion: string; kind: string } {
  const meta = { apiVersion: "", kind: "" };
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === LENGTH) meta.apiVersion = reader.string();
    else if (number === 2 && wireType === LENGTH) meta.kind = reader.string();
    else reader.skip(wireType);
  }
  return meta;
}

/** A message → normalised object of the definition, with this kind and apiVersion. @throws DecodeError */
export function decodeMessage(definition: string, message: Uint8Array, type?: { apiVersion: string; kind: string }): Record<string, unknown> {
  const object = readMessage(definition, new Reader(message));
  return type === undefined ? object : { kind: type.kind, apiVersion: type.apiVersion, ...object };
}

/** An enveloped body → object, kind and apiVersion from the envelope. `definitionFor` gives the definition of a kind. @throws DecodeError */
export function decodeProtobuf(bytes: Uint8Array, definitionFor: (kind: GroupVersionKind) => string | undefined): { kind: GroupVersionKind; object: ApiObject } {
  const { apiVersion, kind, message } = openEnvelope(bytes);
  const slash = apiVersion.indexOf("/");
  const gvk = { group: slash < 0 ? "" : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind };
  const definition = definitionFor(gvk);
  if (definition === undefined) throw new DecodeError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  return { kind: gvk, object: decodeMessage(definition, message, { apiVersion, kind }) as unknown as ApiObject };
}

/** One frame of a protobuf watch: big-endian length, then a WatchEvent whose object is `enveloped`. */
export function watchFrame(type: string, enveloped: Uint8Array): Uint8Array {
  const writer = new Writer(enveloped.length + 64);
  writer.bytes(enveloped);
  writer.tag(1, LENGTH);
  writer.lengthSince(0);
  writer.tag(2, LENGTH);
  writer.string(type);
  writer.tag(1, LENGTH);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(writer.length);
  writer.raw(length);
  return writer.finish();
}
