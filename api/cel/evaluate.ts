import type { CallNode, ComprehensionNode, ListNode, LiteralNode, MapNode, Node, SelectNode, StructNode } from "./ast.ts";
import { CelError } from "./cel-error.ts";
import type { Checked } from "./checker.ts";
import { accepts, costSize, type Overload } from "./function.ts";
import type { Meter } from "./meter.ts";
import type { CelType } from "./types.ts";
import { ArrayList, BuiltMap, CelList, CelMap, CelOptional, type CelValue, NO_VALUE } from "./values.ts";

/** What a run works on. */
export interface Run {
  readonly meter: Meter;
  readonly variable: (name: string) => CelValue;
  /** Variables of folds; an error stands for a value that could not be had. */
  readonly slots: (CelValue | CelError)[];
}

/** A node, ready to run. @throws CelError, CostError */
export type Step = (run: Run) => CelValue;

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

/** Folds that may lie in one another. */
interface Slots {
  readonly name: string;
  readonly index: number;
  readonly outer: Slots | undefined;
}

/** Turns the checked tree into nested functions: each run is a walk that charges every step to the run's meter, as cel-go's cost tracker does. */
export function compileSteps(checked: Checked): Step {
  return new Compiler(checked).node(checked.root, undefined);
}

class Compiler {
  readonly #checked: Checked;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  node(node: Node, slots: Slots | undefined): Step {
    switch (node.kind) {
      case "literal": {
        const { value } = node;
        return () => value;
      }
      case "ident":
        return this.#ident(node.id, node.name, slots);
      case "select":
        return this.#select(node, slots);
      case "call":
        return this.#call(node, slots);
      case "list":
        return this.#list(node, slots);
      case "map":
        return this.#map(node, slots);
      case "struct":
        return this.#struct(node, slots);
      default:
        return this.#fold(node, slots);
    }
  }

  #constant(id: number): Step | undefined {
    const constant = this.#checked.constants.get(id);
    return constant === undefined ? undefined : () => constant;
  }

  #ident(id: number, name: string, slots: Slots | undefined): Step {
    for (let inner = slots; inner !== undefined; inner = inner.outer) {
      if (inner.name !== name) continue;
      const { index } = inner;
      return (run) => {
        run.meter.spend(1);
        const value = run.slots[index] as CelValue | CelError;
        if (value instanceof CelError) throw value;
        return value;
      };
    }
    const plain = name.startsWith(".") ? name.slice(1) : name;
    return (
      this.#constant(id) ??
      ((run) => {
        run.meter.spend(1);
        return run.variable(plain);
      })
    );
  }

  #select(node: SelectNode, slots: Slots | undefined): Step {
    const constant = this.#constant(node.id);
    if (constant !== undefined) return constant;
    const qualified = this.#checked.qualified.get(node.id);
    if (qualified !== undefined) return this.#ident(node.id, qualified, slots);
    const operand = this.node(node.operand, slots);
    const { field } = node;
    if (node.testOnly) return (run) => hasField(operand(run), field);
    return (run) => {
      const value = operand(run);
      run.meter.spend(1);
      return value instanceof CelOptional ? optionalField(value, field) : fieldOf(value, field);
    };
  }

  #call(node: CallNode, slots: Slots | undefined): Step {
    const overloads = this.#checked.overloads.get(node.id) ?? [];
    const isMember = overloads[0]?.member === true;
    const nodes = isMember && node.target !== undefined ? [node.target, ...node.args] : node.args;
    const args = nodes.map((arg) => this.node(arg, slots));
    return this.#lazy(node.name, args) ?? this.#strict(nodes, args, overloads);
  }

  /** The calls that do not evaluate all of their arguments, or not by their types. */
  #lazy(name: string, args: readonly Step[]): Step | undefined {
    const [a, b, c] = args as [Step, Step, Step];
    switch (name) {
      case "_&&_":
        return (run) => logical(run, a, b, false);
      case "_||_":
        return (run) => logical(run, a, b, true);
      case "_?_:_":
        return (run) => (mustBeBool(a(run)) ? b(run) : c(run));
      case "@not_strictly_false":
        return (run) => notStrictlyFalse(run, a);
      case "_[_]":
        return (run) => charged(run, index(a(run), b(run)));
      case "_[?_]":
        return (run) => charged(run, optionalIndex(a(run), b(run)));
      case "_?._":
        return (run) => charged(run, optionalField(a(run), b(run) as string));
      case "or":
        return (run) => charged(run, orOptional(run, a, b));
      case "orValue":
        return (run) => charged(run, mustBeOptional(a(run)).value ?? b(run));
      default:
        return undefined;
    }
  }

  #strict(nodes: readonly Node[], args: readonly Step[], overloads: readonly Overload[]): Step {
    const [only] = overloads;
    const isCertain = overloads.length === 1 && only !== undefined && nodes.every((arg, i) => isConcrete(only.params[i], this.#checked.types.get(arg.id)));
    if (isCertain) return (run) => callOverload(run, only, args);
    const candidates = overloads.filter((overload) => overload.params.length === args.length);
    return (run) => {
      const values = args.map((arg) => arg(run));
      const overload = candidates.find(({ params }) => params.every((param, i) => accepts(param, values[i] as CelValue)));
      if (overload === undefined) throw new CelError("no such overload");
      return finishCall(run, overload, values);
    };
  }

  #list(node: ListNode, slots: Slots | undefined): Step {
    const elements = node.elements.map((element) => this.node(element, slots));
    const { optional } = node;
    // What stands in the expression is made once and costs nothing.
    if (node.elements.every(isLiteral) && optional.size === 0) return () => new ArrayList(node.elements.map(literalValue));
    return (run) => {
      run.meter.spend(LIST_COST);
      const items: CelValue[] = [];
      elements.forEach((element, i) => {
        const value = element(run);
        if (!optional.has(i)) items.push(value);
        else if (mustBeOptional(value).value !== undefined) items.push(mustBeOptional(value).value as CelValue);
      });
      return new ArrayList(items);
    };
  }

  #map(node: MapNode, slots: Slots | undefined): Step {
    const entries = node.entries.map(({ key, value, optional }) => ({ key: this.node(key, slots), value: this.node(value, slots), optional }));
    return (run) => {
      run.meter.spend(MAP_COST);
      const map = new BuiltMap();
      for (const { key, value, optional } of entries) {
        const name = key(run);
        const own = value(run);
        const kept = optional ? mustBeOptional(own).value : own;
        if (kept !== undefined) map.set(name, kept);
      }
      return map;
    };
  }

  #struct(node: StructNode, slots: Slots | undefined): Step {
    const fields = node.fields.map(({ name, value, optional }) => ({ name, value: this.node(value, slots), optional }));
    return (run) => {
      run.meter.spend(STRUCT_COST);
      const object = new BuiltObject(node.name);
      for (const { name, value, optional } of fields) {
        const own = value(run);
        const kept = optional ? mustBeOptional(own).value : own;
        if (kept !== undefined) object.insert(name, kept);
      }
      return object;
    };
  }

  #fold(node: ComprehensionNode, slots: Slots | undefined): Step {
    const accumulator: Slots = { name: node.accumulator, index: (slots?.index ?? -1) + 1, outer: slots };
    const first: Slots = { name: node.variable, index: accumulator.index + 1, outer: accumulator };
    const second: Slots = node.secondVariable === undefined ? first : { name: node.secondVariable, index: first.index + 1, outer: first };
    const fold: Fold = {
      range: this.node(node.range, slots),
      init: this.node(node.init, slots),
      condition: this.node(node.condition, second),
      step: this.node(node.step, second),
      result: this.node(node.result, accumulator),
      slot: accumulator.index,
      isTwo: node.secondVariable !== undefined,
    };
    return (run) => runFold(run, fold);
  }
}

/** A literal, or a list of such. */
function isLiteral(node: Node): boolean {
  return node.kind === "literal" || (node.kind === "list" && node.optional.size === 0 && node.elements.every(isLiteral));
}

function literalValue(node: Node): CelValue {
  return node.kind === "list" ? new ArrayList(node.elements.map(literalValue)) : (node as LiteralNode).value;
}

/** An object that an expression built: a map with a type's name. */
class BuiltObject extends BuiltMap {
  override readonly typeName: string;
  constructor(typeName: string) {
    super();
    this.typeName = typeName;
  }
}

interface Fold {
  readonly range: Step;
  readonly init: Step;
  readonly condition: Step;
  readonly step: Step;
  readonly result: Step;
  /** The accumulator's; the variables' are behind it. */
  readonly slot: number;
  readonly isTwo: boolean;
}

/** An error in a step is kept in the accumulator: a later item may make it irrelevant. */
function attempt(run: Run, step: Step): CelValue | CelError {
  try {
    return step(run);
  } catch (error) {
    if (error instanceof CelError) return error;
    throw error;
  }
}

function runFold(run: Run, fold: Fold): CelValue {
  const range = fold.range(run);
  const { slots } = run;
  const { slot } = fold;
  slots[slot] = attempt(run, fold.init);
  let place = 0n;
  for (const item of itemsOf(range)) {
    const isMap = range instanceof CelMap;
    slots[slot + 1] = fold.isTwo && !isMap ? place++ : item;
    if (fold.isTwo) slots[slot + 2] = isMap ? (range.get(item) ?? null) : item;
    if (fold.condition(run) !== true) break;
    slots[slot] = attempt(run, fold.step);
  }
  return fold.result(run);
}

function itemsOf(range: CelValue): Iterable<CelValue> {
  if (range instanceof CelList) return range;
  if (range instanceof CelMap) return range.keys();
  throw new CelError("no such overload");
}

function charged(run: Run, value: CelValue): CelValue {
  run.meter.spend(1);
  return value;
}

function mustBeBool(value: CelValue): boolean {
  if (typeof value !== "boolean") throw new CelError("no such overload");
  return value;
}

function mustBeOptional(value: CelValue): CelOptional {
  if (!(value instanceof CelOptional)) throw new CelError("no such overload");
  return value;
}

/** `&&` (decided by false) and `||` (by true): an error counts only when the other side does not decide. */
function logical(run: Run, a: Step, b: Step, decides: boolean): CelValue {
  const left = attempt(run, a);
  if (left === decides) return decides;
  const right = attempt(run, b);
  if (right === decides) return decides;
  if (left instanceof CelError) throw left;
  if (right instanceof CelError) throw right;
  mustBeBool(left);
  return mustBeBool(right);
}

function notStrictlyFalse(run: Run, step: Step): boolean {
  run.meter.spend(1);
  const value = attempt(run, step);
  return value instanceof CelError || value !== false;
}

function orOptional(run: Run, a: Step, b: Step): CelValue {
  const optional = mustBeOptional(a(run));
  return optional.value === undefined ? b(run) : optional;
}

/** @throws CelError `no such key: x` */
function fieldOf(value: CelValue, field: string): CelValue {
  if (!(value instanceof CelMap)) throw new CelError("no such overload");
  const own = value.get(field);
  if (own === undefined) throw new CelError(`no such key: ${field}`);
  return own;
}

function hasField(value: CelValue, field: string): boolean {
  if (value instanceof CelOptional) return value.value !== undefined && hasField(value.value, field);
  if (!(value instanceof CelMap)) throw new CelError("no such overload");
  return value.get(field) !== undefined;
}

function optionalField(value: CelValue, field: string): CelOptional {
  const inner = value instanceof CelOptional ? value.value : value;
  if (inner === undefined || inner === null) return NO_VALUE;
  if (!(inner instanceof CelMap)) throw new CelError("no such overload");
  return wrapped(inner.get(field));
}

function wrapped(value: CelValue | undefined): CelOptional {
  return value === undefined ? NO_VALUE : value instanceof CelOptional ? value : new CelOptional(value);
}

function index(value: CelValue, key: CelValue): CelValue {
  if (value instanceof CelOptional) return optionalIndex(value, key);
  if (value instanceof CelList) {
    const at = listIndex(key);
    if (!(at >= 0 && at < value.size)) throw new CelError(`index out of bounds: ${at}`);
    return value.at(at);
  }
  if (!(value instanceof CelMap)) throw new CelError("no such overload");
  const own = value.get(key);
  if (own === undefined) throw new CelError(`no such key: ${typeof key === "object" && key !== null && "value" in key ? key.value : key}`);
  return own;
}

function listIndex(key: CelValue): number {
  const at = typeof key === "bigint" ? Number(key) : typeof key === "number" && Number.isInteger(key) ? key : undefined;
  if (at === undefined) throw new CelError(`unsupported index type: ${typeof key}`);
  return at;
}

function optionalIndex(value: CelValue, key: CelValue): CelOptional {
  const inner = value instanceof CelOptional ? value.value : value;
  if (inner === undefined) return NO_VALUE;
  if (inner instanceof CelMap) return wrapped(inner.get(key));
  if (!(inner instanceof CelList)) throw new CelError("no such overload");
  const at = listIndex(key);
  return at >= 0 && at < inner.size ? wrapped(inner.at(at)) : NO_VALUE;
}

function callOverload(run: Run, overload: Overload, args: readonly Step[]): CelValue {
  return finishCall(
    run,
    overload,
    args.map((arg) => arg(run)),
  );
}

/** The price is paid first: what is too dear is never begun. */
function finishCall(run: Run, overload: Overload, values: readonly CelValue[]): CelValue {
  run.meter.spend(overload.cost === undefined ? 1 : overload.cost.units(values.map(costSize)));
  return overload.run(values, run.meter);
}

/** The checker already knows that such a value can stand there. */
function isConcrete(param: CelType | undefined, type: CelType | undefined): boolean {
  if (param === undefined || type === undefined || type.kind === "error") return false;
  return param.kind === "dyn" || param.kind === "param" || (type.kind !== "dyn" && type.kind !== "null" && elementIsConcrete(param, type));
}

function elementIsConcrete(param: CelType, type: CelType): boolean {
  if (param.kind === "list" && type.kind === "list") return isConcrete(param.element, type.element);
  return true;
}
