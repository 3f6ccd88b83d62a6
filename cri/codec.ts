import { enums, messages, type EnumName, type Init, type Message, type MessageName } from "./vocabulary.ts";
import { WireReader } from "../lib/wire-reader.ts";
import { WireWriter } from "../lib/wire-writer.ts";

/**
 * proto3 codec over the tables of vocabulary.ts. Small and without reflection objects: the runtime and the agent are
 * resident on every node. Messages are bounded by the transport (gRPC's message limit); CRI's do not recurse.
 */
interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
  readonly kind: "scalar" | "enum" | "message" | "map";
}

interface Layout {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

type Fieldset = Record<string, unknown>;

const layouts = new Map<string, Layout>();
const enumNames = new Map<string, ReadonlyMap<number, string>>();

/** The bytes of `message`. Enums are names; an unknown name throws TypeError. */
export function encode<N extends MessageName>(name: N, message: Init<N>): Buffer {
  return encodeFields(name, message as Fieldset);
}

/** Unknown fields are skipped; an enum number that we do not know becomes the name of 0. RangeError when malformed. */
export function decode<N extends MessageName>(name: N, bytes: Uint8Array): Message<N> {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodeFields(name, new WireReader(buffer)) as Message<N>;
}

function layoutOf(name: string): Layout {
  const known = layouts.get(name);
  if (known !== undefined) return known;
  const table = (messages as Record<string, Record<string, readonly [number, string, "repeated"?]>>)[name];
  if (table === undefined) throw new TypeError(`CRI has no message ${name}`);
  const fields = Object.entries(table).map(([field, [number, type, repeated]]): Field => {
    const kind = type === "map" ? "map" : type in messages ? "message" : type in enums ? "enum" : "scalar";
    return { name: field, number, type, repeated: repeated !== undefined, kind };
  });
  const layout = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
  layouts.set(name, layout);
  return layout;
}

function encodeFields(name: string, message: Fieldset): Buffer {
  const writer = new WireWriter();
  for (const field of layoutOf(name).fields) {
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    if (field.kind === "map") writeMap(writer, field, value as Record<string, string>);
    else if (field.repeated) writeList(writer, field, value as unknown[]);
    else if (!isZero(field, value)) writeTagged(writer, field, value);
  }
  return writer.finish();
}

function isZero(field: Field, value: unknown): boolean {
  if (field.kind === "message") return false;
  if (field.kind === "enum") return enumNumber(field.type, value) === 0;
  return field.type === "bytes" ? (value as Uint8Array).length === 0 : !value;
}

function writeList(writer: WireWriter, field: Field, values: readonly unknown[]): void {
  if (values.length === 0) return;
  if (wireTypeOf(field) === 2) {
    for (const value of values) writeTagged(writer, field, value);
    return;
  }
  const packed = new WireWriter();
  for (const value of values) writeValue(packed, field, value);
  writer.tag(field.number, 2);
  writer.bytes(packed.finish());
}

function writeMap(writer: WireWriter, field: Field, map: Record<string, string>): void {
  for (const [key, value] of Object.entries(map)) {
    const entry = new WireWriter();
    entry.tag(1, 2);
    entry.string(key);
    entry.tag(2, 2);
    entry.string(value);
    writer.tag(field.number, 2);
    writer.bytes(entry.finish());
  }
}

function writeTagged(writer: WireWriter, field: Field, value: unknown): void {
  writer.tag(field.number, wireTypeOf(field));
  writeValue(writer, field, value);
}

function writeValue(writer: WireWriter, field: Field, value: unknown): void {
  if (field.kind === "message") writer.bytes(encodeFields(field.type, value as Fieldset));
  else if (field.kind === "enum") writer.varint(enumNumber(field.type, value));
  else if (field.type === "string") writer.string(value as string);
  else if (field.type === "bytes") writer.bytes(value as Uint8Array);
  else if (field.type === "double") writer.double(value as number);
  else writer.varint(Number(value));
}

function wireTypeOf(field: Field): number {
  if (field.kind === "message" || field.kind === "map" || field.type === "string" || field.type === "bytes") return 2;
  return field.type === "double" ? 1 : 0;
}

function decodeFields(name: string, reader: WireReader): Fieldset {
  const layout = layoutOf(name);
  const message: Fieldset = {};
  for (const field of layout.fields) if (field.repeated || field.kind !== "message") message[field.name] = zeroOf(field);
  while (!reader.done) {
    const tag = reader.varint();
    const field = layout.byNumber.get(Math.floor(tag / 8));
    const wireType = tag % 8;
    if (field === undefined) reader.skip(wireType);
    else readField(reader, field, wireType, message);
  }
  return message;
}

function readField(reader: WireReader, field: Field, wireType: number, message: Fieldset): void {
  if (field.kind === "map") return readEntry(reader.message(), message[field.name] as Record<string, string>);
  const expected = wireTypeOf(field);
  if (!field.repeated) {
    if (wireType !== expected) return reader.skip(wireType);
    message[field.name] = readValue(reader, field);
    return;
  }
  const list = message[field.name] as unknown[];
  if (wireType === expected) list.push(readValue(reader, field));
  else if (wireType === 2) {
    for (const packed = reader.message(); !packed.done; ) list.push(readValue(packed, field));
  } else reader.skip(wireType);
}

function readEntry(entry: WireReader, map: Record<string, string>): void {
  let key = "";
  let value = "";
  while (!entry.done) {
    const tag = entry.varint();
    if (tag === 10) key = entry.string();
    else if (tag === 18) value = entry.string();
    else entry.skip(tag % 8);
  }
  map[key] = value;
}

function readValue(reader: WireReader, field: Field): unknown {
  if (field.kind === "message") return decodeFields(field.type, reader.message());
  if (field.kind === "enum") return enumName(field.type, reader.varint());
  if (field.type === "string") return reader.string();
  if (field.type === "bytes") return reader.bytes();
  if (field.type === "double") return reader.double();
  if (field.type === "bool") return reader.varint() !== 0;
  return field.type === "int32" || field.type === "int64" ? reader.signed() : reader.varint();
}

function zeroOf(field: Field): unknown {
  if (field.repeated) return [];
  // A label may be called __proto__: the map must not have a prototype to fall into.
  if (field.kind === "map") return Object.create(null);
  if (field.kind === "enum") return enumName(field.type, 0);
  if (field.type === "string") return "";
  if (field.type === "bool") return false;
  return field.type === "bytes" ? new Uint8Array(0) : 0;
}

function enumNumber(type: string, name: unknown): number {
  const number = (enums as Record<string, Record<string, number>>)[type]?.[name as string];
  if (number === undefined) throw new TypeError(`CRI's ${type} has no ${String(name)}`);
  return number;
}

function enumName(type: string, number: number): string {
  let names = enumNames.get(type);
  if (names === undefined) {
    const table = enums[type as EnumName] as Record<string, number>;
    names = new Map(Object.entries(table).map(([name, value]) => [value, name]));
    enumNames.set(type, names);
  }
  return names.get(number) ?? (names.get(0) as string);
}
