import type { CallNode, ComprehensionNode, Node } from "./ast.ts";
import type { Checked } from "./checker.ts";
import type { DataType } from "./data-type.ts";
import { costSize, type Overload } from "./function.ts";
import type { CelType } from "./types.ts";

/** The least and the greatest; both saturate at 2^64, as uint64 does in cel-go. */
export interface CostRange {
  readonly min: number;
  readonly max: number;
}

type Size = CostRange;

/** More than any limit: what cannot be bounded. */
const UNBOUNDED = 2 ** 64;
const ONE: CostRange = { min: 1, max: 1 };
const ZERO: CostRange = { min: 0, max: 0 };

/** What an expression can cost, estimated from its tree and the sizes that its variables are declared with, after cel-go's checker/cost. */
export function estimateCost(checked: Checked, variables: ReadonlyMap<string, DataType>): CostRange {
  return new Estimator(checked, variables).node(checked.root, undefined).cost;
}

/** A part of a variable that its declaration does not know. */
const LOST = Symbol("lost");

/** The part of a variable that a node is; undefined: it is none. */
type Place = DataType | typeof LOST | undefined;

/** What is known of a node. */
interface Estimate {
  readonly cost: CostRange;
  /** undefined: only its type bounds its size. */
  readonly size: Size | undefined;
  readonly data: Place;
  /** How large the items of a list that stands in the expression can be. */
  readonly items?: Size | undefined;
}

interface Scope {
  readonly name: string;
  readonly estimate: Omit<Estimate, "cost">;
  readonly outer: Scope | undefined;
}

class Estimator {
  readonly #checked: Checked;
  readonly #variables: ReadonlyMap<string, DataType>;
  readonly #root: Place;

  constructor(checked: Checked, variables: ReadonlyMap<string, DataType>) {
    this.#checked = checked;
    this.#variables = variables;
    this.#root = variables.get("self") ?? LOST;
  }

  /**
   * A part of a part. Kubernetes looks for it by the path from the variable, whose first step it takes for the variable's name: so the first step into
   * what is no part of a variable leads to `self`, and definitions in the field pass for that.
   */
  #step(data: Place, find: (data: DataType) => DataType | undefined): Place {
    if (data === undefined) return this.#root;
    return data === LOST ? LOST : (find(data) ?? LOST);
  }

  node(node: Node, scope: Scope | undefined): Estimate {
    switch (node.kind) {
      case "literal": {
        const size = costSize(node.value);
        return { cost: ZERO, size: { min: size, max: size }, data: undefined };
      }
      case "ident":
        return this.#ident(node.id, node.name, scope);
      case "select": {
        const qualified = this.#checked.qualified.get(node.id);
        if (qualified !== undefined || this.#checked.constants.has(node.id)) return this.#ident(node.id, qualified ?? "", undefined);
        const operand = this.node(node.operand, scope);
        if (node.testOnly) return { cost: operand.cost, size: ONE, data: undefined };
        return part(
          this.#step(operand.data, (data) => data.fields?.get(node.field) ?? data.element),
          add(operand.cost, ONE),
        );
      }
      case "call":
        return this.#call(node, scope);
      case "list":
        return this.#list(node.elements, scope);
      case "map":
        return this.#literal(
          node.entries.flatMap(({ key, value }) => [key, value]),
          node.entries.length,
          30,
          scope,
        );
      case "struct":
        return this.#literal(
          node.fields.map(({ value }) => value),
          1,
          40,
          scope,
        );
      default:
        return this.#fold(node, scope);
    }
  }

  #ident(id: number, name: string, scope: Scope | undefined): Estimate {
    for (let inner = scope; inner !== undefined; inner = inner.outer) if (inner.name === name) return { ...inner.estimate, cost: ONE };
    if (this.#checked.constants.has(id)) return { cost: ZERO, size: ONE, data: undefined };
    return part(this.#variables.get(name.startsWith(".") ? name.slice(1) : name), ONE);
  }

  #literal(parts: readonly Node[], size: number, base: number, scope: Scope | undefined): Estimate {
    let cost: CostRange = { min: base, max: base };
    for (const item of parts) cost = add(cost, this.node(item, scope).cost);
    return { cost, size: { min: size, max: size }, data: undefined };
  }

  #list(elements: readonly Node[], scope: Scope | undefined): Estimate {
    const parts = elements.map((element) => this.node(element, scope));
    const items = parts.map((estimate, i) => this.#sizeOf(elements[i] as Node, estimate)).reduce<Size | undefined>((all, size) => (all === undefined ? size : union(all, size)), undefined);
    const size = { min: elements.length, max: elements.length };
    return { cost: parts.reduce<CostRange>((sum, { cost }) => add(sum, cost), { min: 10, max: 10 }), size, data: undefined, items: items ?? ZERO };
  }

  /** How large the node's value can be: what was found, what its type says, anything. */
  #sizeOf(node: Node, { size }: Estimate): Size {
    return size ?? (isScalar(this.#checked.types.get(node.id)) ? ONE : { min: 0, max: UNBOUNDED });
  }

  #call(node: CallNode, scope: Scope | undefined): Estimate {
    const overloads = this.#checked.overloads.get(node.id) ?? [];
    const nodes = overloads[0]?.member && node.target !== undefined ? [node.target, ...node.args] : node.args;
    const args = nodes.map((arg) => this.node(arg, scope));
    const sum = args.reduce<CostRange>((total, { cost }) => add(total, cost), ZERO);
    const sizes = nodes.map((arg, i) => this.#sizeOf(arg, args[i] as Estimate));
    switch (node.name) {
      case "_&&_":
      case "_||_":
        return { cost: { min: args[0]?.cost.min ?? 0, max: sum.max }, size: ONE, data: undefined };
      case "_?_:_":
        return this.#conditional(args, sizes);
      case "_[_]":
      case "_[?_]":
        if (args[0]?.items !== undefined) return { cost: add(sum, ONE), size: args[0].items, data: LOST };
        return part(
          this.#step(args[0]?.data, ({ element }) => element),
          add(sum, ONE),
        );
      case "_?._":
        return part(
          this.#step(args[0]?.data, (data) => data.fields?.get(fieldName(nodes[1])) ?? data.element),
          add(sum, ONE),
        );
      case "_==_": {
        const unit = equalityUnits(this.#checked.types.get(nodes[0]?.id ?? -1));
        if (unit !== undefined) return { cost: add(sum, unit), size: ONE, data: undefined };
        break;
      }
      case "dyn":
        return { ...(args[0] as Estimate), cost: add(sum, ONE) };
    }
    const itemSizes = nodes.map((arg, i) => this.#itemSize(arg, args[i]?.data));
    return this.#overloads(overloads, sum, sizes, nodes.map(wholeNumber), itemSizes);
  }

  /** How long the items can be of an argument that is a list of texts or bytes. */
  #itemSize(node: Node, data: Place): number | undefined {
    const type = this.#checked.types.get(node.id);
    if (type?.kind !== "list" || (type.element.kind !== "string" && type.element.kind !== "bytes")) return undefined;
    return data === undefined || data === LOST ? UNBOUNDED : (data.element?.maxSize ?? UNBOUNDED);
  }

  #conditional(args: readonly Estimate[], sizes: readonly Size[]): Estimate {
    const [condition = EMPTY, yes = EMPTY, no = EMPTY] = args;
    const size = union(sizes[1] ?? ONE, sizes[2] ?? ONE);
    const items = yes.items && no.items && union(yes.items, no.items);
    return { cost: add(condition.cost, union(yes.cost, no.cost)), size: yes.size === undefined && no.size === undefined ? undefined : size, data: undefined, items };
  }

  /** Whichever of the overloads may be meant at run time. */
  #overloads(overloads: readonly Overload[], sum: CostRange, sizes: readonly Size[], values: readonly (number | undefined)[], itemSizes: readonly (number | undefined)[]): Estimate {
    const least = sizes.map(({ min }) => min);
    const most = sizes.map(({ max }) => max);
    const shortest = itemSizes.map((size) => (size === undefined ? undefined : 0));
    let cost: CostRange | undefined;
    let size: Size | undefined;
    for (const { cost: rule } of overloads) {
      const units = rule?.estimated ?? rule?.units;
      const own = units === undefined ? ONE : { min: saturated(units(least, values, shortest)), max: saturated(units(most, values, itemSizes)) };
      cost = cost === undefined ? own : union(cost, own);
      if (rule?.resultSize === undefined) continue;
      const result = { min: saturated(rule.resultSize(least, values, shortest)), max: saturated(rule.resultSize(most, values, itemSizes)) };
      size = size === undefined ? result : union(size, result);
    }
    return { cost: add(sum, cost ?? ONE), size, data: undefined };
  }

  #fold(node: ComprehensionNode, scope: Scope | undefined): Estimate {
    const range = this.node(node.range, scope);
    const count = this.#sizeOf(node.range, range);
    const init = this.node(node.init, scope);
    const isBinding = node.range.kind === "list" && node.range.elements.length === 0;
    const own: Scope = { name: node.accumulator, estimate: isBinding ? init : { size: undefined, data: undefined }, outer: scope };
    const rangeType = this.#checked.types.get(node.range.id);
    const place = sizeOfPart(this.#step(range.data, ({ element }) => element));
    const item = { ...place, size: place.size ?? range.items };
    const isTwo = node.secondVariable !== undefined;
    let first: Omit<Estimate, "cost"> = item;
    // Kubernetes takes a map's keys for nothing.
    if (rangeType?.kind === "map") first = range.data === undefined ? sizeOfPart(this.#root) : { size: ZERO, data: LOST };
    else if (isTwo) first = { size: ONE, data: LOST };
    let inner: Scope = { name: node.variable, estimate: first, outer: own };
    if (node.secondVariable !== undefined) inner = { name: node.secondVariable, estimate: item, outer: inner };
    const step = add(this.node(node.condition, inner).cost, this.node(node.step, inner).cost);
    const result = this.node(node.result, own);
    const loops = { min: saturated(count.min * step.min), max: saturated(count.max * step.max) };
    const size = isBinding ? result.size : node.init.kind === "literal" ? ONE : { min: 0, max: count.max };
    return { cost: add(add(range.cost, init.cost), add(loops, result.cost)), size, data: isBinding ? result.data : undefined };
  }
}

/** What Kubernetes takes for the comparison of values of its own types; undefined: it goes by their sizes. */
function equalityUnits(type: CelType | undefined): CostRange | undefined {
  if (type?.kind !== "opaque" || type.name === "optional_type") return undefined;
  return type.name === "kubernetes.NamedFormat" ? { min: 1, max: MAX_FORMAT_UNITS } : ONE;
}

/** The longest name of a format has 64 characters. */
const MAX_FORMAT_UNITS = 7;

const EMPTY: Estimate = { cost: ZERO, size: undefined, data: undefined };

function part(data: Place, cost: CostRange): Estimate {
  return { cost, ...sizeOfPart(data) };
}

function sizeOfPart(data: Place): Omit<Estimate, "cost"> {
  return { size: data === undefined || data === LOST ? undefined : { min: 0, max: data.maxSize }, data };
}

function fieldName(node: Node | undefined): string {
  return node?.kind === "literal" && typeof node.value === "string" ? node.value : "";
}

function wholeNumber(node: Node): number | undefined {
  return node.kind === "literal" && typeof node.value === "bigint" && node.value >= 0n ? Number(node.value) : undefined;
}

const scalars: ReadonlySet<string> = new Set(["bool", "int", "uint", "double", "timestamp", "duration"]);

function isScalar(type: CelType | undefined): boolean {
  return type !== undefined && scalars.has(type.kind);
}

function saturated(value: number): number {
  return Math.min(value, UNBOUNDED);
}

function add(a: CostRange, b: CostRange): CostRange {
  return { min: saturated(a.min + b.min), max: saturated(a.max + b.max) };
}

function union(a: CostRange, b: CostRange): CostRange {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}
