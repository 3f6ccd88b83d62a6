import { definition as definitionOf } from "../schema/schema.ts";
import type { FieldSchema, SchemaType } from "../schema/types.ts";
import { type QuickEncode, quickEncoder } from "./json-arrange.ts";
import { type EmptyForm, emptyTest } from "./json-empty.ts";
import { compactJson, quoteJson, sortedKeys } from "./json-text.ts";
import { finalText, rawText } from "./raw.ts";

/** An encoder per definition, compiled at its first use: fields in Go's order, left out when empty unless always written. */
type Encode = (value: unknown) => string;
type Container = Record<string, unknown>;

/** The JSON of one field of an object, known already: text of just this value, in the form that is asked for. */
export interface KnownField {
  readonly value: unknown;
  readonly text: string;
}

/** Compact JSON of an object of the definition. */
export function encodeTyped(definitionName: string, object: unknown, form: EmptyForm, known?: KnownField): string {
  return encodeFields(object as Container, wholeOf(definitionName, form), known);
}

/** JSON of a field's value as it stands in an object of the definition; undefined where the quick way has a doubt. */
export function encodeFieldQuickly(definitionName: string, name: string, value: unknown, form: EmptyForm): string | undefined {
  return wholeOf(definitionName, form).byName.get(name)?.quick?.(value);
}

const wholes = { asGiven: new Map<string, CompiledObject>(), asStored: new Map<string, CompiledObject>() };

function wholeOf(definitionName: string, form: EmptyForm): CompiledObject {
  let whole = wholes[form].get(definitionName);
  if (whole === undefined) wholes[form].set(definitionName, (whole = compileWhole(definitionName, form)));
  return whole;
}

/** Of an object as a whole: each of its fields the quick way first. Its metadata is put together, since there the managers' fields are, whose text is known. */
function compileWhole(definitionName: string, form: EmptyForm): CompiledObject {
  const { byName } = compileFields(definitionName, form);
  const fields = definitionOf(definitionName).fields.map(({ name, type }): CompiledField => {
    const field = byName.get(name) as CompiledField;
    const quick = type.type === "map" || type.type === "list" || (type.type === "object" && type.definition !== OBJECT_META) ? quickEncoder(type, form) : undefined;
    return quick === undefined ? field : { ...field, quick, encode: (value) => quick(value) ?? field.encode(value) };
  });
  return compiledObject(fields);
}

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Compact JSON of a value without schema: keys sorted. */
export function encodeFree(value: unknown): string {
  if (typeof value === "string") return quoteJson(value);
  if (value === null || value === undefined) return "null";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(encodeFree).join(",")}]`;
  let text = "{";
  for (const key of sortedKeys(value)) {
    const member = (value as Container)[key];
    if (member !== undefined) text += `${text.length > 1 ? "," : ""}${quoteJson(key)}:${encodeFree(member)}`;
  }
  return `${text}}`;
}

const encoders = { asGiven: new Map<string, Encode>(), asStored: new Map<string, Encode>() };

/** The encoder that puts the text together itself. */
export function encoderOf(definitionName: string, form: EmptyForm): Encode {
  const known = encoders[form].get(definitionName);
  if (known !== undefined) return known;
  const encoder = compileObject(definitionName, form);
  encoders[form].set(definitionName, encoder);
  return encoder;
}

interface CompiledField {
  readonly name: string;
  /** Place in the order of writing. */
  readonly index: number;
  /** `"name":`. */
  readonly head: string;
  readonly encode: Encode;
  readonly quick?: QuickEncode;
  /** Written for an absent value; "" when it is left out. */
  readonly zero: string;
  readonly isEmpty: (value: unknown) => boolean;
}

interface CompiledObject {
  readonly byName: ReadonlyMap<string, CompiledField>;
  /** Fields that are written even when absent. */
  readonly always: readonly CompiledField[];
}

function compileObject(definitionName: string, form: EmptyForm): Encode {
  let compiled: CompiledObject | undefined;
  return (value) => {
    // Not at compile time: definitions refer to each other in circles.
    compiled ??= compileFields(definitionName, form);
    return encodeFields(value as Container, compiled);
  };
}

function compileFields(definitionName: string, form: EmptyForm): CompiledObject {
  return compiledObject(definitionOf(definitionName).fields.map((field, index) => compileField(field, index, form)));
}

function compiledObject(fields: readonly CompiledField[]): CompiledObject {
  return { byName: new Map(fields.map((field) => [field.name, field])), always: fields.filter((field) => field.zero !== "") };
}

/** Goes by the members that are there, not by all that could be. */
function encodeFields(object: Container, { byName, always }: CompiledObject, known?: KnownField): string {
  const present: CompiledField[] = [];
  let sorted = true;
  for (const name in object) {
    const field = byName.get(name);
    if (field === undefined) continue;
    if (present.length > 0 && field.index < (present[present.length - 1] as CompiledField).index) sorted = false;
    present.push(field);
  }
  if (!sorted) sortByIndex(present);
  let text = "{";
  let next = 0;
  for (let i = 0; i < present.length; i++) {
    const field = present[i] as CompiledField;
    for (let missing = always[next]; missing !== undefined && missing.index < field.index; missing = always[++next]) text += member(text, missing, missing.zero);
    if (always[next] === field) next++;
    const value = object[field.name];
    const body = value === undefined || field.isEmpty(value) ? field.zero : value === known?.value ? known.text : field.encode(value);
    if (body !== "") text += member(text, field, body);
  }
  for (let missing = always[next]; missing !== undefined; missing = always[++next]) text += member(text, missing, missing.zero);
  return `${text}}`;
}

/** By insertion: there are few, and mostly in order. */
function sortByIndex(fields: CompiledField[]): void {
  for (let i = 1; i < fields.length; i++) {
    const field = fields[i] as CompiledField;
    let at = i;
    for (; at > 0 && (fields[at - 1] as CompiledField).index > field.index; at--) fields[at] = fields[at - 1] as CompiledField;
    fields[at] = field;
  }
}

function member(before: string, field: CompiledField, body: string): string {
  return before.length > 1 ? `,${field.head}${body}` : `${field.head}${body}`;
}

function compileField(field: FieldSchema, index: number, form: EmptyForm): CompiledField {
  return {
    name: field.name,
    index,
    head: `${quoteJson(field.name)}:`,
    encode: compileType(field.type, form),
    zero: field.always ? (field.pointer ? "null" : zeroText(field.type, form)) : "",
    isEmpty: emptyTest(field, form),
  };
}

/** What an always-written field without a value looks like. */
function zeroText(type: SchemaType, form: EmptyForm): string {
  switch (type.type) {
    case "string":
      return '""';
    case "boolean":
      return "false";
    case "integer":
    case "double":
    case "intOrString":
      return "0";
    case "quantity":
      return '"0"';
    case "object":
      return encoderOf(type.definition, form)({});
    default:
      return "null";
  }
}

function compileType(type: SchemaType, form: EmptyForm): Encode {
  switch (type.type) {
    case "string":
    case "bytes":
    case "time":
    case "microTime":
    case "quantity":
      return encodeText;
    case "boolean":
    case "integer":
    case "double":
      return String;
    case "intOrString":
      return (value) => (typeof value === "number" ? String(value) : quoteJson(value as string));
    case "object":
      return encoderOf(type.definition, form);
    case "list":
      return compileList(type.items, form);
    case "map":
      return compileMap(type.values, form);
    case "raw":
    case "fieldsV1":
    case "json":
      return encodeRaw;
    case "any":
      return encodeRaw;
    default:
      return (value) => encodeSchemaOr(value, form);
  }
}

function encodeText(value: unknown): string {
  return value === null ? "null" : quoteJson(value as string);
}

function encodeRaw(value: unknown): string {
  return value === undefined ? "null" : (finalText(value) ?? compactJson(rawText(value)));
}

function compileList(items: SchemaType, form: EmptyForm): Encode {
  const encode = compileType(items, form);
  return (value) => {
    const list = value as readonly unknown[];
    let text = "[";
    for (let i = 0; i < list.length; i++) text += i > 0 ? `,${encode(list[i])}` : encode(list[i]);
    return `${text}]`;
  };
}

function compileMap(values: SchemaType, form: EmptyForm): Encode {
  const encode = compileType(values, form);
  // A null among bytes comes back from the store as no bytes.
  const nullText = values.type === "bytes" && form === "asStored" ? '""' : "null";
  return (value) => {
    let text = "{";
    for (const key of sortedKeys(value as object)) {
      const member = (value as Container)[key];
      if (member === undefined) continue;
      text += `${text.length > 1 ? "," : ""}${quoteJson(key)}:${member === null ? nullText : encode(member)}`;
    }
    return `${text}}`;
  };
}

const SCHEMA_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** JSONSchemaProps or a boolean, a list of schemas, a list of names. */
function encodeSchemaOr(value: unknown, form: EmptyForm): string {
  if (Array.isArray(value)) return `[${value.map((item) => encodeSchemaOr(item, form)).join(",")}]`;
  if (typeof value === "object" && value !== null) return encoderOf(SCHEMA_PROPS, form)(value);
  return typeof value === "string" ? quoteJson(value) : String(value);
}
