const named: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u000b": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** What Go's %q escapes: quotes, controls, and what unicode.IsPrint refuses (separators but the blank, formats, unassigned, surrogates). */
const notPrintable = /["\\]|[^\P{C}]|[^\P{Z} ]/u;
const eachNotPrintable = /["\\]|[^\P{C}]|[^\P{Z} ]/gu;

/** The text as Go's fmt prints it with %q. */
export function goQuote(text: string): string {
  if (!notPrintable.test(text)) return `"${text}"`;
  return `"${text.replace(eachNotPrintable, escaped)}"`;
}

function escaped(character: string): string {
  const short = named[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  // A lone surrogate cannot be in a Go string that came from JSON: it has become U+FFFD there.
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
