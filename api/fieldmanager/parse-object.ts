import { parseJson } from "../codec/parse-json.ts";
import { isMap } from "../patch/json-value.ts";
import { internedText, shareFields } from "./interned.ts";

const KEY = '"fieldsV1":';
/**
 * What follows a fieldsV1 as objects are written. Inside of one, keys have a colon and there are no lists, and a quote in
 * a string is escaped: should a string look like an end all the same, then what is cut off is no text that is known.
 */
const END = /\}(?:,"(?:subresource|manager)":"|\},\{"|\}\])/;
/** How far an end is looked for, in characters, and how often: whatever a text holds, this stays cheap. */
const WINDOW = 16 << 10;
const MAX_CUTS = 64;

/**
 * The object of a JSON text that an API server wrote: parseJson, but for the fieldsV1 of its managedFields, which are not
 * read again where they are known: the values that all such objects share stand there.
 */
export function parseObject(text: string): unknown {
  const { rest, values } = cutFields(text);
  if (values.length > 0) {
    const object: unknown = parseJson(rest);
    if (putBack(object, values)) return object;
  }
  const object: unknown = parseJson(text);
  const entries = managedFieldsOf(object);
  if (entries !== undefined) shareFields(entries);
  return object;
}

/** The text with a number in the place of each known fieldsV1. */
function cutFields(text: string): { rest: string; values: object[] } {
  const values: object[] = [];
  let rest = "";
  let from = 0;
  let at = text.indexOf(KEY);
  for (let i = 0; at >= 0 && i < MAX_CUTS; i++) {
    const start = at + KEY.length;
    const window = text.slice(start, start + WINDOW);
    const length = window.search(END) + 1;
    const known = length === 0 ? undefined : internedText(window.slice(0, length));
    if (known !== undefined) {
      rest += text.slice(from, start) + values.length;
      values.push(known.fieldsV1);
      from = start + length;
    }
    at = text.indexOf(KEY, start + length);
  }
  return { rest: rest + text.slice(from), values };
}

/** False when the numbers are not all where they should be: fields of this name may be elsewhere in an object. */
function putBack(object: unknown, values: readonly object[]): boolean {
  const entries = managedFieldsOf(object);
  if (entries === undefined) return false;
  let next = 0;
  for (const entry of entries) {
    if (entry.fieldsV1 !== next) continue;
    entry.fieldsV1 = values[next] as object;
    next++;
  }
  if (next !== values.length) return false;
  shareFields(entries);
  return true;
}

function managedFieldsOf(object: unknown): { fieldsV1?: unknown }[] | undefined {
  const metadata = isMap(object) ? object.metadata : undefined;
  const entries = isMap(metadata) ? metadata.managedFields : undefined;
  return Array.isArray(entries) && entries.every(isMap) ? entries : undefined;
}
