import { goQuote } from "../status/go-text.ts";
import type { Issue } from "./cel-error.ts";

export type TokenType = "ident" | "int" | "uint" | "double" | "string" | "bytes" | "symbol" | "end";

export interface Token {
  readonly type: TokenType;
  /** The source text of it. */
  readonly text: string;
  readonly offset: number;
}

/** Thrown with what the parser or lexer found; the parser turns it into a CompileError. */
export class SyntaxIssue extends Error {
  readonly issue: Issue;
  constructor(offset: number, message: string) {
    super(message);
    this.issue = { offset, message };
  }
}

const symbols = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]", "{", "}", ".", ","];
const number = /0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)|[0-9]+[uU]?/y;
const ident = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedIdent = /`[A-Za-z0-9_.\-/ ]+`/y;
const blank = /(?:[ \t\n\r\f]+|\/\/[^\n]*)+/y;
const prefix = /(?:[bB][rR]?|[rR][bB]?)?(?="|')/y;

/** Splits an expression into tokens. @throws SyntaxIssue */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = skip(blank, source, 0);
  while (at < source.length) {
    const token = nextToken(source, at);
    tokens.push(token);
    at = skip(blank, source, at + token.text.length);
  }
  tokens.push({ type: "end", text: "<EOF>", offset: source.length });
  return tokens;
}

function skip(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : at;
}

function nextToken(source: string, offset: number): Token {
  const string = stringToken(source, offset);
  if (string !== undefined) return string;
  for (const [pattern, type] of [[number, undefined] as const, [ident, "ident"] as const, [quotedIdent, "ident"] as const]) {
    const end = skip(pattern, source, offset);
    if (end === offset) continue;
    const text = source.slice(offset, end);
    return { type: type ?? numberType(text), text, offset };
  }
  const symbol = symbols.find((text) => source.startsWith(text, offset));
  if (symbol !== undefined) return { type: "symbol", text: symbol, offset };
  throw new SyntaxIssue(offset, `Syntax error: token recognition error at: '${String.fromCodePoint(source.codePointAt(offset) ?? 0)}'`);
}

function numberType(text: string): TokenType {
  if (/[uU]$/.test(text)) return "uint";
  return /^0[xX]/.test(text) || /^[0-9]+$/.test(text) ? "int" : "double";
}

function stringToken(source: string, offset: number): Token | undefined {
  const open = skip(prefix, source, offset);
  const quote = source[open];
  if (quote !== '"' && quote !== "'") return undefined;
  const marks = source.slice(offset, open).toLowerCase();
  const isRaw = marks.includes("r");
  const triple = source.startsWith(quote.repeat(3), open);
  const closing = triple ? quote.repeat(3) : quote;
  for (let at = open + closing.length; at < source.length; at++) {
    const character = source[at];
    if (source.startsWith(closing, at)) {
      return { type: marks.includes("b") ? "bytes" : "string", text: source.slice(offset, at + closing.length), offset };
    }
    if (character === "\\" && !isRaw) at++;
    else if (!triple && (character === "\n" || character === "\r")) break;
  }
  throw new SyntaxIssue(offset, `Syntax error: token recognition error at: ${goQuote(source.slice(offset, offset + 50))}`);
}
