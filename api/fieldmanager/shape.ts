import { plainText } from "../codec/raw.ts";
import { isMap, memberOf } from "../patch/json-value.ts";
import type { FieldSet } from "./field-set.ts";
import { type ListType, type MapType, type MergeType, typeFor } from "./merge-type.ts";

/**
 * The shape of a value is all that decides which paths it has: names of fields, what names the items of lists, and which
 * containers are empty; not what scalars hold. Values of one shape own the same fields. It is written as numbers: marks, and
 * names by their places in one table.
 */
const Mark = { scalar: 0, null: 1, empty: 2, map: 3, mapEnd: 4, list: 5, listEnd: 6, textKey: 7, numberKey: 8, otherKey: 9 } as const;
const FIRST_NAME = 10;

/** Numbers of names; forgotten all at once, and all shapes with them. */
const names = new Map<string, number>();
const MAX_NAMES = 16 << 10;
/** Shapes with a longer name are not kept. */
const MAX_NAME_CHARS = 128;
let epoch = 0;

/** Shapes longer than this are not kept. */
const MAX_TOKENS = 4 << 10;
/** The shape that is being written: one at a time. */
const tokens = new Int32Array(MAX_TOKENS);
let count = 0;
let hash = 0;

function put(token: number): void {
  if (count < MAX_TOKENS) tokens[count] = token;
  count++;
  hash = (Math.imul(hash, 31) + token) | 0;
}

function putName(name: string): void {
  if (count >= MAX_TOKENS) return;
  let token = names.get(name);
  if (token === undefined) {
    if (name.length > MAX_NAME_CHARS) {
      count = MAX_TOKENS;
      return;
    }
    token = FIRST_NAME + names.size;
    names.set(name, token);
  }
  put(token);
}

/** Shapes of frozen values: what is frozen never changes, and one spec is shared by all objects of a template. */
type FrozenShapes = WeakMap<object, { readonly type: MergeType; readonly tokens: Int32Array }>;

/** `frozen`: those of the value's members that are known. */
function writeShape(type: MergeType, value: unknown, frozen?: FrozenShapes): void {
  if (value === null) return put(Mark.null);
  if (type.type === "scalar" || typeof value !== "object") return put(Mark.scalar);
  const own = typeFor(type, value);
  if (own.type === "scalar") return put(Mark.scalar);
  if (isEmptyContainer(value as object)) return put(Mark.empty);
  if (own.relation === "atomic") return put(Mark.scalar);
  return own.type === "list" ? writeItems(own, value) : writeFields(own, value, frozen);
}

function writeFields(type: MapType, value: unknown, frozen?: FrozenShapes): void {
  if (!isMap(value)) return put(Mark.scalar);
  put(Mark.map);
  for (const name in value) {
    const member = value[name];
    if (member === undefined) continue;
    const field = type.field(name) ?? type.values();
    if (field === undefined) continue;
    putName(name);
    if (frozen !== undefined && typeof member === "object" && member !== null) writeMember(field, member, frozen);
    else writeShape(field, member);
  }
  put(Mark.mapEnd);
}

function writeMember(type: MergeType, value: object, frozen: FrozenShapes): void {
  const known = frozen.get(value);
  if (known?.type === type) {
    for (let i = 0; i < known.tokens.length; i++) put(known.tokens[i] as number);
    return;
  }
  const first = count;
  writeShape(type, value);
  if (count < MAX_TOKENS && Object.isFrozen(value)) frozen.set(value, { type, tokens: tokens.slice(first, count) });
}

function writeItems(type: ListType, value: unknown): void {
  if (!Array.isArray(value)) return put(Mark.scalar);
  const items = type.items();
  put(Mark.list);
  for (const item of value) {
    if (type.relation === "set") writeKey(item);
    else if (isMap(item)) for (const key of type.keys) writeKey(memberOf(item, key));
    writeShape(items, item);
  }
  put(Mark.listEnd);
}

function writeKey(item: unknown): void {
  if (typeof item === "string") {
    put(Mark.textKey);
    putName(item);
  } else if (typeof item === "number") {
    put(Mark.numberKey);
    putName(String(item));
  } else {
    put(Mark.otherKey);
    putName(`${typeof item}${typeof item === "object" ? plainText(item) : String(item)}`);
  }
}

function isEmptyContainer(value: object): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

interface Shape {
  readonly tokens: Int32Array;
  readonly set: FieldSet;
  /** Of the same hash. */
  readonly next: Shape | undefined;
}

/** Tokens of one generation, of all shapes together. */
const MAX_GENERATION_TOKENS = 32 << 10;

/** The sets of the shapes that were met last, bounded: two generations. */
export class ShapeCache {
  #young = new Map<number, Shape>();
  #old = new Map<number, Shape>();
  #tokens = 0;
  #epoch = epoch;
  #frozen: FrozenShapes = new WeakMap();

  /** The fields that a value of this shape has; made where no value of the shape is remembered. */
  fieldsOf(type: MergeType, value: unknown, make: () => FieldSet): FieldSet {
    if (names.size > MAX_NAMES) forgetNames();
    if (this.#epoch !== epoch) this.#forget();
    count = 0;
    hash = 0;
    writeShape(type, value, this.#frozen);
    if (count >= MAX_TOKENS) return make();
    const key = hash;
    const young = found(this.#young.get(key));
    if (young !== undefined) return young.set;
    const older = found(this.#old.get(key));
    const shape = tokens.slice(0, count);
    const set = older === undefined ? make() : older.set;
    this.#keep(key, shape, set);
    return set;
  }

  #keep(key: number, shape: Int32Array, set: FieldSet): void {
    this.#tokens += shape.length;
    if (this.#tokens > MAX_GENERATION_TOKENS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#tokens = shape.length;
    }
    this.#young.set(key, { tokens: shape, set, next: this.#young.get(key) });
  }

  #forget(): void {
    this.#young.clear();
    this.#old.clear();
    this.#frozen = new WeakMap();
    this.#tokens = 0;
    this.#epoch = epoch;
  }
}

function forgetNames(): void {
  names.clear();
  epoch++;
}

/** The one that is just as the shape that was written last. */
function found(shape: Shape | undefined): Shape | undefined {
  for (let candidate = shape; candidate !== undefined; candidate = candidate.next) if (isWritten(candidate.tokens)) return candidate;
  return undefined;
}

function isWritten(shape: Int32Array): boolean {
  if (shape.length !== count) return false;
  for (let i = 0; i < count; i++) if (shape[i] !== tokens[i]) return false;
  return true;
}
