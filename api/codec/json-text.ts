/** JSON texts as Go's encoding/json writes them, HTML escapes included. */

// What cannot stand in a string as it is: quotes, controls, HTML's own, line separators, halves of surrogate pairs.
const notPlain = /[\u0000-\u001f"\\<>&\u2028\u2029\ud800-\udfff]/;

const htmlEscapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Short strings are looked at here: entering the regular expression costs more than they do. */
const SHORT = 48;

/** A string as a JSON string. */
export function quoteJson(text: string): string {
  const length = text.length;
  if (length > SHORT) return notPlain.test(text) ? escaped(text) : `"${text}"`;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x22 || code === 0x5c || code === 0x3c || code === 0x3e || code === 0x26 || code >= 0x2028) return escaped(text);
  }
  return `"${text}"`;
}

function escaped(text: string): string {
  return escapeHtml(JSON.stringify(text.toWellFormed()));
}

/** The characters that Go escapes beyond what JSON needs; they occur only within strings of JSON text. */
export function escapeHtml(json: string): string {
  return json.includes("<") || json.includes(">") || json.includes("&") || json.includes("\u2028") || json.includes("\u2029") ? json.replace(/[<>&\u2028\u2029]/g, (character) => htmlEscapes[character] ?? character) : json;
}

/** JSON text without the blanks between its tokens, escaped. */
export function compactJson(json: string): string {
  return escapeHtml(json.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, (_match, string: string | undefined) => string ?? ""));
}

/** Keys of a map ascending by their UTF-8 bytes. */
export function sortedKeys(map: object): string[] {
  const keys = Object.keys(map);
  let sorted = true;
  let plain = true;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (i > 0 && key < (keys[i - 1] as string)) sorted = false;
    if (plain && /[\ud800-\udfff]/.test(key)) plain = false;
  }
  if (!plain) return keys.sort(compareUtf8);
  if (!sorted) sortPlain(keys);
  return keys;
}

/** A few are sorted by insertion, which needs no memory. */
const FEW = 16;

function sortPlain(keys: string[]): void {
  if (keys.length > FEW) {
    keys.sort();
    return;
  }
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
}

/** By UTF-8 bytes, that is by code point: UTF-16 puts what is beyond U+FFFF before U+E000. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}
