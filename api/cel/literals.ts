import { SyntaxIssue, type Token } from "./lexer.ts";
import { CelUint, type CelValue } from "./values.ts";

const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92, "?": 63, '"': 34, "'": 39, "`": 96 };

/** The value that a literal's token stands for; `negative`: a minus belongs to it. @throws SyntaxIssue */
export function literalValue(token: Token, negative = false): CelValue {
  switch (token.type) {
    case "int": {
      const value = negative ? -BigInt(token.text) : BigInt(token.text);
      if (value > INT_MAX || value < -INT_MAX - 1n) throw new SyntaxIssue(token.offset, "invalid int literal");
      return value;
    }
    case "uint": {
      const value = BigInt(token.text.slice(0, -1));
      if (value > UINT_MAX) throw new SyntaxIssue(token.offset, "invalid uint literal");
      return new CelUint(value);
    }
    case "double": {
      const value = Number(token.text);
      if (!Number.isFinite(value)) throw new SyntaxIssue(token.offset, "invalid double literal");
      return negative ? -value : value;
    }
    case "bytes":
      return bytesValue(token);
    default:
      return stringValue(token);
  }
}

/** The text between the quotes, and whether escapes mean something in it. */
function unquote(token: Token): { readonly content: string; readonly isRaw: boolean } {
  const open = token.text.search(/["']/);
  const marks = token.text.slice(0, open).toLowerCase();
  const quote = token.text[open] ?? "";
  const size = token.text.length - open >= 6 && token.text.startsWith(quote.repeat(3), open) ? 3 : 1;
  return { content: token.text.slice(open + size, -size), isRaw: marks.includes("r") };
}

function stringValue(token: Token): string {
  const { content, isRaw } = unquote(token);
  if (isRaw || !content.includes("\\")) return content;
  let text = "";
  for (const part of unescaped(content, token.offset)) text += typeof part === "string" ? part : String.fromCodePoint(part.code);
  return text;
}

function bytesValue(token: Token): Uint8Array {
  const { content, isRaw } = unquote(token);
  const encoder = new TextEncoder();
  if (isRaw || !content.includes("\\")) return encoder.encode(content);
  const bytes: number[] = [];
  for (const part of unescaped(content, token.offset)) {
    if (typeof part === "string") bytes.push(...encoder.encode(part));
    else if (part.unicode) throw new SyntaxIssue(token.offset, "illegal escape in bytes literal");
    else bytes.push(part.code);
  }
  return Uint8Array.from(bytes);
}

function* unescaped(content: string, offset: number): Iterable<string | { readonly code: number; readonly unicode: boolean }> {
  for (let at = 0; at < content.length; ) {
    if (content[at] !== "\\") {
      const next = content.indexOf("\\", at);
      const end = next < 0 ? content.length : next;
      yield content.slice(at, end);
      at = end;
      continue;
    }
    const rest = content.slice(at + 1, at + 11);
    const simple = escapes[rest[0] ?? ""];
    const code = /^(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/.exec(rest);
    if (simple !== undefined) yield { code: simple, unicode: false };
    else if (code !== null) yield { code: checkedCode(code, offset), unicode: code[2] !== undefined || code[3] !== undefined };
    else throw new SyntaxIssue(offset, "unable to unescape string");
    at += 1 + (simple !== undefined ? 1 : (code?.[0].length ?? 0));
  }
}

function checkedCode(match: RegExpExecArray, offset: number): number {
  const code = match[4] !== undefined ? Number.parseInt(match[4], 8) : Number.parseInt(match[1] ?? match[2] ?? match[3] ?? "", 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new SyntaxIssue(offset, "invalid unicode code point");
  return code;
}
