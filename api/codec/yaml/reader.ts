import type { Mark } from "./tokens.ts";

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

/** The text with a place in it; knows lines and columns. NaN stands for the end, as charCodeAt gives it. */
export class Reader {
  readonly text: string;
  index = 0;
  line = 0;
  column = 0;

  constructor(text: string) {
    this.text = text;
    // A byte order mark is not content.
    if (text.charCodeAt(0) === 0xfeff) this.index = 1;
  }

  get mark(): Mark {
    return { index: this.index, line: this.line, column: this.column };
  }

  get done(): boolean {
    return this.index >= this.text.length;
  }

  code(ahead = 0): number {
    return this.text.charCodeAt(this.index + ahead);
  }

  char(ahead = 0): string {
    return this.text.charAt(this.index + ahead);
  }

  /** Characters within a line. */
  skip(count = 1): void {
    this.index += count;
    this.column += count;
  }

  /** One line break, CR LF as one. */
  skipBreak(): void {
    this.index += this.code() === CR && this.code(1) === LF ? 2 : 1;
    this.line++;
    this.column = 0;
  }

  /** Reads a line break: "\n" for all but the Unicode separators. */
  readBreak(): string {
    const code = this.code();
    this.skipBreak();
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
  }

  /** `---` or `...` at the start of a line, with a blank or the end after it. */
  atDocumentIndicator(): boolean {
    if (this.column !== 0) return false;
    const code = this.code();
    return (code === 0x2d || code === 0x2e) && this.code(1) === code && this.code(2) === code && isBlankOrEnd(this.code(3));
  }
}

export function isBreak(code: number): boolean {
  return code === LF || code === CR || code === 0x85 || code === 0x2028 || code === 0x2029;
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

export function isBreakOrEnd(code: number): boolean {
  return Number.isNaN(code) || isBreak(code);
}

export function isBlankOrEnd(code: number): boolean {
  return isBlank(code) || isBreakOrEnd(code);
}
