/** An expression failed at run time: `division by zero`, `no such key: a`. `||`, `&&`, all and exists may absorb it. */
export class CelError extends Error {
  override readonly name = "CelError";

  constructor(message: string) {
    // A fold may absorb a million of them: without a stack they cost a tenth.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
  }
}

/** The expression used up its cost budget; nothing absorbs it. */
export class CostError extends Error {
  override readonly name = "CostError";
  constructor() {
    super("operation cancelled: actual cost limit exceeded");
  }
}

/** One thing that is wrong with an expression. `offset` counts UTF-16 units. */
export interface Issue {
  readonly offset: number;
  readonly message: string;
}

/** The expression cannot be compiled; the message shows every issue with its line, as cel-go does. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly issues: readonly Issue[];
  constructor(source: string, issues: readonly Issue[]) {
    super(issuesText(source, issues));
    this.issues = issues;
  }
}

/** The expression compiles, but cannot be made ready to run: a conversion or a pattern that stands in it fails. */
export class PreparationError extends CompileError {
  constructor(fault: string) {
    super("", []);
    this.message = `program instantiation failed: ${fault}`;
  }
}

/** Why an expression cannot be used, in Kubernetes' words. */
export function compileErrorText(error: CompileError, prefix = ""): string {
  return error instanceof PreparationError ? error.message : `${prefix}compilation failed: ${error.message}`;
}

/** More issues than that help nobody. */
const MAX_ISSUES = 20;

function issuesText(source: string, issues: readonly Issue[]): string {
  const sorted = [...issues].sort((a, b) => a.offset - b.offset).slice(0, MAX_ISSUES);
  return sorted.map((issue) => issueText(source, issue)).join("\n");
}

function issueText(source: string, { offset, message }: Issue): string {
  if (source === "") return `ERROR: <input>:1:0: ${message}`;
  const before = source.slice(0, offset);
  const line = before.split("\n").length;
  const start = before.lastIndexOf("\n") + 1;
  const end = source.indexOf("\n", start);
  const column = [...source.slice(start, offset)].length;
  const text = source.slice(start, end < 0 ? undefined : end);
  const marker = [...text.slice(0, offset - start)].map((character) => (character.charCodeAt(0) > 0x7f ? "．" : ".")).join("");
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text.replaceAll("\t", " ")}\n | ${marker}${(text.codePointAt(offset - start) ?? 0) > 0x7f ? "＾" : "^"}`;
}
