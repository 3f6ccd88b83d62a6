import { canonicalQuantity, QuantityError } from "../quantity.ts";
import { definition as definitionOf } from "../schema/schema.ts";
import type { FieldSchema, SchemaType } from "../schema/types.ts";
import { isCanonicalBase64 } from "./base64.ts";
import { isCanonicalMicroTime, isCanonicalTime } from "./go-time.ts";
import { dropsZero, zeroOf, zeroOfField } from "./zero.ts";

/**
 * The fast way: takes what JSON.parse gave, checks it against the schema and normalises it in place. Whatever is not
 * plainly right (unknown fields, other types, odd texts) is not judged here: it throws DOUBT, and the caller asks
 * json-decode.ts, which is slow and exact. One checker is compiled per definition, at its first use.
 */
type Check = (value: unknown) => unknown;
type Container = Record<string, unknown>;

/** Not an error: "I cannot tell". Thrown as it is, without a stack. */
export const DOUBT = Symbol("doubt");

/** Members of all objects seen by the running check; compared with the scan's count to find duplicates. */
let members = 0;

/**
 * The value normalised (the same object, or another where something had to go), and how many members it had.
 * @throws DOUBT
 */
export function checkObject(definitionName: string, value: unknown): { object: Container; members: number } {
  members = 0;
  const object = checkerOf(definitionName)(value) as Container;
  return { object, members };
}

/** Counts the members of a value without schema. @throws DOUBT when it is nested deeper than MAX_FREE_DEPTH */
export function countMembers(value: unknown): number {
  members = 0;
  checkFree(value, 0);
  return members;
}

/** Deepest free-form value that the fast way follows. */
const MAX_FREE_DEPTH = 200;

interface CompiledField {
  readonly name: string;
  readonly check: Check;
  /** Zero values are dropped. */
  readonly dropsZero: boolean;
  /** Always there; counted to see whether some are missing. */
  readonly fills: boolean;
  readonly field: FieldSchema;
}

const checkers = new Map<string, Check>();

function checkerOf(definitionName: string): Check {
  const known = checkers.get(definitionName);
  if (known !== undefined) return known;
  const checker = compileObject(definitionName);
  checkers.set(definitionName, checker);
  return checker;
}

function compileObject(definitionName: string): Check {
  let fields: ReadonlyMap<string, CompiledField> | undefined;
  let filled: readonly CompiledField[] = [];
  return (value) => {
    if (fields === undefined) {
      // Not at compile time: definitions refer to each other in circles.
      const compiled = definitionOf(definitionName).fields.map(compileField);
      filled = compiled.filter((field) => field.fills);
      fields = new Map(compiled.map((field) => [field.name, field]));
    }
    return checkFields(value, fields, filled);
  };
}

function compileField(field: FieldSchema): CompiledField {
  return {
    name: field.name,
    check: compileType(field.type),
    dropsZero: dropsZero(field),
    fills: zeroOfField(field) !== undefined,
    field,
  };
}

function checkFields(value: unknown, fields: ReadonlyMap<string, CompiledField>, filled: readonly CompiledField[]): Container {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw DOUBT;
  const object = value as Container;
  let present = 0;
  let drops = false;
  for (const key in object) {
    members++;
    const field = fields.get(key);
    if (field === undefined) throw DOUBT;
    const before = object[key];
    if (before === null) {
      drops = true;
      continue;
    }
    const after = field.check(before);
    if (after !== before) object[key] = after;
    if (field.fills) present++;
    else if (field.dropsZero && (after === "" || after === 0 || after === false)) drops = true;
  }
  const result = drops ? withoutDropped(object, fields) : object;
  if (present < filled.length) for (const field of filled) if (result[field.name] === undefined) result[field.name] = zeroOfField(field.field);
  return result;
}

/** A copy without nulls and zero values (deleting would make the object slow). */
function withoutDropped(object: Container, fields: ReadonlyMap<string, CompiledField>): Container {
  const kept: Container = {};
  for (const key in object) {
    const value = object[key];
    if (value === null) continue;
    if (fields.get(key)?.dropsZero && (value === "" || value === 0 || value === false)) continue;
    kept[key] = value;
  }
  return kept;
}

function compileType(type: SchemaType): Check {
  switch (type.type) {
    case "string":
      return checkString;
    case "boolean":
      return checkBoolean;
    case "integer":
      return type.bits === 32 ? checkInt32 : checkInt64;
    case "bytes":
      return checkBytes;
    case "time":
      return checkTime;
    case "microTime":
      return checkMicroTime;
    case "quantity":
      return checkQuantity;
    case "intOrString":
      return checkIntOrString;
    case "fieldsV1":
      return (value) => checkFree(value, 0);
    case "object":
      return checkerOf(type.definition);
    case "list":
      return compileList(type.items);
    case "map":
      return compileMap(type.values);
    default:
      // Raw JSON keeps its text, which is gone here; a double may have been written in many ways.
      return doubt;
  }
}

function compileList(items: SchemaType): Check {
  const check = compileType(items);
  return (value) => {
    if (!Array.isArray(value)) throw DOUBT;
    for (let i = 0; i < value.length; i++) {
      const before: unknown = value[i];
      const after = check(before);
      if (after !== before) value[i] = after;
    }
    return value;
  };
}

function compileMap(values: SchemaType): Check {
  const check = compileType(values);
  return (value) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw DOUBT;
    const map = value as Container;
    for (const key in map) {
      members++;
      const before = map[key];
      const after = before === null ? (zeroOf(values) ?? null) : check(before);
      if (after !== before) map[key] = after;
    }
    return map;
  };
}

function doubt(): never {
  throw DOUBT;
}

function checkString(value: unknown): unknown {
  if (typeof value !== "string") throw DOUBT;
  return value;
}

function checkBoolean(value: unknown): unknown {
  if (typeof value !== "boolean") throw DOUBT;
  return value;
}

function checkInt32(value: unknown): unknown {
  if (typeof value !== "number" || (value | 0) !== value || Object.is(value, -0)) throw DOUBT;
  return value;
}

function checkInt64(value: unknown): unknown {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw DOUBT;
  return value;
}

function checkBytes(value: unknown): unknown {
  if (typeof value !== "string" || !isCanonicalBase64(value)) throw DOUBT;
  return value;
}

function checkTime(value: unknown): unknown {
  if (typeof value !== "string" || !isCanonicalTime(value)) throw DOUBT;
  return value;
}

function checkMicroTime(value: unknown): unknown {
  if (typeof value !== "string" || !isCanonicalMicroTime(value)) throw DOUBT;
  return value;
}

function checkQuantity(value: unknown): unknown {
  if ((typeof value !== "string" && !Number.isSafeInteger(value)) || Object.is(value, -0)) throw DOUBT;
  try {
    return canonicalQuantity(value as string | number);
  } catch (error) {
    if (error instanceof QuantityError) throw DOUBT;
    throw error;
  }
}

function checkIntOrString(value: unknown): unknown {
  return typeof value === "string" ? value : checkInt32(value);
}

function checkFree(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== "object") return value;
  if (depth > MAX_FREE_DEPTH) throw DOUBT;
  if (Array.isArray(value)) for (const item of value) checkFree(item, depth + 1);
  else
    for (const key in value) {
      members++;
      checkFree((value as Container)[key], depth + 1);
    }
  return value;
}
