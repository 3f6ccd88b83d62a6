import { definition as definitionOf } from "../schema/schema.ts";
import type { SchemaType } from "../schema/types.ts";
import { type EmptyForm, emptyTest } from "./json-empty.ts";
import { escapeHtml } from "./json-text.ts";
import { zeroOf } from "./zero.ts";

/**
 * The quick way to JSON: brings a value into the form that JSON.stringify, which is several times faster than joining texts, prints just as Kubernetes
 * prints the value: fields in Go's order, empty ones that are left out gone, those that are always written there. What is in that form already is used
 * as it is. Where only the slow way (json-encode.ts) can tell what is printed, there is a doubt, and it decides.
 */
type Arrange = (value: unknown) => unknown;
type Container = Record<string, unknown>;

/** Of the running call. */
let doubt = false;

/** JSON of a value of the type; undefined where there is a doubt. */
export type QuickEncode = (value: unknown) => string | undefined;

/** The quick encoder of a type; undefined for types that gain nothing by it. */
export function quickEncoder(type: SchemaType, form: EmptyForm): QuickEncode | undefined {
  const arrange = compileType(type, form);
  if (arrange === undefined) return undefined;
  return (value) => {
    doubt = false;
    used = 0;
    const arranged = arrange(value);
    if (doubt) return undefined;
    const text = JSON.stringify(arranged);
    // Halves of surrogate pairs, which Go replaces.
    return text.includes("\\ud") ? undefined : escapeHtml(text);
  };
}

interface ArrangedField {
  readonly name: string;
  /** Place in the order of writing. */
  readonly index: number;
  /** undefined: scalars that are printed as they are. */
  readonly arrange: Arrange | undefined;
  readonly isEmpty: (value: unknown) => boolean;
  /** What is written for an absent value; undefined where it is left out. */
  readonly zero: unknown;
}

interface ArrangedObject {
  readonly byName: ReadonlyMap<string, ArrangedField>;
  /** Fields that are written even when absent. */
  readonly always: readonly ArrangedField[];
}

const arrangers = { asGiven: new Map<string, Arrange>(), asStored: new Map<string, Arrange>() };

function arrangerOf(definitionName: string, form: EmptyForm): Arrange {
  const known = arrangers[form].get(definitionName);
  if (known !== undefined) return known;
  let compiled: ArrangedObject | undefined;
  const arranger: Arrange = (value) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return doubted();
    // Not at compile time: definitions refer to each other in circles.
    compiled ??= compileFields(definitionName, form);
    return arrangeFields(value as Container, compiled);
  };
  arrangers[form].set(definitionName, arranger);
  return arranger;
}

function compileFields(definitionName: string, form: EmptyForm): ArrangedObject {
  const fields = definitionOf(definitionName).fields.map((field, index): ArrangedField => {
    const zero = field.always ? (field.pointer ? null : zeroValue(field.type, form)) : undefined;
    return { name: field.name, index, arrange: compileType(field.type, form), isEmpty: emptyTest(field, form), zero };
  });
  return { byName: new Map(fields.map((field) => [field.name, field])), always: fields.filter((field) => field.zero !== undefined) };
}

/** What an always-written field without a value holds. */
function zeroValue(type: SchemaType, form: EmptyForm): unknown {
  return type.type === "object" ? arrangerOf(type.definition, form)({}) : (zeroOf(type) ?? null);
}

/** Fields to be written of the objects that are being arranged, outer before inner: one list for all, instead of one for each. */
const fields: ArrangedField[] = [];
const values: unknown[] = [];
let used = 0;

function arrangeFields(object: Container, { byName, always }: ArrangedObject): unknown {
  const first = used;
  let asIs = true;
  let sorted = true;
  let last = -1;
  let alwaysMet = 0;
  for (const name in object) {
    const field = byName.get(name);
    const given = object[name];
    if (field === undefined) {
      asIs = false;
      continue;
    }
    let value = given;
    if (given === undefined || field.isEmpty(given)) {
      value = field.zero;
      if (value === undefined) {
        asIs = false;
        continue;
      }
    } else if (field.arrange !== undefined) value = field.arrange(given);
    if (value !== given) asIs = false;
    if (field.zero !== undefined) alwaysMet++;
    if (field.index < last) sorted = false;
    last = field.index;
    fields[used] = field;
    values[used++] = value;
  }
  const end = used;
  used = first;
  if (sorted && asIs && alwaysMet === always.length) return object;
  if (!sorted) sortFields(first, end);
  return writtenInOrder(first, end, always);
}

/** By insertion: mostly a few fields stand behind where they belong. */
function sortFields(first: number, end: number): void {
  for (let i = first + 1; i < end; i++) {
    const field = fields[i] as ArrangedField;
    const value = values[i];
    let at = i;
    for (; at > first && (fields[at - 1] as ArrangedField).index > field.index; at--) {
      fields[at] = fields[at - 1] as ArrangedField;
      values[at] = values[at - 1];
    }
    fields[at] = field;
    values[at] = value;
  }
}

function writtenInOrder(first: number, end: number, always: readonly ArrangedField[]): Container {
  const written: Container = {};
  let next = 0;
  for (let i = first; i < end; i++) {
    const field = fields[i] as ArrangedField;
    for (let missing = always[next]; missing !== undefined && missing.index < field.index; missing = always[++next]) written[missing.name] = missing.zero;
    if (always[next] === field) next++;
    written[field.name] = values[i];
  }
  for (let missing = always[next]; missing !== undefined; missing = always[++next]) written[missing.name] = missing.zero;
  return written;
}

function doubted(): undefined {
  doubt = true;
  return undefined;
}

function compileType(type: SchemaType, form: EmptyForm): Arrange | undefined {
  switch (type.type) {
    case "string":
    case "boolean":
    case "time":
    case "microTime":
    case "quantity":
    case "bytes":
      return undefined;
    case "integer":
    case "double":
    case "intOrString":
      return arrangeNumber;
    case "object":
      return arrangerOf(type.definition, form);
    case "list":
      return compileList(type.items, form);
    case "map":
      return compileMap(type.values, form);
    default:
      return doubted;
  }
}

/** Integers beyond 2^53 are bigint, which JSON.stringify does not know. */
function arrangeNumber(value: unknown): unknown {
  return typeof value === "bigint" ? doubted() : value;
}

function compileList(items: SchemaType, form: EmptyForm): Arrange {
  const arrange = compileType(items, form);
  return (value) => {
    if (!Array.isArray(value)) return doubted();
    if (arrange === undefined) return value;
    let arranged: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const given: unknown = value[i];
      const item = arrange(given);
      if (item === given) continue;
      arranged ??= value.slice();
      arranged[i] = item;
    }
    return arranged ?? value;
  };
}

function compileMap(valueType: SchemaType, form: EmptyForm): Arrange {
  const arrange = compileType(valueType, form);
  // A null among bytes comes back from the store as no bytes.
  const nullIsOdd = valueType.type === "bytes" && form === "asStored";
  return (value) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return doubted();
    const map = value as Container;
    let asIs = true;
    let last = "";
    for (const key in map) {
      if (key < last) asIs = false;
      last = key;
      if (hasSurrogate(key) || (nullIsOdd && map[key] === null)) return doubted();
    }
    if (!asIs) return sortedMap(map, arrange);
    return arrange === undefined ? map : withValues(map, arrange);
  };
}

/** UTF-16 sorts them otherwise than UTF-8. */
function hasSurrogate(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) >= 0xd800) return true;
  return false;
}

function withValues(map: Container, arrange: Arrange): Container {
  let copy: Container | undefined;
  for (const key in map) {
    const given = map[key];
    const value = given === null || given === undefined ? given : arrange(given);
    if (value === given) continue;
    if (key === "__proto__") return doubted() ?? map;
    copy ??= { ...map };
    copy[key] = value;
  }
  return copy ?? map;
}

function sortedMap(map: Container, arrange: Arrange | undefined): Container {
  const sorted: Container = {};
  for (const key of Object.keys(map).sort()) {
    // Names that are numbers always come first in an object.
    if (key === "__proto__" || isDigit(key.charCodeAt(0))) return doubted() ?? map;
    const value = map[key];
    sorted[key] = value === null || value === undefined || arrange === undefined ? value : arrange(value);
  }
  return sorted;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
