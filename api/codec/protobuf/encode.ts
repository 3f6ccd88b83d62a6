import { definition as definitionOf } from "../../schema/schema.ts";
import type { FieldSchema, SchemaType } from "../../schema/types.ts";
import { sortedKeys } from "../json-text.ts";
import { rawText } from "../raw.ts";
import { type LayoutEntry, layoutOf, type MessageLayout, SCHEMA_PROPS } from "./layout.ts";
import type { Writer } from "./writer.ts";

/**
 * Writes objects in Kubernetes' protobuf form, byte for byte as its generated code does: fields ascending by number
 * (written here from the last to the first), scalars and messages without a pointer always, lists one tag per element,
 * maps sorted. One writer is compiled per definition.
 */
type Container = Readonly<Record<string, unknown>>;
/** Writes the fields of a message; its length is the caller's. */
type WriteMessage = (object: Container, writer: Writer) => void;
/** Writes tag and value of a field that may be absent. */
type WriteField = (value: unknown, writer: Writer) => void;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

const compiled = new Map<string, WriteMessage>();

/** Writes the message of an object of the definition. */
export function writeMessage(definitionName: string, object: unknown, writer: Writer): void {
  messageWriter(definitionName)(object as Container, writer);
}

function messageWriter(definitionName: string): WriteMessage {
  const known = compiled.get(definitionName);
  if (known !== undefined) return known;
  let write: WriteMessage | undefined;
  // Not at compile time: definitions refer to each other in circles.
  const lazy: WriteMessage = (object, writer) => {
    write ??= compileMessage(layoutOf(definitionOf(definitionName)));
    write(object, writer);
  };
  compiled.set(definitionName, lazy);
  return lazy;
}

function compileMessage(layout: MessageLayout): WriteMessage {
  const entries = layout.entries.map(compileEntry).reverse();
  return (object, writer) => {
    for (const write of entries) write(object, writer);
  };
}

function compileEntry(entry: LayoutEntry): WriteMessage {
  if (entry.type === "inline") {
    const message = compileMessage(entry.message);
    return (object, writer) => delimited(writer, entry.number, () => message(object, writer));
  }
  const { name } = entry.field;
  const write = compileField(entry.field, entry.number);
  return (object, writer) => write(object[name], writer);
}

/** Tag, length and content. */
function delimited(writer: Writer, number: number, content: () => void): void {
  const before = writer.length;
  content();
  writer.lengthSince(before);
  writer.tag(number, LENGTH);
}

function compileField(field: FieldSchema, number: number): WriteField {
  const { type } = field;
  if (type.type === "list") {
    const element = compileElement(type.items, field.wrapped ? 1 : number);
    const list: WriteField = (value, writer) => {
      const items = (value ?? []) as readonly unknown[];
      for (let i = items.length - 1; i >= 0; i--) element(items[i], writer);
    };
    if (!field.wrapped) return list;
    return (value, writer) => (value === undefined || value === null ? undefined : delimited(writer, number, () => list(value, writer)));
  }
  if (type.type === "map") return compileMap(type.values, number);
  const element = compileElement(type, number);
  // A pointer to the zero time is null and is written; elsewhere null is no value.
  const isTime = type.type === "time" || type.type === "microTime";
  if (field.pointer || type.type === "bytes") return (value, writer) => (value === undefined || (value === null && !isTime) ? undefined : element(value, writer));
  return element;
}

/** A value that is written whatever it is: absent ones as zero. */
function compileElement(type: SchemaType, number: number): WriteField {
  switch (type.type) {
    case "string":
      return (value, writer) => {
        writer.string((value ?? "") as string);
        writer.tag(number, LENGTH);
      };
    case "boolean":
      return (value, writer) => {
        writer.varint(value === true ? 1 : 0);
        writer.tag(number, VARINT);
      };
    case "integer":
      return (value, writer) => {
        writer.varint((value ?? 0) as number | bigint);
        writer.tag(number, VARINT);
      };
    case "double":
      return (value, writer) => {
        writer.double((value ?? 0) as number);
        writer.tag(number, FIXED64);
      };
    case "bytes":
      return (value, writer) => {
        writer.bytes(Buffer.from((value ?? "") as string, "base64"));
        writer.tag(number, LENGTH);
      };
    case "object": {
      const message = messageWriter(type.definition);
      return (value, writer) => delimited(writer, number, () => message((value ?? {}) as Container, writer));
    }
    default: {
      const content = specialContent(type);
      return (value, writer) => delimited(writer, number, () => content(value, writer));
    }
  }
}

function compileMap(values: SchemaType, number: number): WriteField {
  const element = values.type === "list" ? compileWrappedList(values.items) : compileElement(values, 2);
  return (value, writer) => {
    const map = (value ?? {}) as Container;
    const keys = sortedKeys(map);
    for (let i = keys.length - 1; i >= 0; i--) {
      const key = keys[i] as string;
      delimited(writer, number, () => {
        if (map[key] !== null || values.type !== "bytes") element(map[key], writer);
        writer.string(key);
        writer.tag(1, LENGTH);
      });
    }
  };
}

/** ExtraValue: a list as a map's value is a message with the list in it. */
function compileWrappedList(items: SchemaType): WriteField {
  const element = compileElement(items, 1);
  return (value, writer) =>
    delimited(writer, 2, () => {
      for (const item of [...((value ?? []) as readonly unknown[])].reverse()) element(item, writer);
    });
}

/** Messages that JSON shows as something else. */
function specialContent(type: SchemaType): WriteField {
  switch (type.type) {
    case "time":
      return (value, writer) => (typeof value === "string" ? writeTime(writer, Math.floor(Date.parse(value) / 1000), 0) : undefined);
    case "microTime":
      return (value, writer) => (typeof value === "string" ? writeTime(writer, Math.floor(Date.parse(`${value.slice(0, 19)}Z`) / 1000), Number(value.slice(20, 26)) * 1000) : undefined);
    case "quantity":
      return (value, writer) => {
        writer.string(String(value ?? "0"));
        writer.tag(1, LENGTH);
      };
    case "intOrString":
      return writeIntOrString;
    case "schemaOrArray":
      return writeSchemaOrArray;
    case "schemaOrBool":
      return writeSchemaOrBool;
    case "schemaOrStrings":
      return writeSchemaOrStrings;
    default:
      return writeRaw;
  }
}

function writeTime(writer: Writer, seconds: number, nanos: number): void {
  writer.varint(nanos);
  writer.tag(2, VARINT);
  writer.varint(seconds);
  writer.tag(1, VARINT);
}

function writeIntOrString(value: unknown, writer: Writer): void {
  const isText = typeof value === "string";
  writer.string(isText ? value : "");
  writer.tag(3, LENGTH);
  writer.varint(isText ? 0 : ((value ?? 0) as number));
  writer.tag(2, VARINT);
  writer.varint(isText ? 1 : 0);
  writer.tag(1, VARINT);
}

/** RawExtension, FieldsV1, JSON: the JSON text as it came. */
function writeRaw(value: unknown, writer: Writer): void {
  if (value === undefined || value === null) return;
  writer.string(rawText(value));
  writer.tag(1, LENGTH);
}

function writeSchema(value: unknown, writer: Writer, number: number): void {
  delimited(writer, number, () => writeMessage(SCHEMA_PROPS, value, writer));
}

function writeSchemaOrArray(value: unknown, writer: Writer): void {
  if (!Array.isArray(value)) return writeSchema(value, writer, 1);
  for (const item of [...value].reverse()) writeSchema(item, writer, 2);
}

function writeSchemaOrBool(value: unknown, writer: Writer): void {
  if (typeof value === "object") writeSchema(value, writer, 2);
  writer.varint(value === false ? 0 : 1);
  writer.tag(1, VARINT);
}

function writeSchemaOrStrings(value: unknown, writer: Writer): void {
  if (!Array.isArray(value)) return writeSchema(value, writer, 1);
  for (const item of [...value].reverse()) {
    writer.string(item as string);
    writer.tag(2, LENGTH);
  }
}
