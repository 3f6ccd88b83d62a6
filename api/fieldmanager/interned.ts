import type { ObjectMeta } from "../wire.ts";
import { compactJson } from "../codec/json-text.ts";
import { plainText, rememberFinalText } from "../codec/raw.ts";
import { isMap } from "../patch/json-value.ts";
import { type FieldSet, fromFieldsV1, toFieldsV1 } from "./field-set.ts";

/**
 * Objects made alike have managers that own alike: sets of fields that were met are kept once, with the `fieldsV1`
 * that all their objects share (frozen) and its JSON. That makes the writes of a thousand pods of one template cheap
 * to track, to encode and to hold in memory.
 */
export interface Interned {
  readonly set: FieldSet;
  /** Deeply frozen, in canonical order. */
  readonly fieldsV1: object;
}

type ManagedFieldsEntry = NonNullable<ObjectMeta["managedFields"]>[number];

/** Longer texts are not kept. */
const MAX_TEXT_CHARS = 16 << 10;
/** Texts of one generation; the older generation goes when the younger is full. */
const MAX_GENERATION_CHARS = 4 << 20;

let young = new Map<string, Interned>();
let old = new Map<string, Interned>();
let youngChars = 0;

const byValue = new WeakMap<object, Interned>();
const bySet = new WeakMap<FieldSet, Interned>();

/** The set that a `fieldsV1` writes; undefined when it is none. */
export function internedFields(fieldsV1: object): Interned | undefined {
  const known = byValue.get(fieldsV1);
  if (known !== undefined) return known;
  const text = plainText(fieldsV1);
  let same = lookUp(text);
  if (same === undefined) {
    const set = fromFieldsV1(fieldsV1);
    if (set === undefined) return undefined;
    same = internedSet(set);
    keep(text, same);
  }
  // Objects of a cache are deeply frozen, and asked for again.
  if (Object.isFrozen(fieldsV1)) byValue.set(fieldsV1, same);
  return same;
}

/** Puts shared values in the place of those of these entries, which are the caller's own. */
export function shareFields(entries: readonly { fieldsV1?: unknown }[]): void {
  for (const entry of entries) {
    if (typeof entry.fieldsV1 !== "object" || entry.fieldsV1 === null) continue;
    const interned = internedFields(entry.fieldsV1);
    if (interned !== undefined) entry.fieldsV1 = interned.fieldsV1;
  }
}

/** Whether these are the managedFields of an object of the server's own cache: read by it, shared, frozen. */
export function areShared(entries: unknown): entries is ManagedFieldsEntry[] {
  if (!Array.isArray(entries) || entries.length === 0 || !Object.isFrozen(entries)) return false;
  return entries.every((entry: unknown) => isMap(entry) && Object.isFrozen(entry) && typeof entry.fieldsV1 === "object" && entry.fieldsV1 !== null && byValue.has(entry.fieldsV1));
}

/** What stands for a set that may have been met before. */
export function internedSet(set: FieldSet): Interned {
  const known = bySet.get(set);
  if (known !== undefined) return known;
  const fieldsV1 = toFieldsV1(set);
  const text = plainText(fieldsV1);
  const same = lookUp(text);
  if (same !== undefined) {
    bySet.set(set, same);
    return same;
  }
  const interned = { set, fieldsV1: deepFreeze(fieldsV1) };
  rememberFinalText(fieldsV1, compactJson(text));
  byValue.set(fieldsV1, interned);
  bySet.set(set, interned);
  keep(text, interned);
  return interned;
}

/** What stands for a fieldsV1 of this text, if it was met. */
export function internedText(text: string): Interned | undefined {
  return lookUp(text);
}

function lookUp(text: string): Interned | undefined {
  const found = young.get(text);
  if (found !== undefined) return found;
  const older = old.get(text);
  if (older !== undefined) keep(text, older);
  return older;
}

function keep(text: string, interned: Interned): void {
  if (text.length > MAX_TEXT_CHARS) return;
  youngChars += text.length;
  if (youngChars > MAX_GENERATION_CHARS) {
    old = young;
    young = new Map();
    youngChars = text.length;
  }
  young.set(text, interned);
}

function deepFreeze(value: object): object {
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, object>)[key] as object);
  return Object.freeze(value);
}
