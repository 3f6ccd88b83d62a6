import { ACCUMULATOR, type CallNode, type Node } from "./ast.ts";
import { SyntaxIssue } from "./lexer.ts";
import type { CelValue } from "./values.ts";

/** Builds nodes at one place, with fresh ids. */
class Builder {
  readonly #offset: number;
  readonly #nextId: () => number;

  constructor(offset: number, nextId: () => number) {
    this.#offset = offset;
    this.#nextId = nextId;
  }

  literal(value: CelValue): Node {
    return { kind: "literal", id: this.#nextId(), offset: this.#offset, value };
  }

  ident(name: string): Node {
    return { kind: "ident", id: this.#nextId(), offset: this.#offset, name };
  }

  get accumulator(): Node {
    return this.ident(ACCUMULATOR);
  }

  list(...elements: Node[]): Node {
    return { kind: "list", id: this.#nextId(), offset: this.#offset, elements, optional: new Set() };
  }

  call(name: string, ...args: Node[]): Node {
    return { kind: "call", id: this.#nextId(), offset: this.#offset, name, target: undefined, args };
  }

  member(target: Node, name: string, ...args: Node[]): Node {
    return { kind: "call", id: this.#nextId(), offset: this.#offset, name, target, args };
  }

  fold(range: Node, variables: readonly string[], init: Node, step: Node, options: { condition?: Node; result?: Node; accumulator?: string } = {}): Node {
    const { condition = this.literal(true), accumulator = ACCUMULATOR } = options;
    const [variable = "", secondVariable] = variables;
    return { kind: "comprehension", id: this.#nextId(), offset: this.#offset, range, variable, secondVariable, accumulator, init, condition, step, result: options.result ?? this.ident(accumulator) };
  }
}

type Expand = (build: Builder, range: Node, variables: readonly string[], args: readonly Node[]) => Node;

const all: Expand = (b, range, variables, [test]) =>
  b.fold(range, variables, b.literal(true), b.call("_&&_", b.accumulator, test as Node), { condition: b.call("@not_strictly_false", b.accumulator) });
const exists: Expand = (b, range, variables, [test]) =>
  b.fold(range, variables, b.literal(false), b.call("_||_", b.accumulator, test as Node), { condition: b.call("@not_strictly_false", b.call("!_", b.accumulator)) });
const existsOne: Expand = (b, range, variables, [test]) =>
  b.fold(range, variables, b.literal(0n), b.call("_?_:_", test as Node, b.call("_+_", b.accumulator, b.literal(1n)), b.accumulator), { result: b.call("_==_", b.accumulator, b.literal(1n)) });
const append = (b: Builder, item: Node): Node => b.call("_+_", b.accumulator, b.list(item));
const toList: Expand = (b, range, variables, args) => {
  const item = args.at(-1) as Node;
  const step = append(b, item);
  return b.fold(range, variables, b.list(), args.length === 1 ? step : b.call("_?_:_", args[0] as Node, step, b.accumulator));
};
const filter: Expand = (b, range, variables, [test]) => b.fold(range, variables, b.list(), b.call("_?_:_", test as Node, append(b, b.ident(variables[0] ?? "")), b.accumulator));
const toMap: Expand = (b, range, variables, args) => {
  const step = b.call("cel.@mapInsert", b.accumulator, b.ident(variables[0] ?? ""), args.at(-1) as Node);
  return b.fold(range, variables, b.call("cel.@newMap"), args.length === 1 ? step : b.call("_?_:_", args[0] as Node, step, b.accumulator));
};
const toMapEntries: Expand = (b, range, variables, args) => {
  const step = b.call("cel.@mapInsert", b.accumulator, args.at(-1) as Node);
  return b.fold(range, variables, b.call("cel.@newMap"), args.length === 1 ? step : b.call("_?_:_", args[0] as Node, step, b.accumulator));
};

/** Macros on a range, by name and number of arguments; how many of them are variables. */
const rangeMacros: Readonly<Record<string, readonly [number, Expand]>> = {
  "all/2": [1, all],
  "all/3": [2, all],
  "exists/2": [1, exists],
  "exists/3": [2, exists],
  "exists_one/2": [1, existsOne],
  "exists_one/3": [2, existsOne],
  "existsOne/3": [2, existsOne],
  "map/2": [1, toList],
  "map/3": [1, toList],
  "filter/2": [1, filter],
  "transformList/3": [2, toList],
  "transformList/4": [2, toList],
  "transformMap/3": [2, toMap],
  "transformMap/4": [2, toMap],
  "transformMapEntry/3": [2, toMapEntries],
  "transformMapEntry/4": [2, toMapEntries],
};

/** What a call of a macro stands for; undefined: it is a plain call. @throws SyntaxIssue */
export function expandMacro(call: CallNode, nextId: () => number): Node | undefined {
  const { name, target, args, offset } = call;
  const build = new Builder(offset, nextId);
  if (target === undefined) return name === "has" && args.length === 1 ? has(args[0] as Node, offset, nextId) : undefined;
  if (target.kind === "ident" && target.name === "cel" && name === "bind" && args.length === 3) return bind(build, args);
  if (name === "sortBy" && args.length === 2) return sortBy(build, target, args);
  if ((name === "optMap" || name === "optFlatMap") && args.length === 2) return optionalMap(build, target, args, name);
  const key = `${name}/${args.length}`;
  const macro = Object.hasOwn(rangeMacros, key) ? rangeMacros[key] : undefined;
  if (macro === undefined) return undefined;
  const [count, expand] = macro;
  const variables = args.slice(0, count).map(variableName);
  if (count === 2 && variables[0] === variables[1]) throw new SyntaxIssue((args[1] as Node).offset, `duplicate variable name: ${variables[1]}`);
  return expand(build, target, variables, args.slice(count));
}

function variableName(node: Node): string {
  if (node.kind === "ident" && !node.name.startsWith(".") && node.name !== ACCUMULATOR && node.name !== "__result__") return node.name;
  throw new SyntaxIssue(node.offset, "argument must be a simple name");
}

function has(argument: Node, offset: number, nextId: () => number): Node {
  if (argument.kind === "select") return { ...argument, id: nextId(), offset, testOnly: true };
  throw new SyntaxIssue(argument.offset, "invalid argument to has() macro");
}

function bind(build: Builder, [variable, value, body]: readonly Node[]): Node {
  const accumulator = variableName(variable as Node);
  return build.fold(build.list(), ["#unused"], value as Node, build.ident(accumulator), { condition: build.literal(false), result: body as Node, accumulator });
}

/** `target.optMap(v, expression)`: the optional of the expression with the value as v. */
function optionalMap(build: Builder, target: Node, [variable, body]: readonly Node[], name: string): Node {
  const bound = bind(build, [variable as Node, build.member(target, "value"), body as Node]);
  const mapped = name === "optMap" ? build.member(build.ident("optional"), "of", bound) : bound;
  return build.call("_?_:_", build.member(target, "hasValue"), mapped, build.member(build.ident("optional"), "none"));
}

const SORTED = "@__sortBy_input__";

/** The list in the order of what the expression makes of its items. */
function sortBy(build: Builder, target: Node, [variable, key]: readonly Node[]): Node {
  if (target.kind === "literal" || target.kind === "map" || target.kind === "struct") throw new SyntaxIssue(target.offset, "sortBy can only be applied to a list, identifier, comprehension, call or select expression");
  if (variable?.kind !== "ident") throw new SyntaxIssue(variable?.offset ?? 0, "argument is not an identifier");
  const keys = toList(build, build.ident(SORTED), [variable.name], [key as Node]);
  const body = build.member(build.ident(SORTED), SORT_BY_KEYS, keys);
  return build.fold(build.list(), ["#unused"], target, build.ident(SORTED), { condition: build.literal(false), result: body, accumulator: SORTED });
}

/** What `sortBy` calls: the list, and the keys of its items. */
export const SORT_BY_KEYS = "@sortByAssociatedKeys";
