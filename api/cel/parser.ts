import type { CallNode, Node } from "./ast.ts";
import { CompileError, type Issue } from "./cel-error.ts";
import { SyntaxIssue, type Token, tokenize } from "./lexer.ts";
import { literalValue } from "./literals.ts";
import { expandMacro } from "./macros.ts";

/** As cel-go: an expression may have so many code points … */
const MAX_LENGTH = 100_000;
/** … brackets and operators so deep … */
const MAX_NESTING = 250;
/** … and its tree (left sides of operators, selections) so deep, since what walks it does so by recursion. */
const MAX_DEPTH = 1000;

const reserved: ReadonlySet<string> = new Set(["as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "package", "namespace", "null", "return", "true", "var", "void", "while"]);
const OPERAND = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const binary: readonly (readonly string[])[] = [["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"]];

/** Source text → tree, macros expanded. @throws CompileError with what is wrong, in cel-go's form */
export function parseExpression(source: string): Node {
  const size = [...source].length;
  if (size > MAX_LENGTH) throw new CompileError("", [{ offset: 0, message: `expression code point size exceeds limit: size: ${size}, limit ${MAX_LENGTH}` }]);
  try {
    return new Parser(tokenize(source)).parse();
  } catch (error) {
    if (error instanceof SyntaxIssue) throw new CompileError(source, [error.issue]);
    throw error;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #depths = new Map<Node, number>();
  #at = 0;
  #id = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Node {
    const node = this.#expression();
    const { type, text, offset } = this.#token;
    if (type !== "end") throw new SyntaxIssue(offset, `Syntax error: extraneous input '${text}' expecting <EOF>`);
    return node;
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#token;
    if (token.type !== "end") this.#at++;
    return token;
  }

  #is(text: string): boolean {
    const { type, text: own } = this.#token;
    return own === text && (type === "symbol" || type === "ident");
  }

  #take(text: string): Token | undefined {
    return this.#is(text) ? this.#next() : undefined;
  }

  #expect(text: string): Token {
    const token = this.#take(text);
    if (token !== undefined) return token;
    const { text: found, offset } = this.#token;
    throw new SyntaxIssue(offset, `Syntax error: mismatched input '${found}' expecting '${text}'`);
  }

  /** A node knows how deep it is, so that no tree gets too deep to walk. */
  #node<N extends Node>(node: N, children: readonly (Node | undefined)[]): N {
    let depth = 0;
    for (const child of children) if (child !== undefined) depth = Math.max(depth, this.#depths.get(child) ?? 0);
    if (depth >= MAX_DEPTH) throw new SyntaxIssue(node.offset, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    this.#depths.set(node, depth + 1);
    return node;
  }

  #call(offset: number, name: string, args: readonly Node[], target?: Node): CallNode {
    return this.#node({ kind: "call", id: ++this.#id, offset, name, target, args }, [target, ...args]);
  }

  #expression(): Node {
    if (++this.#nesting > MAX_NESTING) throw new SyntaxIssue(this.#token.offset, `expression recursion limit exceeded: ${MAX_NESTING}`);
    const condition = this.#logical("||");
    const question = this.#take("?");
    let node = condition;
    if (question !== undefined) {
      const yes = this.#logical("||");
      this.#expect(":");
      node = this.#call(question.offset, "_?_:_", [condition, yes, this.#expression()]);
    }
    this.#nesting--;
    return node;
  }

  /** Chains become balanced trees: a thousand alternatives are ten levels. */
  #logical(operator: "||" | "&&"): Node {
    const operand = () => (operator === "||" ? this.#logical("&&") : this.#binary(0));
    const terms = [operand()];
    const offsets: number[] = [];
    for (let token = this.#take(operator); token !== undefined; token = this.#take(operator)) {
      offsets.push(token.offset);
      terms.push(operand());
    }
    return this.#balance(operator, terms, offsets, 0, terms.length);
  }

  #balance(operator: string, terms: readonly Node[], offsets: readonly number[], from: number, to: number): Node {
    if (to - from === 1) return terms[from] as Node;
    const middle = (from + to + 1) >> 1;
    return this.#call(offsets[middle - 1] ?? 0, `_${operator}_`, [this.#balance(operator, terms, offsets, from, middle), this.#balance(operator, terms, offsets, middle, to)]);
  }

  #binary(level: number): Node {
    const operators = binary[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((text) => this.#is(text));
      if (operator === undefined) return left;
      const { offset } = this.#next();
      left = this.#call(offset, operator === "in" ? "@in" : `_${operator}_`, [left, this.#binary(level + 1)]);
    }
  }

  #unary(): Node {
    const first = this.#token;
    if (!this.#is("!") && !this.#is("-")) return this.#member();
    const operator = first.text;
    let count = 0;
    while (this.#take(operator) !== undefined) count++;
    const { type } = this.#token;
    if (operator === "-" && count === 1 && (type === "int" || type === "double")) return this.#member(first);
    const operand = this.#member();
    // Two of them cancel each other out.
    return count % 2 === 0 ? operand : this.#call(first.offset, `${operator}_`, [operand]);
  }

  #member(minus?: Token): Node {
    let node = this.#primary(minus);
    for (;;) {
      const dot = this.#take(".");
      if (dot !== undefined) {
        node = this.#selection(node, dot);
        continue;
      }
      const bracket = this.#take("[");
      if (bracket === undefined) return node;
      const isOptional = this.#take("?") !== undefined;
      const index = this.#expression();
      this.#expect("]");
      node = this.#call(bracket.offset, isOptional ? "_[?_]" : "_[_]", [node, index]);
    }
  }

  #selection(operand: Node, dot: Token): Node {
    const isOptional = this.#take("?") !== undefined;
    const field = this.#next();
    if (field.type !== "ident") throw noName(isOptional ? ".?" : ".", field);
    const name = field.text.replaceAll("`", "");
    if (isOptional) return this.#call(dot.offset, "_?._", [operand, this.#node({ kind: "literal", id: ++this.#id, offset: field.offset, value: name }, [])]);
    const open = this.#take("(");
    if (open === undefined) return this.#selectOrStruct(operand, name, dot.offset);
    return this.#expanded(this.#call(open.offset, name, this.#list(")"), operand));
  }

  #selectOrStruct(operand: Node, field: string, offset: number): Node {
    const node = this.#node<Node>({ kind: "select", id: ++this.#id, offset, operand, field, testOnly: false }, [operand]);
    const name = this.#is("{") ? qualifiedName(node) : undefined;
    return name === undefined ? node : this.#struct(name);
  }

  #expanded(call: CallNode): Node {
    const expansion = expandMacro(call, () => ++this.#id);
    return expansion === undefined ? call : this.#node(expansion, [call.target, ...call.args]);
  }

  #list(closing: string): Node[] {
    const items: Node[] = [];
    while (!this.#is(closing)) {
      items.push(this.#expression());
      if (this.#take(",") === undefined) break;
      if (closing === ")" && this.#is(closing)) throw this.#unexpected();
    }
    this.#expect(closing);
    return items;
  }

  #unexpected(): SyntaxIssue {
    const { text, offset } = this.#token;
    return new SyntaxIssue(offset, `Syntax error: mismatched input '${text}' expecting ${OPERAND}`);
  }

  #primary(minus?: Token): Node {
    const token = this.#token;
    if (token.type === "end") throw this.#unexpected();
    if (token.type === "symbol") return this.#bracketed(token);
    this.#next();
    if (token.type === "ident") return this.#ident(token, "");
    return this.#node({ kind: "literal", id: ++this.#id, offset: (minus ?? token).offset, value: literalValue(token, minus !== undefined) }, []);
  }

  #bracketed(token: Token): Node {
    if (this.#take("(") !== undefined) {
      const node = this.#expression();
      this.#expect(")");
      return node;
    }
    if (this.#take("[") !== undefined) return this.#listLiteral(token.offset);
    if (this.#take("{") !== undefined) return this.#mapLiteral(token.offset);
    if (this.#take(".") === undefined) throw this.#unexpected();
    const name = this.#next();
    if (name.type !== "ident") throw noName(".", name);
    return this.#ident(name, ".");
  }

  #ident({ text, offset }: Token, leading: string): Node {
    const constant = text === "true" ? true : text === "false" ? false : text === "null" ? null : undefined;
    if (constant !== undefined && leading === "") return this.#node({ kind: "literal", id: ++this.#id, offset, value: constant }, []);
    if (text === "in") throw new SyntaxIssue(offset, `Syntax error: mismatched input 'in' expecting ${OPERAND}`);
    if (reserved.has(text)) throw new SyntaxIssue(offset, `reserved identifier: ${text}`);
    if (text.startsWith("`")) throw new SyntaxIssue(offset, `Syntax error: mismatched input '${text}' expecting ${OPERAND}`);
    const open = this.#take("(");
    if (open !== undefined) return this.#expanded(this.#call(open.offset, text, this.#list(")")));
    const node = this.#node<Node>({ kind: "ident", id: ++this.#id, offset, name: leading + text }, []);
    return this.#is("{") ? this.#struct(leading + text) : node;
  }

  #listLiteral(offset: number): Node {
    const elements: Node[] = [];
    const optional = new Set<number>();
    while (!this.#is("]")) {
      if (this.#take("?") !== undefined) optional.add(elements.length);
      elements.push(this.#expression());
      if (this.#take(",") === undefined) break;
    }
    this.#expect("]");
    return this.#node({ kind: "list", id: ++this.#id, offset, elements, optional }, elements);
  }

  #mapLiteral(offset: number): Node {
    const entries: { key: Node; value: Node; optional: boolean }[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression(), optional });
      if (this.#take(",") === undefined) break;
    }
    this.#expect("}");
    return this.#node(
      { kind: "map", id: ++this.#id, offset, entries },
      entries.flatMap(({ key, value }) => [key, value]),
    );
  }

  #struct(name: string): Node {
    const { offset } = this.#expect("{");
    const fields: { name: string; value: Node; optional: boolean; offset: number }[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const field = this.#next();
      if (field.type !== "ident") throw new SyntaxIssue(field.offset, `Syntax error: mismatched input '${field.text}' expecting IDENTIFIER`);
      const colon = this.#expect(":");
      fields.push({ name: field.text.replaceAll("`", ""), value: this.#expression(), optional, offset: colon.offset });
      if (this.#take(",") === undefined) break;
    }
    this.#expect("}");
    return this.#node(
      { kind: "struct", id: ++this.#id, offset, name, fields },
      fields.map(({ value }) => value),
    );
  }
}

/** What follows a dot is no name. */
function noName(dot: string, { type, text, offset }: Token): SyntaxIssue {
  return new SyntaxIssue(offset, `Syntax error: no viable alternative at input '${dot}${type === "end" ? "" : text}'`);
}

/** `a.b.c` as a name; undefined when the node is not just names. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === "ident") return node.name;
  if (node.kind !== "select" || node.testOnly) return undefined;
  const operand = qualifiedName(node.operand);
  return operand === undefined ? undefined : `${operand}.${node.field}`;
}

export type { Issue };
