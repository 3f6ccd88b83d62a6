import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, Reader } from "./reader.ts";
import { scanBlock, scanPlain, scanQuoted } from "./scan-scalar.ts";
import { type Mark, scannerError, type Token, type TokenType, YamlSyntaxError } from "./tokens.ts";

/** Most nested collections. */
const MAX_DEPTH = 1000;
/** A key on one line with its colon is not longer. */
const MAX_SIMPLE_KEY = 1024;

/** What may turn out to be a key once a colon follows. */
interface SimpleKey {
  readonly mark: Mark;
  /** Number of the token that it begins with. */
  readonly token: number;
  /** Nothing but a key can stand here. */
  readonly required: boolean;
  /** Flow level that it stands in. */
  readonly level: number;
}

/**
 * YAML text → tokens, after libyaml's scanner: indentation becomes start and end tokens of blocks, and a key is
 * recognised when its colon comes.
 */
export class Scanner {
  readonly #reader: Reader;
  readonly #tokens: Token[] = [];
  /** Tokens handed out; the first of #tokens has this number. */
  #taken = 0;
  /** Indices into #tokens below this are handed out (and dropped now and then). */
  #head = 0;
  #ended = false;
  #indent = -1;
  readonly #indents: number[] = [];
  #flow = 0;
  #simpleKeyAllowed = true;
  /** Candidates, at most one of each flow level, in the order of the text: the first is the first to go stale. */
  #simpleKeys: SimpleKey[] = [];

  constructor(text: string) {
    this.#reader = new Reader(text);
  }

  peek(): Token {
    this.#fetchEnough();
    return this.#tokens[this.#head] as Token;
  }

  take(): Token {
    const token = this.peek();
    this.#head++;
    this.#taken++;
    if (this.#head > 4096) {
      this.#tokens.splice(0, this.#head);
      this.#head = 0;
    }
    return token;
  }

  /** A token may be handed out when no candidate key could still put one before it. */
  #fetchEnough(): void {
    while (!this.#ended) {
      if (this.#head < this.#tokens.length) {
        this.#dropStaleKeys();
        if (this.#simpleKeys[0]?.token !== this.#taken) return;
      }
      this.#fetch();
    }
  }

  #push(type: Exclude<TokenType, "directive" | "alias" | "anchor" | "tag" | "scalar">, mark = this.#reader.mark): void {
    this.#tokens.push({ type, mark });
  }

  #fetch(): void {
    const reader = this.#reader;
    this.#skipToToken();
    this.#dropStaleKeys();
    this.#unroll(reader.column);
    if (reader.done) return this.#fetchEnd();
    const code = reader.code();
    if (reader.column === 0 && code === 0x25) return this.#fetchDirective();
    if (reader.atDocumentIndicator()) return this.#fetchDocumentIndicator(code === 0x2d ? "document-start" : "document-end");
    switch (reader.char()) {
      case "[":
        return this.#fetchFlowStart("flow-sequence-start");
      case "{":
        return this.#fetchFlowStart("flow-mapping-start");
      case "]":
        return this.#fetchFlowEnd("flow-sequence-end");
      case "}":
        return this.#fetchFlowEnd("flow-mapping-end");
      case ",":
        return this.#fetchFlowEntry();
      case "*":
        return this.#fetchName("alias");
      case "&":
        return this.#fetchName("anchor");
      case "!":
        return this.#fetchTag();
      case "'":
      case '"':
        return this.#fetchScalar(() => scanQuoted(reader));
      default:
        return this.#fetchByContext(code);
    }
  }

  #fetchByContext(code: number): void {
    const reader = this.#reader;
    const alone = isBlankOrEnd(reader.code(1));
    if (code === 0x2d && alone) return this.#fetchBlockEntry();
    if (code === 0x3f && (this.#flow > 0 || alone)) return this.#fetchKey();
    if (code === 0x3a && (this.#flow > 0 || alone)) return this.#fetchValue();
    if ((code === 0x7c || code === 0x3e) && this.#flow === 0) return this.#fetchBlockScalar();
    const indicator = "-?:,[]{}#&*!|>'\"%@`".includes(reader.char());
    const startsPlain = !indicator || (code === 0x2d && !isBlank(reader.code(1))) || (this.#flow === 0 && (code === 0x3f || code === 0x3a) && !alone);
    if (!isBlank(code) && startsPlain) return this.#fetchPlain();
    throw scannerError("found character that cannot start any token", reader.mark);
  }

  #skipToToken(): void {
    const reader = this.#reader;
    for (;;) {
      while (reader.code() === 0x20 || ((this.#flow > 0 || !this.#simpleKeyAllowed) && reader.code() === 0x09)) reader.skip();
      if (reader.code() === 0x23) while (!isBreakOrEnd(reader.code())) reader.skip();
      if (!isBreak(reader.code())) return;
      reader.skipBreak();
      if (this.#flow === 0) this.#simpleKeyAllowed = true;
    }
  }

  // Keys

  /** A key stands on one line. */
  #dropStaleKeys(): void {
    const { line, index } = this.#reader;
    for (let key = this.#simpleKeys[0]; key !== undefined; key = this.#simpleKeys[0]) {
      if (key.mark.line === line && index - key.mark.index <= MAX_SIMPLE_KEY) return;
      if (key.required) throw scannerError("could not find expected ':'", this.#reader.mark, key.mark);
      this.#simpleKeys.shift();
    }
  }

  #saveKey(): void {
    if (!this.#simpleKeyAllowed) return;
    this.#removeKey();
    const required = this.#flow === 0 && this.#indent === this.#reader.column;
    this.#simpleKeys.push({ mark: this.#reader.mark, token: this.#taken + this.#tokens.length - this.#head, required, level: this.#flow });
  }

  /** The candidate of the level that we are in. */
  #candidate(): SimpleKey | undefined {
    const last = this.#simpleKeys.at(-1);
    return last?.level === this.#flow ? last : undefined;
  }

  #removeKey(): void {
    const key = this.#candidate();
    if (key === undefined) return;
    if (key.required) throw scannerError("could not find expected ':'", this.#reader.mark, key.mark);
    this.#simpleKeys.pop();
  }

  // Indentation

  #roll(column: number, type: "block-sequence-start" | "block-mapping-start", mark: Mark, at?: number): void {
    if (this.#flow > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    if (this.#indents.length > MAX_DEPTH) throw new YamlSyntaxError(`exceeded max depth of ${MAX_DEPTH}`);
    if (at === undefined) this.#tokens.push({ type, mark });
    else this.#tokens.splice(at, 0, { type, mark });
  }

  #unroll(column: number): void {
    if (this.#flow > 0) return;
    while (this.#indent > column) {
      this.#push("block-end");
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  // Tokens

  #fetchEnd(): void {
    // What is said of the end is said of a line of its own.
    if (this.#reader.column !== 0) {
      this.#reader.column = 0;
      this.#reader.line++;
    }
    this.#unroll(-1);
    this.#removeKey();
    this.#simpleKeyAllowed = false;
    this.#push("stream-end");
    this.#ended = true;
  }

  #fetchDirective(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#simpleKeyAllowed = false;
    const reader = this.#reader;
    const mark = reader.mark;
    const from = reader.index + 1;
    while (!isBreakOrEnd(reader.code())) reader.skip();
    const [name = "", ...rest] = (reader.text.slice(from, reader.index).split(/\s#/)[0] ?? "").trim().split(/\s+/);
    if (name === "") throw scannerError("could not find expected directive name", mark, mark);
    this.#tokens.push({ type: "directive", mark, name, value: rest.join(" ") });
  }

  #fetchDocumentIndicator(type: "document-start" | "document-end"): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#simpleKeyAllowed = false;
    this.#push(type);
    this.#reader.skip(3);
  }

  #fetchFlowStart(type: "flow-sequence-start" | "flow-mapping-start"): void {
    this.#saveKey();
    if (++this.#flow > MAX_DEPTH) throw new YamlSyntaxError(`exceeded max depth of ${MAX_DEPTH}`);
    this.#simpleKeyAllowed = true;
    this.#push(type);
    this.#reader.skip();
  }

  #fetchFlowEnd(type: "flow-sequence-end" | "flow-mapping-end"): void {
    this.#removeKey();
    if (this.#flow > 0) this.#flow--;
    this.#simpleKeyAllowed = false;
    this.#push(type);
    this.#reader.skip();
  }

  #fetchFlowEntry(): void {
    this.#removeKey();
    this.#simpleKeyAllowed = true;
    this.#push("flow-entry");
    this.#reader.skip();
  }

  #fetchBlockEntry(): void {
    if (this.#flow === 0) {
      if (!this.#simpleKeyAllowed) throw scannerError("block sequence entries are not allowed in this context", this.#reader.mark);
      this.#roll(this.#reader.column, "block-sequence-start", this.#reader.mark);
    }
    this.#removeKey();
    this.#simpleKeyAllowed = true;
    this.#push("block-entry");
    this.#reader.skip();
  }

  #fetchKey(): void {
    if (this.#flow === 0) {
      if (!this.#simpleKeyAllowed) throw scannerError("mapping keys are not allowed in this context", this.#reader.mark);
      this.#roll(this.#reader.column, "block-mapping-start", this.#reader.mark);
    }
    this.#removeKey();
    this.#simpleKeyAllowed = this.#flow === 0;
    this.#push("key");
    this.#reader.skip();
  }

  #fetchValue(): void {
    const key = this.#candidate();
    if (key !== undefined) {
      const at = this.#head + key.token - this.#taken;
      this.#tokens.splice(at, 0, { type: "key", mark: key.mark });
      this.#roll(key.mark.column, "block-mapping-start", key.mark, at);
      this.#simpleKeys.pop();
      this.#simpleKeyAllowed = false;
    } else {
      if (this.#flow === 0) {
        if (!this.#simpleKeyAllowed) throw scannerError("mapping values are not allowed in this context", this.#reader.mark);
        this.#roll(this.#reader.column, "block-mapping-start", this.#reader.mark);
      }
      this.#simpleKeyAllowed = this.#flow === 0;
    }
    this.#push("value");
    this.#reader.skip();
  }

  #fetchName(type: "alias" | "anchor"): void {
    this.#saveKey();
    this.#simpleKeyAllowed = false;
    const reader = this.#reader;
    const mark = reader.mark;
    reader.skip();
    const from = reader.index;
    while (/[0-9A-Za-z_-]/.test(reader.char())) reader.skip();
    const value = reader.text.slice(from, reader.index);
    if (value === "" || !(isBlankOrEnd(reader.code()) || "?:,]}%@`".includes(reader.char()))) {
      throw scannerError("did not find expected alphabetic or numeric character", reader.mark, mark);
    }
    this.#tokens.push({ type, mark, value });
  }

  #fetchTag(): void {
    this.#saveKey();
    this.#simpleKeyAllowed = false;
    const reader = this.#reader;
    const mark = reader.mark;
    const from = reader.index;
    while (!isBlankOrEnd(reader.code()) && !(this.#flow > 0 && reader.code() === 0x2c)) reader.skip();
    this.#tokens.push({ type: "tag", mark, value: reader.text.slice(from, reader.index) });
  }

  #fetchScalar(scan: () => string): void {
    this.#saveKey();
    this.#simpleKeyAllowed = false;
    const mark = this.#reader.mark;
    this.#tokens.push({ type: "scalar", mark, value: scan(), plain: false });
  }

  #fetchPlain(): void {
    this.#saveKey();
    this.#simpleKeyAllowed = false;
    const mark = this.#reader.mark;
    const { value, brokeLine } = scanPlain(this.#reader, this.#indent, this.#flow > 0);
    if (brokeLine) this.#simpleKeyAllowed = true;
    this.#tokens.push({ type: "scalar", mark, value, plain: true });
  }

  #fetchBlockScalar(): void {
    this.#removeKey();
    this.#simpleKeyAllowed = true;
    const mark = this.#reader.mark;
    this.#tokens.push({ type: "scalar", mark, value: scanBlock(this.#reader, this.#indent), plain: false });
  }
}
