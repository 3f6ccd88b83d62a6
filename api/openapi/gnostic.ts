import { Writer } from "../codec/protobuf/writer.ts";
import { formatYaml } from "../codec/yaml.ts";
import { type GnosticType, gnosticMessages } from "./gnostic-messages.ts";

const VARINT = 0;
const DOUBLE = 1;
const LENGTH = 2;

type Entry = readonly [number: number, type: GnosticType, value: unknown, name?: string];

/**
 * A Swagger 2.0 document as the protobuf message openapi.v2.Document. Two documents' messages one after the other are one with the paths and
 * definitions of both: a reader merges them.
 */
export function encodeSwagger(document: object): Uint8Array {
  const writer = new Writer(1 << 20);
  writeMessage(writer, "Document", document);
  return writer.finish();
}

function writeMessage(writer: Writer, message: string, value: unknown): void {
  const entries = entriesOf(message, value);
  for (let i = entries.length - 1; i >= 0; i--) writeEntry(writer, entries[i]!);
}

/** The fields that the value has, in order of their numbers; what is repeated keeps its order. */
function entriesOf(message: string, value: unknown): Entry[] {
  const { fields, extensions, others, choose } = gnosticMessages[message]!;
  if (choose !== undefined) return [[...choose(value), value]];
  const entries: Entry[] = [];
  for (const [name, one] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const field = fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field !== undefined) entries.push([...field, one]);
    else if (extensions !== undefined && name.startsWith("x-")) entries.push([extensions, "any", one, name]);
    else if (others !== undefined) entries.push([others[0], { named: others[1] }, one, name]);
  }
  return entries.sort((a, b) => a[0] - b[0]);
}

function writeEntry(writer: Writer, [number, type, value, name]: Entry): void {
  if (value === undefined || value === null) return;
  if (name !== undefined) return writeNamed(writer, number, name, type, value);
  switch (type) {
    case "string":
      return value === "" ? undefined : writeString(writer, number, String(value));
    case "strings":
      for (const text of list(value).toReversed()) writeString(writer, number, String(text));
      return;
    case "bool":
    case "anyBool":
      if (value === true || type === "anyBool") writeScalar(writer, number, VARINT, () => writer.varint(value === true ? 1 : 0));
      return;
    case "int":
      if (value !== 0) writeScalar(writer, number, VARINT, () => writer.varint(Number(value)));
      return;
    case "double":
      if (value !== 0) writeScalar(writer, number, DOUBLE, () => writer.double(Number(value)));
      return;
    case "any":
      return writeInside(writer, number, () => writeString(writer, 2, formatYaml(value)));
    case "anys":
      for (const one of list(value).toReversed()) writeInside(writer, number, () => writeString(writer, 2, formatYaml(one)));
      return;
    default:
      return writeMessages(writer, number, type, value);
  }
}

function writeMessages(writer: Writer, number: number, type: Exclude<GnosticType, string>, value: unknown): void {
  if ("message" in type) return writeInside(writer, number, () => writeMessage(writer, type.message, value));
  if ("messages" in type) for (const one of list(value).toReversed()) writeInside(writer, number, () => writeMessage(writer, type.messages, one));
}

/** A map's entry: its name, then its value. */
function writeNamed(writer: Writer, number: number, name: string, type: GnosticType, value: unknown): void {
  writeInside(writer, number, () => {
    writeInside(writer, 2, () => {
      if (typeof type === "object" && "named" in type) writeMessage(writer, type.named, value);
      else writeString(writer, 2, formatYaml(value));
    });
    writeString(writer, 1, name);
  });
}

function writeInside(writer: Writer, number: number, write: () => void): void {
  const before = writer.length;
  write();
  writer.lengthSince(before);
  writer.tag(number, LENGTH);
}

function writeString(writer: Writer, number: number, text: string): void {
  writer.string(text);
  writer.tag(number, LENGTH);
}

function writeScalar(writer: Writer, number: number, wireType: 0 | 1, write: () => void): void {
  write();
  writer.tag(number, wireType);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
