import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, type Reader } from "./reader.ts";
import { scannerError } from "./tokens.ts";

const SPACE = 0x20;
const TAB = 0x09;

/** Folds line breaks: one becomes a blank, of several the first is dropped. */
function fold(firstBreak: string, otherBreaks: string): string {
  return otherBreaks === "" && firstBreak === "\n" ? " " : firstBreak === "\n" ? otherBreaks : firstBreak + otherBreaks;
}

/** A plain scalar. `indent`: of the block that it lies in, -1 at the root. `brokeLine` says that it ended on a later line. */
export function scanPlain(reader: Reader, indent: number, flow: boolean): { value: string; brokeLine: boolean } {
  const start = reader.mark;
  let value = "";
  let spaces = "";
  let [firstBreak, otherBreaks] = ["", ""];
  let brokeLine = false;
  while (!reader.atDocumentIndicator() && reader.code() !== 0x23) {
    const from = reader.index;
    while (!endsPlain(reader, flow)) reader.skip();
    if (reader.index > from) {
      value += (brokeLine ? fold(firstBreak, otherBreaks) : spaces) + reader.text.slice(from, reader.index);
      spaces = "";
      [firstBreak, otherBreaks] = ["", ""];
      brokeLine = false;
    }
    if (!isBlank(reader.code()) && !isBreak(reader.code())) break;
    while (isBlank(reader.code()) || isBreak(reader.code())) {
      if (isBlank(reader.code())) {
        if (brokeLine && reader.column <= indent && reader.code() === TAB) throw scannerError("found a tab character that violates indentation", reader.mark, start);
        if (!brokeLine) spaces += reader.char();
        reader.skip();
      } else if (!brokeLine) {
        spaces = "";
        firstBreak = reader.readBreak();
        brokeLine = true;
      } else otherBreaks += reader.readBreak();
    }
    if (!flow && reader.column <= indent) break;
  }
  return { value, brokeLine };
}

/** Whether a plain scalar cannot go on here. */
function endsPlain(reader: Reader, flow: boolean): boolean {
  const code = reader.code();
  if (isBlankOrEnd(code)) return true;
  if (code === 0x3a) return isBlankOrEnd(reader.code(1)) || (flow && isFlowIndicator(reader.code(1)));
  if (!flow) return false;
  return isFlowIndicator(code) || (code === 0x3f && isBlankOrEnd(reader.code(1)));
}

function isFlowIndicator(code: number): boolean {
  return code === 0x2c || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d;
}

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\u0007",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\u000b",
  f: "\f",
  r: "\r",
  e: "\u001b",
  " ": " ",
  '"': '"',
  "'": "'",
  "\\": "\\",
  "/": "/",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};
const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A quoted scalar, its quotes included. */
export function scanQuoted(reader: Reader): string {
  const start = reader.mark;
  const single = reader.char() === "'";
  const quote = reader.code();
  reader.skip();
  let value = "";
  for (;;) {
    if (reader.atDocumentIndicator()) throw scannerError("found unexpected document indicator", reader.mark, start);
    if (reader.done) throw scannerError("found unexpected end of stream", reader.mark, start);
    let escapedBreak = false;
    while (!isBlankOrEnd(reader.code())) {
      const code = reader.code();
      if (single && code === quote && reader.code(1) === quote) {
        value += "'";
        reader.skip(2);
      } else if (code === quote) break;
      else if (!single && code === 0x5c && isBreak(reader.code(1))) {
        reader.skip();
        reader.skipBreak();
        escapedBreak = true;
        break;
      } else if (!single && code === 0x5c) value += scanEscape(reader);
      else {
        value += reader.char();
        reader.skip();
      }
    }
    if (reader.code() === quote) {
      reader.skip();
      return value;
    }
    value += scanQuotedBlanks(reader, escapedBreak);
  }
}

/** Blanks and line breaks within quotes, folded. */
function scanQuotedBlanks(reader: Reader, escapedBreak: boolean): string {
  let spaces = "";
  let [firstBreak, otherBreaks] = ["", ""];
  let leading = escapedBreak;
  while (isBlank(reader.code()) || isBreak(reader.code())) {
    if (isBlank(reader.code())) {
      if (!leading) spaces += reader.char();
      reader.skip();
    } else if (!leading) {
      spaces = "";
      firstBreak = reader.readBreak();
      leading = true;
    } else otherBreaks += reader.readBreak();
  }
  if (!leading) return spaces;
  // After an escaped break nothing stands for it.
  return firstBreak === "" ? otherBreaks : fold(firstBreak, otherBreaks);
}

function scanEscape(reader: Reader): string {
  const start = reader.mark;
  const character = reader.char(1);
  const plain = escapes[character];
  if (plain !== undefined) {
    reader.skip(2);
    return plain;
  }
  const length = hexLengths[character];
  if (length === undefined) throw scannerError("found unknown escape character", start, start);
  const digits = reader.text.slice(reader.index + 2, reader.index + 2 + length);
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) throw scannerError("did not find expected hexdecimal number", start, start);
  const code = Number.parseInt(digits, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) throw scannerError("found invalid Unicode character escape code", start, start);
  reader.skip(2 + length);
  return String.fromCodePoint(code);
}

/** A block scalar (`|` or `>`), its header included. `indent`: of the block that it lies in, -1 at the root. */
export function scanBlock(reader: Reader, parentIndent: number): string {
  const start = reader.mark;
  const literal = reader.char() === "|";
  reader.skip();
  const { chomp, increment } = scanHeader(reader);
  let indent = increment === 0 ? 0 : Math.max(parentIndent, 0) + increment;
  let breaks: string;
  ({ breaks, indent } = scanBlockBreaks(reader, indent, parentIndent, start));
  let value = "";
  let leadingBreak = "";
  let leadingBlank = false;
  while (reader.column === indent && !reader.done) {
    const blank = isBlank(reader.code());
    const folds = !literal && leadingBreak === "\n" && !leadingBlank && !blank;
    if (folds) value += breaks === "" ? " " : "";
    else value += leadingBreak;
    value += breaks;
    leadingBlank = blank;
    const from = reader.index;
    while (!isBreakOrEnd(reader.code())) reader.skip();
    value += reader.text.slice(from, reader.index);
    leadingBreak = reader.done ? "" : reader.readBreak();
    ({ breaks, indent } = scanBlockBreaks(reader, indent, parentIndent, start));
  }
  if (chomp !== "-") value += leadingBreak;
  if (chomp === "+") value += breaks;
  return value;
}

function scanHeader(reader: Reader): { chomp: string; increment: number } {
  const start = reader.mark;
  let chomp = "";
  let increment = 0;
  for (let i = 0; i < 2; i++) {
    const character = reader.char();
    if (chomp === "" && (character === "+" || character === "-")) {
      chomp = character;
      reader.skip();
    } else if (increment === 0 && character >= "0" && character <= "9") {
      if (character === "0") throw scannerError("found an indentation indicator equal to 0", reader.mark, start);
      increment = Number(character);
      reader.skip();
    }
  }
  while (isBlank(reader.code())) reader.skip();
  if (reader.code() === 0x23) while (!isBreakOrEnd(reader.code())) reader.skip();
  if (!isBreakOrEnd(reader.code())) throw scannerError("did not find expected comment or line break", reader.mark, start);
  if (!reader.done) reader.skipBreak();
  return { chomp, increment };
}

/** Indentation and empty lines; `indent` 0 is found out here. */
function scanBlockBreaks(reader: Reader, indent: number, parentIndent: number, start: Reader["mark"]): { breaks: string; indent: number } {
  let breaks = "";
  let widest = 0;
  for (;;) {
    while ((indent === 0 || reader.column < indent) && reader.code() === SPACE) reader.skip();
    widest = Math.max(widest, reader.column);
    if ((indent === 0 || reader.column < indent) && reader.code() === TAB) throw scannerError("found a tab character where an indentation space is expected", reader.mark, start);
    if (!isBreak(reader.code())) break;
    breaks += reader.readBreak();
  }
  return { breaks, indent: indent === 0 ? Math.max(widest, parentIndent + 1, 1) : indent };
}
