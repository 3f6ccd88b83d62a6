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
const SAFE_DIGITS = 15;

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
