import { plainText } from "../codec/raw.ts";
import { isMap, memberOf } from "../patch/json-value.ts";
import type { FieldSet } from "./field-set.ts";
import { type ListType, type MapType, type MergeType, typeFor } from "./merge-type.ts";

/**
 * A text that says of a value all that decides which paths it has: names of fields, what names the items of lists, and
 * which containers are empty; not what scalars hold. Values of one shape own the same fields.
 */
export function shapeOf(type: MergeType, value: unknown): string {
  if (value === null) return "n";
  if (type.type === "scalar" || typeof value !== "object") return ".";
  const own = typeFor(type, value);
  if (own.type === "scalar") return ".";
  if (isEmptyContainer(value as object)) return "e";
  if (own.relation === "atomic") return ".";
  return own.type === "list" ? shapeOfItems(own, value) : shapeOfFields(own, value);
}

function shapeOfFields(type: MapType, value: unknown): string {
  if (!isMap(value)) return ".";
  let text = "{";
  for (const name in value) {
    const member = value[name];
    if (member === undefined) continue;
    const field = type.field(name) ?? type.values();
    if (field !== undefined) text += `${name.length}:${name}${shapeOf(field, member)}`;
  }
  return `${text}}`;
}

function shapeOfItems(type: ListType, value: unknown): string {
  if (!Array.isArray(value)) return ".";
  const items = type.items();
  let text = "[";
  for (const item of value) {
    if (type.relation === "set") text += scalarShape(item);
    else if (isMap(item)) for (const key of type.keys) text += scalarShape(memberOf(item, key));
    text += shapeOf(items, item);
  }
  return `${text}]`;
}

function scalarShape(value: unknown): string {
  const text = typeof value === "object" ? plainText(value) : String(value);
  return `${(typeof value).charAt(0)}${text.length}:${text}`;
}

function isEmptyContainer(value: object): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

/** Shapes longer than this are not kept. */
const MAX_SHAPE_CHARS = 16 << 10;
const MAX_GENERATION_CHARS = 128 << 10;

/** The sets of the shapes that were met last, bounded. */
export class ShapeCache {
  #young = new Map<string, FieldSet>();
  #old = new Map<string, FieldSet>();
  #chars = 0;

  get(shape: string): FieldSet | undefined {
    const found = this.#young.get(shape);
    if (found !== undefined) return found;
    const older = this.#old.get(shape);
    if (older !== undefined) this.set(shape, older);
    return older;
  }

  set(shape: string, set: FieldSet): void {
    if (shape.length > MAX_SHAPE_CHARS) return;
    this.#chars += shape.length;
    if (this.#chars > MAX_GENERATION_CHARS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#chars = shape.length;
    }
    this.#young.set(shape, set);
  }
}
