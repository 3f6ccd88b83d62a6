import { goQuote } from "../status/go-text.ts";

/** What keeps the text from being a JSON object (or null), in the words of Go's encoding/json; undefined when nothing does. */
export function jsonObjectProblem(text: string): string | undefined {
  const problem = new Scanner(text).problem();
  if (problem !== undefined) return problem;
  const value: unknown = JSON.parse(text);
  if (value === null || (typeof value === "object" && !Array.isArray(value))) return undefined;
  const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
}

const UNEXPECTED_END = "unexpected end of JSON input";
const DEPTH_LIMIT = 10_000;

/** Finds the first character that cannot be where it stands, and says what was expected. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  problem(): string | undefined {
    try {
      this.#value(0);
      this.#blanks();
      if (this.#at < this.#text.length) this.#fail("after top-level value");
      return undefined;
    } catch (error) {
      if (error instanceof SyntaxProblem) return error.message;
      throw error;
    }
  }

  #fail(context: string): never {
    const character = this.#text[this.#at];
    if (character === undefined) throw new SyntaxProblem(UNEXPECTED_END);
    const shown = character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${goQuote(character).slice(1, -1)}'`;
    throw new SyntaxProblem(`invalid character ${shown} ${context}`);
  }

  #blanks(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #value(depth: number): void {
    if (depth > DEPTH_LIMIT) throw new SyntaxProblem("exceeded max depth");
    this.#blanks();
    const character = this.#text[this.#at] ?? "";
    if (character === "{") this.#members(depth, "}", true);
    else if (character === "[") this.#members(depth, "]", false);
    else if (character === '"') this.#string();
    else if (character === "t") this.#literal("true");
    else if (character === "f") this.#literal("false");
    else if (character === "n") this.#literal("null");
    else if (character === "-" || (character >= "0" && character <= "9")) this.#number();
    else this.#fail("looking for beginning of value");
  }

  #members(depth: number, close: string, named: boolean): void {
    this.#at++;
    this.#blanks();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      if (named) {
        this.#blanks();
        if (this.#text[this.#at] !== '"') this.#fail("looking for beginning of object key string");
        this.#string();
        this.#blanks();
        if (this.#text[this.#at] !== ":") this.#fail("after object key");
        this.#at++;
      }
      this.#value(depth + 1);
      this.#blanks();
      const next = this.#text[this.#at];
      if (next !== "," && next !== close) this.#fail(named ? "after object key:value pair" : "after array element");
      this.#at++;
      if (next === close) return;
    }
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      const character = this.#text[this.#at] ?? "";
      if (character === '"') break;
      if (character === "" || character < " ") this.#fail("in string literal");
      if (character === "\\") this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    const character = this.#text[++this.#at] ?? "";
    if (character === "u") {
      for (let i = 0; i < 4; i++) if (!/[0-9a-fA-F]/.test(this.#text[++this.#at] ?? "")) this.#fail("in \\u hexadecimal character escape");
    } else if (character === "" || !'bfnrt\\/"'.includes(character)) this.#fail("in string escape code");
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.#at++;
      if (this.#text[this.#at] !== word[i]) this.#fail(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.#at++;
  }

  #digits(context: string): void {
    const isDigit = () => (this.#text[this.#at] ?? "") >= "0" && (this.#text[this.#at] ?? "x") <= "9";
    if (!isDigit()) this.#fail(context);
    while (isDigit()) this.#at++;
  }

  #number(): void {
    if (this.#text[this.#at] === "-") this.#at++;
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
  }
}

class SyntaxProblem extends Error {}
