import { canonicalQuantity, QuantityError } from "../../quantity.ts";
import { definition as definitionOf } from "../../schema/schema.ts";
import type { Definition, FieldSchema, SchemaType } from "../../schema/types.ts";
import { DecodeError } from "../decode-error.ts";
import { JsonSyntaxError, parseJsonTree } from "../json-tree.ts";
import { DepthError, rawValue } from "../raw.ts";
import { dropsZero, isZeroScalar, setOwn, zeroOfField } from "../zero.ts";
import { layoutOf, type MessageLayout, SCHEMA_PROPS } from "./layout.ts";
import { Reader } from "./reader.ts";

/** Reads Kubernetes' protobuf messages into normalised objects (zero.ts), the same as their JSON would give. */
type Container = Record<string, unknown>;
/** `before`: what an earlier occurrence of the field gave. */
type ReadValue = (reader: Reader, before: unknown, depth: number) => unknown;

interface CompiledField {
  readonly wireType: number;
  readonly name: string;
  readonly read: ReadValue;
}

interface CompiledMessage {
  readonly definition: Definition;
  readonly fields: MessageReader;
}

type MessageReader = ReadonlyMap<number, CompiledField | { readonly inline: MessageReader }>;

/** Messages nested deeper are refused. */
const MAX_MESSAGE_DEPTH = 1000;

const compiled = new Map<string, CompiledMessage>();

/** The object that the message of a definition holds. @throws DecodeError */
export function readMessage(definitionName: string, reader: Reader, depth = 0, before: Container | undefined = undefined): Container {
  if (depth > MAX_MESSAGE_DEPTH) throw new DecodeError("exceeded max depth");
  const message = messageOf(definitionName);
  const values = new Map<string, unknown>(Object.entries(before ?? {}));
  readFields(message.fields, reader, values, depth);
  const object: Container = {};
  for (const field of message.definition.fields) {
    const value = values.get(field.name);
    const kept = value === undefined || (isZeroScalar(value) && dropsZero(field)) ? zeroOfField(field) : value;
    if (kept !== undefined && (kept !== null || field.pointer)) object[field.name] = kept;
  }
  return object;
}

function messageOf(definitionName: string): CompiledMessage {
  let message = compiled.get(definitionName);
  if (message === undefined) {
    const definition = definitionOf(definitionName);
    message = { definition, fields: compileLayout(layoutOf(definition)) };
    compiled.set(definitionName, message);
  }
  return message;
}

function compileLayout(layout: MessageLayout): MessageReader {
  return new Map(
    layout.entries.map((entry) => [entry.number, entry.type === "inline" ? { inline: compileLayout(entry.message) } : compileField(entry.field)] as const),
  );
}

function readFields(fields: MessageReader, reader: Reader, values: Map<string, unknown>, depth: number): void {
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    const field = fields.get(number);
    if (field === undefined) reader.skip(wireType);
    else if ("inline" in field) {
      if (wireType !== 2) throw new DecodeError(`proto: wrong wireType = ${wireType} for field ${number}`);
      readFields(field.inline, reader.message(), values, depth);
    } else {
      if (wireType !== field.wireType) throw new DecodeError(`proto: wrong wireType = ${wireType} for field ${field.name}`);
      values.set(field.name, field.read(reader, values.get(field.name), depth));
    }
  }
}

function compileField(field: FieldSchema): CompiledField {
  const { type, name } = field;
  if (type.type === "list") {
    const item = compileValue(type.items);
    const append: ReadValue = (reader, before, depth) => {
      const list = (before ?? []) as unknown[];
      list.push(item(reader, undefined, depth));
      return list;
    };
    if (!field.wrapped) return { wireType: wireTypeOf(type.items), name, read: append };
    return { wireType: 2, name, read: (reader, before, depth) => readList(reader.message(), item, before, depth) };
  }
  if (type.type === "map") return { wireType: 2, name, read: compileMap(type.values) };
  return { wireType: wireTypeOf(type), name, read: compileValue(type) };
}

function wireTypeOf(type: SchemaType): number {
  return type.type === "boolean" || type.type === "integer" ? 0 : type.type === "double" ? 1 : 2;
}

function readList(reader: Reader, item: ReadValue, before: unknown, depth: number): unknown[] {
  const list = [...((before ?? []) as unknown[])];
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1) list.push(item(reader, undefined, depth));
    else reader.skip(wireType);
  }
  return list;
}

function compileMap(values: SchemaType): ReadValue {
  const items = values.type === "list" ? compileValue(values.items) : undefined;
  const value: ReadValue = items === undefined ? compileValue(values) : (reader, before, depth) => readList(reader.message(), items, before, depth);
  const wireType = wireTypeOf(values);
  return (reader, before, depth) => {
    const map = (before ?? {}) as Container;
    const entry = reader.message();
    let key = "";
    let read: unknown;
    while (!entry.done) {
      const tag = entry.tag();
      if (tag.number === 1 && tag.wireType === 2) key = entry.string();
      else if (tag.number === 2 && tag.wireType === wireType) read = value(entry, read, depth);
      else entry.skip(tag.wireType);
    }
    setOwn(map, key, read ?? emptyValue(values, value, depth));
    return map;
  };
}

/** A map's entry without a value: the value that an empty message or scalar stands for. */
function emptyValue(type: SchemaType, value: ReadValue, depth: number): unknown {
  if (type.type === "string" || type.type === "bytes") return "";
  return value(new Reader(Buffer.of(0)), undefined, depth) ?? null;
}

function compileValue(type: SchemaType): ReadValue {
  switch (type.type) {
    case "string":
      return (reader) => reader.string();
    case "boolean":
      return (reader) => reader.int64() !== 0;
    case "integer":
      return type.bits === 32 ? (reader) => reader.int32() : (reader) => reader.int64();
    case "double":
      return (reader) => reader.double();
    case "bytes":
      return (reader) => reader.base64();
    case "object":
      return (reader, before, depth) => readMessage(type.definition, reader.message(), depth + 1, before as Container | undefined);
    default:
      return compileSpecial(type);
  }
}

/** Messages that JSON shows as something else. */
function compileSpecial(type: SchemaType): ReadValue {
  switch (type.type) {
    case "time":
      return (reader) => readTime(reader.message(), false);
    case "microTime":
      return (reader) => readTime(reader.message(), true);
    case "quantity":
      return (reader) => readQuantity(reader.message());
    case "intOrString":
      return (reader) => readIntOrString(reader.message());
    case "schemaOrArray":
    case "schemaOrBool":
    case "schemaOrStrings": {
      const union = type.type;
      return (reader, _before, depth) => readSchemaOr(union, reader.message(), depth);
    }
    default:
      return (reader) => readRaw(reader.message());
  }
}

function readTime(reader: Reader, micro: boolean): string | null {
  // No bytes at all are the zero time.
  if (reader.done) return null;
  let seconds = 0;
  let nanos = 0;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 0) seconds = Number(reader.int64());
    else if (number === 2 && wireType === 0) nanos = reader.int32();
    else reader.skip(wireType);
  }
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) throw new DecodeError("Time.MarshalJSON: year outside of range [0,9999]");
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z` : `${text}Z`;
}

/** Years 0 and 9999. */
const MIN_SECONDS = -62_167_219_200;
const MAX_SECONDS = 253_402_300_799;

function readQuantity(reader: Reader): string {
  const text = readText(reader, 1);
  try {
    return canonicalQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
}

function readText(reader: Reader, wanted: number): string {
  let text = "";
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === wanted && wireType === 2) text = reader.string();
    else reader.skip(wireType);
  }
  return text;
}

function readIntOrString(reader: Reader): number | string {
  let type = 0;
  let number = 0;
  let text = "";
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.wireType === 0) type = reader.int32();
    else if (tag.number === 2 && tag.wireType === 0) number = reader.int32();
    else if (tag.number === 3 && tag.wireType === 2) text = reader.string();
    else reader.skip(tag.wireType);
  }
  return type === 1 ? text : number;
}

function readRaw(reader: Reader): unknown {
  const text = readText(reader, 1);
  if (text === "") return null;
  try {
    return rawValue(parseJsonTree(text), text);
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof DepthError) throw new DecodeError(error.message);
    throw error;
  }
}

function readSchemaOr(type: "schemaOrArray" | "schemaOrBool" | "schemaOrStrings", reader: Reader, depth: number): unknown {
  const list: unknown[] = [];
  let schema: Container | undefined;
  let allows = false;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (type === "schemaOrBool" && number === 1 && wireType === 0) allows = reader.int64() !== 0;
    else if (wireType !== 2 || number > 2) reader.skip(wireType);
    else if (number === 1 || type === "schemaOrBool") schema = readMessage(SCHEMA_PROPS, reader.message(), depth + 1, schema);
    else list.push(type === "schemaOrStrings" ? reader.string() : readMessage(SCHEMA_PROPS, reader.message(), depth + 1));
  }
  return schema ?? (type === "schemaOrBool" ? allows : list);
}
