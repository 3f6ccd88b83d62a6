/** What a quick look over JSON text tells before JSON.parse loses it. Meaningless where the text is not JSON: JSON.parse will say so. */
export interface JsonScan {
  /** Names in all objects together, duplicates counted. */
  readonly members: number;
  /** Every number is written as an integer. */
  readonly integersOnly: boolean;
  /** Some number has more digits than a double keeps. */
  readonly longNumbers: boolean;
  /** Some string has an escape \ud…: a surrogate, maybe a lone one. */
  readonly surrogateEscapes: boolean;
  /** Some name is written with an escape: see parse-json.ts. */
  readonly escapedNames: boolean;
  readonly depth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = 0x7b;
const SAFE_DIGITS = 15;

/**
 * Where the value of a member of the text's own object stands; undefined where it is none that begins with a brace, or the text is odd. What is told of a text
 * that is not JSON means nothing.
 */
export function memberRange(text: string, name: string): { readonly start: number; readonly end: number } | undefined {
  if (text.charCodeAt(0) !== OPEN) return undefined;
  const length = text.length;
  let depth = 0;
  let start = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const begin = ++i;
      for (; i < length; i++) {
        const inside = text.charCodeAt(i);
        if (inside === QUOTE) break;
        if (inside === BACKSLASH) i++;
      }
      if (depth !== 1 || i - begin !== name.length || text.charCodeAt(i + 1) !== COLON || text.charCodeAt(i + 2) !== OPEN || !text.startsWith(name, begin)) continue;
      start = i + 2;
    } else if (code === OPEN || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      depth--;
      if (start >= 0 && depth === 1) return { start, end: i + 1 };
    }
  }
  return undefined;
}

/** One pass over the text. */
export function scanJson(text: string): JsonScan {
  const length = text.length;
  let members = 0;
  let integersOnly = true;
  let longNumbers = false;
  let surrogateEscapes = false;
  let escaped = false;
  let escapedNames = false;
  let open = 0;
  let depth = 0;
  let digits = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i++;
      escaped = false;
      for (; i < length; i++) {
        const inside = text.charCodeAt(i);
        if (inside === QUOTE) break;
        if (inside !== BACKSLASH) continue;
        i++;
        escaped = true;
        if (text.charCodeAt(i) === 0x75 && (text.charCodeAt(i + 1) | 0x20) === 0x64) surrogateEscapes = true;
      }
    } else if (code >= 0x30 && code <= 0x39) {
      if (++digits > SAFE_DIGITS) longNumbers = true;
      continue;
    } else if (code === 0x3a) {
      members++;
      if (escaped) escapedNames = true;
    } else if (code === 0x7b || code === 0x5b) {
      if (++open > depth) depth = open;
    } else if (code === 0x7d || code === 0x5d) open--;
    else if (code === 0x2e || (digits > 0 && (code === 0x65 || code === 0x45))) integersOnly = false;
    digits = 0;
  }
  return { members, integersOnly, longNumbers, surrogateEscapes, escapedNames, depth };
}
