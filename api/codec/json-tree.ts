/**
 * JSON text → a tree that keeps what JavaScript values lose: duplicate members, the text of numbers, where containers
 * stand. Slower than JSON.parse: for what JSON.parse cannot judge, and to say what is wrong as Go's encoding/json does.
 */
export type JsonNode = string | boolean | null | NumberNode | ArrayNode | ObjectNode;

export class NumberNode {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export class ArrayNode {
  readonly items: JsonNode[] = [];
  readonly start: number;
  end = 0;
  constructor(start: number) {
    this.start = start;
  }
}

/** Members in the order of the text, duplicates too. */
export class ObjectNode {
  readonly keys: string[] = [];
  readonly values: JsonNode[] = [];
  readonly start: number;
  end = 0;
  constructor(start: number) {
    this.start = start;
  }
}

/** message is encoding/json's wording. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** Deepest nesting that Go's decoder follows. */
export const MAX_DEPTH = 10_000;

/** @throws JsonSyntaxError */
export function parseJsonTree(text: string): JsonNode {
  return new TreeParser(text).parse();
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const DASH = 0x2d;

const escapes: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Iterative, with the open containers on a stack of its own: nesting costs no call depth. */
class TreeParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonNode {
    const open: (ArrayNode | ObjectNode)[] = [];
    for (;;) {
      let value = this.#valueOrOpen(open);
      // Closes containers until one waits for more.
      for (;;) {
        if (value === undefined) break;
        const parent = open.at(-1);
        if (parent === undefined) {
          this.#skipBlanks();
          if (this.#at < this.#text.length) throw this.#unexpected("after top-level value");
          return value;
        }
        value = parent instanceof ArrayNode ? this.#afterItem(parent, value, open) : this.#afterMember(parent, value, open);
      }
    }
  }

  /** A scalar, an empty container, or undefined after opening one. */
  #valueOrOpen(open: (ArrayNode | ObjectNode)[]): JsonNode | undefined {
    this.#skipBlanks();
    const start = this.#at;
    const code = this.#text.charCodeAt(start);
    if (code !== OPEN_BRACE && code !== OPEN_BRACKET) return this.#scalar(code);
    if (open.length >= MAX_DEPTH) throw new JsonSyntaxError("exceeded max depth");
    this.#at++;
    this.#skipBlanks();
    if (code === OPEN_BRACE) {
      const node = new ObjectNode(start);
      if (this.#text.charCodeAt(this.#at) === CLOSE_BRACE) {
        node.end = ++this.#at;
        return node;
      }
      this.#key(node);
      open.push(node);
      return undefined;
    }
    const node = new ArrayNode(start);
    if (this.#text.charCodeAt(this.#at) === CLOSE_BRACKET) {
      node.end = ++this.#at;
      return node;
    }
    open.push(node);
    return undefined;
  }

  /** Returns the array when it ends here. */
  #afterItem(parent: ArrayNode, value: JsonNode, open: (ArrayNode | ObjectNode)[]): JsonNode | undefined {
    parent.items.push(value);
    this.#skipBlanks();
    const code = this.#text.charCodeAt(this.#at);
    if (code !== COMMA && code !== CLOSE_BRACKET) throw this.#unexpected("after array element");
    this.#at++;
    if (code === COMMA) return undefined;
    parent.end = this.#at;
    return open.pop();
  }

  /** Returns the object when it ends here. */
  #afterMember(parent: ObjectNode, value: JsonNode, open: (ArrayNode | ObjectNode)[]): JsonNode | undefined {
    parent.values.push(value);
    this.#skipBlanks();
    const code = this.#text.charCodeAt(this.#at);
    if (code !== COMMA && code !== CLOSE_BRACE) throw this.#unexpected("after object key:value pair");
    this.#at++;
    if (code === CLOSE_BRACE) {
      parent.end = this.#at;
      return open.pop();
    }
    this.#key(parent);
    return undefined;
  }

  #key(node: ObjectNode): void {
    this.#skipBlanks();
    if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#unexpected("looking for beginning of object key string");
    node.keys.push(this.#string());
    this.#skipBlanks();
    if (this.#text.charCodeAt(this.#at) !== COLON) throw this.#unexpected("after object key");
    this.#at++;
  }

  #scalar(code: number): JsonNode {
    if (code === QUOTE) return this.#string();
    if (code === DASH || (code >= 0x30 && code <= 0x39)) return this.#number();
    if (code === 0x74) return this.#word("true", true);
    if (code === 0x66) return this.#word("false", false);
    if (code === 0x6e) return this.#word("null", null);
    throw this.#unexpected("looking for beginning of value");
  }

  #word<T>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      this.#at++;
      if (this.#text[this.#at] !== word[i]) throw this.#unexpected(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.#at++;
    return value;
  }

  #number(): NumberNode {
    const start = this.#at;
    if (this.#text.charCodeAt(this.#at) === DASH) this.#at++;
    if (this.#text[this.#at] === "0") this.#at++;
    else this.#digits("in numeric literal");
    if (this.#text[this.#at] === ".") {
      this.#at++;
      this.#digits("after decimal point in numeric literal");
    }
    if (this.#text[this.#at] === "e" || this.#text[this.#at] === "E") {
      this.#at++;
      if (this.#text[this.#at] === "+" || this.#text[this.#at] === "-") this.#at++;
      this.#digits("in exponent of numeric literal");
    }
    return new NumberNode(this.#text.slice(start, this.#at));
  }

  #digits(where: string): void {
    const start = this.#at;
    while (this.#text.charCodeAt(this.#at) >= 0x30 && this.#text.charCodeAt(this.#at) <= 0x39) this.#at++;
    if (this.#at === start) throw this.#unexpected(where);
  }

  #string(): string {
    const start = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) return this.#text.slice(start, this.#at++).toWellFormed();
      if (code === BACKSLASH) return this.#escapedString(start);
      if (!(code >= 0x20)) throw this.#unexpected("in string literal");
      this.#at++;
    }
  }

  #escapedString(start: number): string {
    let value = this.#text.slice(start, this.#at);
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#at++;
        // A half of a surrogate pair alone is U+FFFD in Go.
        return value.toWellFormed();
      }
      if (code === BACKSLASH) value += this.#escape();
      else if (code >= 0x20) {
        const from = this.#at;
        while (this.#text.charCodeAt(this.#at) >= 0x20 && this.#text.charCodeAt(this.#at) !== QUOTE && this.#text.charCodeAt(this.#at) !== BACKSLASH) this.#at++;
        value += this.#text.slice(from, this.#at);
      } else throw this.#unexpected("in string literal");
    }
  }

  #escape(): string {
    this.#at++;
    const character = this.#text[this.#at] ?? "";
    if (character === "u") {
      let code = 0;
      for (let i = 0; i < 4; i++) {
        this.#at++;
        const digit = Number.parseInt(this.#text[this.#at] ?? "", 16);
        if (Number.isNaN(digit)) throw this.#unexpected("in \\u hexadecimal character escape");
        code = code * 16 + digit;
      }
      this.#at++;
      return String.fromCharCode(code);
    }
    const value = escapes[character];
    if (value === undefined) throw this.#unexpected("in string escape code");
    this.#at++;
    return value;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(where: string): JsonSyntaxError {
    if (this.#at >= this.#text.length) return new JsonSyntaxError("unexpected end of JSON input");
    return new JsonSyntaxError(`invalid character ${quoteByte(firstByte(this.#text.codePointAt(this.#at) ?? 0))} ${where}`);
  }
}

/** Go reads bytes: of a character beyond ASCII it names the first byte of its UTF-8 form. */
function firstByte(code: number): number {
  if (code < 0x80) return code;
  if (code < 0x800) return 0xc0 | (code >> 6);
  return code < 0x10000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18);
}

const namedBytes: Readonly<Record<number, string>> = { 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 39: "\\'", 92: "\\\\" };

function quoteByte(byte: number): string {
  const named = namedBytes[byte];
  if (named !== undefined) return `'${named}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, "0")}'`;
  if (byte >= 0x80 && byte < 0xa0) return `'\\u00${byte.toString(16)}'`;
  if (byte === 0xad) return "'\\u00ad'";
  return `'${String.fromCharCode(byte)}'`;
}
