import { isMap, memberOf } from "../patch/json-value.ts";

/** The path cannot be read. */
export class JsonPathError extends Error {
  override readonly name = "JsonPathError";
}

/** One step of a path: from each value that was found to the next ones. */
type Step =
  | { readonly type: "field"; readonly names: readonly string[] }
  | { readonly type: "every" }
  | { readonly type: "index"; readonly ranges: readonly Range[] }
  | { readonly type: "filter"; readonly left: Operand; readonly operator: Operator; readonly right: Operand }
  | { readonly type: "descend" };

/** From, to (not included) and step, as in a slice; undefined: from or to the end. */
interface Range {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly step: number;
  /** One item, not a slice. */
  readonly single: boolean;
}

type Operator = "exists" | "==" | "!=" | "<" | "<=" | ">" | ">=";
type Operand = { readonly path: JsonPath } | { readonly value: unknown };

/** A parsed path. */
export type JsonPath = readonly Step[];

const MAX_LENGTH = 4096;
/** Filters may stand in filters. */
const MAX_NESTING = 10;
/** A path that finds more, or looks at more values on its way, ends there. */
const MAX_FOUND = 10_000;
const MAX_VISITED = 100_000;

/**
 * Reads a path as kubectl's JSONPath templates have it inside their braces: `.spec.a`, `['a.b']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `..name`,
 * `[?(@.type=="Ready")].status`. @throws JsonPathError
 */
export function parseJsonPath(text: string): JsonPath {
  if (text.length > MAX_LENGTH) throw new JsonPathError(`path is longer than ${MAX_LENGTH} characters`);
  return parsePath(text, 0);
}

function parsePath(text: string, nesting: number): JsonPath {
  if (nesting > MAX_NESTING) throw new JsonPathError("filters are nested too deeply");
  const steps: Step[] = [];
  let at = /^\s*[$@]?/.exec(text)?.[0].length ?? 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const dotted = /^(\.\.?)((?:\\.|[^.[\]\s\\'"()=<>!])*)/.exec(rest);
    if (dotted !== null) {
      const [all, dots, name = ""] = dotted;
      if (dots === "..") steps.push({ type: "descend" });
      if (name === "*") steps.push({ type: "every" });
      else if (name !== "") steps.push({ type: "field", names: [name.replace(/\\(.)/g, "$1")] });
      at += all.length;
    } else if (rest.startsWith("[")) {
      const end = closingBracket(rest);
      steps.push(parseBracket(rest.slice(1, end).trim(), nesting));
      at += end + 1;
    } else if (steps.length === 0 && /^[A-Za-z_]/.test(rest)) {
      // A name alone: the leading dot may be left out.
      const name = /^(?:\\.|[^.[\]\s\\])+/.exec(rest)?.[0] ?? "";
      steps.push({ type: "field", names: [name.replace(/\\(.)/g, "$1")] });
      at += name.length;
    } else if (rest.trim() === "") break;
    else throw new JsonPathError(`unrecognized character in action: ${JSON.stringify(rest[0])}`);
  }
  return steps;
}

/** Where the bracket that opens the text is closed; quotes and inner brackets are passed over. */
function closingBracket(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "'" || character === '"') at = closingQuote(text, at);
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return at;
  }
  throw new JsonPathError("unterminated array");
}

function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[open]) return at;
  }
  throw new JsonPathError("unterminated quoted string");
}

function parseBracket(text: string, nesting: number): Step {
  if (text === "*") return { type: "every" };
  const filter = /^\?\s*\((.*)\)$/s.exec(text);
  if (filter !== null) return parseFilter(filter[1] ?? "", nesting);
  if (/^['"]/.test(text)) return { type: "field", names: quotedNames(text) };
  const ranges = text.split(",").map(parseRange);
  return { type: "index", ranges };
}

function quotedNames(text: string): string[] {
  const names: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = /^['"]/.test(text.slice(at)) ? closingQuote(text, at) : -1;
    if (end < 0) throw new JsonPathError(`invalid array index ${text}`);
    names.push(text.slice(at + 1, end).replace(/\\(.)/g, "$1"));
    at = end + 1 + (/^\s*,\s*/.exec(text.slice(end + 1))?.[0].length ?? 0);
  }
  return names;
}

function parseRange(text: string): Range {
  const parts = /^\s*(-?\d+)?\s*(?:(:)\s*(-?\d+)?\s*(?::\s*(-?\d+)?)?)?\s*$/.exec(text);
  const single = parts?.[2] === undefined;
  if (parts === null || (single && parts[1] === undefined)) throw new JsonPathError(`invalid array index ${text}`);
  const number = (part: string | undefined) => (part === undefined ? undefined : Number(part));
  const step = number(parts[4]) ?? 1;
  if (step <= 0) throw new JsonPathError("step must be > 0");
  return { from: number(parts[1]), to: number(parts[3]), step, single };
}

function parseFilter(text: string, nesting: number): Step {
  const { left, operator, right } = splitFilter(text);
  if (operator === undefined) return { type: "filter", left: parseOperand(left, nesting), operator: "exists", right: { value: undefined } };
  return { type: "filter", left: parseOperand(left, nesting), operator, right: parseOperand(right, nesting) };
}

function splitFilter(text: string): { left: string; operator?: Operator; right: string } {
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "'" || character === '"') at = closingQuote(text, at);
    else if ("=!<>".includes(character)) {
      const operator = /^(?:==|!=|<=|>=|<|>)/.exec(text.slice(at))?.[0];
      if (operator === undefined) throw new JsonPathError(`unrecognized filter operator in ${text}`);
      return { left: text.slice(0, at), operator: operator as Operator, right: text.slice(at + operator.length) };
    }
  }
  return { left: text, right: "" };
}

function parseOperand(text: string, nesting: number): Operand {
  const own = text.trim();
  if (/^['"]/.test(own)) {
    if (closingQuote(own, 0) !== own.length - 1) throw new JsonPathError(`unrecognized filter operand ${own}`);
    return { value: own.slice(1, -1).replace(/\\(.)/g, "$1") };
  }
  if (/^-?\d+(?:\.\d+)?$/.test(own)) return { value: Number(own) };
  if (own === "true" || own === "false") return { value: own === "true" };
  return { path: parsePath(own, nesting + 1) };
}

/** Every value that the path finds, in the order of the object; names that are missing find none. */
export function findJsonPath(path: JsonPath, root: unknown): unknown[] {
  return new Search().find(path, root);
}

class Search {
  #visited = 0;

  find(path: JsonPath, root: unknown): unknown[] {
    let found: unknown[] = [root];
    for (const step of path) {
      const next: unknown[] = [];
      for (const value of found) {
        if (next.length >= MAX_FOUND || this.#visited++ >= MAX_VISITED) break;
        this.#take(step, value, next);
      }
      found = next;
    }
    return found;
  }

  #take(step: Step, value: unknown, next: unknown[]): void {
    switch (step.type) {
      case "field":
        for (const name of step.names) {
          const own = isMap(value) ? memberOf(value, name) : undefined;
          if (own !== undefined) next.push(own);
        }
        break;
      case "every":
        push(next, Array.isArray(value) ? value : isMap(value) ? Object.values(value) : []);
        break;
      case "index":
        if (Array.isArray(value)) for (const range of step.ranges) push(next, itemsOf(value, range));
        break;
      case "filter":
        if (Array.isArray(value)) push(next, value.filter((item) => this.#visited++ < MAX_VISITED && this.#holds(step, item)));
        break;
      default:
        this.#descend(value, next);
    }
  }

  /** The value and all values inside it. */
  #descend(root: unknown, next: unknown[]): void {
    const open: unknown[] = [root];
    while (open.length > 0 && next.length < MAX_FOUND && this.#visited++ < MAX_VISITED) {
      const value = open.pop();
      next.push(value);
      const inside = Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];
      for (let i = inside.length - 1; i >= 0; i--) open.push(inside[i]);
    }
  }

  #holds({ left, operator, right }: Extract<Step, { type: "filter" }>, item: unknown): boolean {
    const [a] = this.#values(left, item);
    if (operator === "exists") return a !== undefined;
    const [b] = this.#values(right, item);
    return a !== undefined && b !== undefined && compares(operator, a, b);
  }

  #values(operand: Operand, item: unknown): unknown[] {
    return "path" in operand ? this.find(operand.path, item) : [operand.value];
  }
}

function push(next: unknown[], values: readonly unknown[]): void {
  for (const value of values) {
    if (next.length >= MAX_FOUND) return;
    next.push(value);
  }
}

function itemsOf(list: readonly unknown[], { from, to, step, single }: Range): unknown[] {
  const start = from === undefined ? 0 : from < 0 ? from + list.length : from;
  if (single) return start >= 0 && start < list.length ? [list[start]] : [];
  const end = Math.min(to === undefined ? list.length : to < 0 ? to + list.length : to, list.length);
  const items: unknown[] = [];
  for (let i = Math.max(0, start); i < end; i += step) items.push(list[i]);
  return items;
}

function compares(operator: Operator, a: unknown, b: unknown): boolean {
  const isOrdered = (typeof a === "string" && typeof b === "string") || (isNumber(a) && isNumber(b));
  const [x, y] = [a as number, b as number];
  switch (operator) {
    case "==":
      return isNumber(a) && isNumber(b) ? Number(a) === Number(b) : a === b;
    case "!=":
      return isNumber(a) && isNumber(b) ? Number(a) !== Number(b) : a !== b;
    case "<":
      return isOrdered && x < y;
    case "<=":
      return isOrdered && x <= y;
    case ">":
      return isOrdered && x > y;
    default:
      return isOrdered && x >= y;
  }
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
