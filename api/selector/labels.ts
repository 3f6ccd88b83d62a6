import { type FieldError, fieldErrorsText, invalid } from "../status/field-error.ts";
import { labelValue, qualifiedName } from "../validation/names.ts";
import type { LabelSelector } from "../wire.ts";
import { type Scanned, scan, type Token } from "./lexer.ts";

export type LabelOperator = "=" | "==" | "in" | "!=" | "notin" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, each once. */
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>> | undefined;

/** message is Kubernetes' wording (`unable to parse requirement: …`). */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}

/** A compiled label selector: all requirements must hold. */
export class LabelMatcher {
  /** Sorted by key. */
  readonly requirements: readonly LabelRequirement[];
  /** Matches no object (a selector that is not there at all). */
  readonly nothing: boolean;

  constructor(requirements: readonly LabelRequirement[], nothing = false) {
    this.requirements = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    this.nothing = nothing;
  }

  /** Matches every object. */
  get everything(): boolean {
    return !this.nothing && this.requirements.length === 0;
  }

  matches(labels: Labels): boolean {
    if (this.nothing) return false;
    for (const requirement of this.requirements) if (!requirementHolds(requirement, labels)) return false;
    return true;
  }

  /** Canonical text, which parses to the same selector; "" for everything and for nothing. */
  toString(): string {
    return this.requirements.map(requirementText).join(",");
  }
}

function requirementHolds(requirement: LabelRequirement, labels: Labels): boolean {
  const { key, values } = requirement;
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (requirement.operator) {
    case "=":
    case "==":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt":
      return value !== undefined && comparesAs(requirement.operator, value, values[0] ?? "");
  }
}

const integer = /^[+-]?[0-9]{1,19}$/;

function isInt64(text: string): boolean {
  if (!integer.test(text)) return false;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value;
}

function comparesAs(operator: "gt" | "lt", value: string, bound: string): boolean {
  if (!isInt64(value)) return false;
  const [a, b] = [BigInt(value.replace("+", "")), BigInt(bound.replace("+", ""))];
  return operator === "gt" ? a > b : a < b;
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Matches every object. */
export const everything = new LabelMatcher([]);
/** Matches no object. */
export const nothing = new LabelMatcher([], true);

/** The text form of a query: `a=b,c in (d,e),!f`. @throws SelectorError */
export function parseLabelSelector(text: string): LabelMatcher {
  return new LabelMatcher(new Parser(scan(text)).parse());
}

/** A LabelSelector object; undefined or null matches nothing, {} everything. @throws SelectorError */
export function matcherOf(selector: LabelSelector | null | undefined): LabelMatcher {
  if (selector === undefined || selector === null) return nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) requirements.push(makeRequirement(key, "=", [value]));
  for (const expression of selector.matchExpressions ?? []) {
    const operator = expressionOperators.get(expression.operator);
    if (operator === undefined) throw new SelectorError(`"${expression.operator}" is not a valid label selector operator`);
    requirements.push(makeRequirement(expression.key, operator, expression.values ?? []));
  }
  return requirements.length === 0 ? everything : new LabelMatcher(requirements);
}

const expressionOperators: ReadonlyMap<string, LabelOperator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

/** A plain map of required labels, not validated (a ReplicationController's or Service's selector); {} matches everything. */
export function matcherOfLabels(labels: Labels): LabelMatcher {
  return new LabelMatcher(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: "=", values: [value] })));
}

/** A requirement, checked as labels.NewRequirement does. @throws SelectorError naming every fault */
export function makeRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors: FieldError[] = [];
  const keyFaults = qualifiedName(key);
  if (keyFaults.length > 0) errors.push(invalid("key", key, keyFaults.join("; ")));
  const fault = countFault(operator, values.length);
  if (fault !== undefined) errors.push(invalid("values", values, fault));
  values.forEach((value, i) => {
    if ((operator === "gt" || operator === "lt") && !isInt64(value)) errors.push(invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
  });
  values.forEach((value, i) => {
    const faults = labelValue(value);
    if (faults.length > 0) errors.push(invalid(`values[${i}][${key}]`, value, faults.join("; ")));
  });
  if (errors.length > 0) throw new SelectorError(fieldErrorsText(errors));
  return { key, operator, values: [...new Set(values)].sort() };
}

function countFault(operator: LabelOperator, count: number): string | undefined {
  switch (operator) {
    case "in":
    case "notin":
      return count === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined;
    case "exists":
    case "!":
      return count !== 0 ? "values set must be empty for exists and does not exist" : undefined;
    case "gt":
    case "lt":
      return count !== 1 ? "for 'Gt', 'Lt' operators, exactly one value is required" : undefined;
    default:
      return count !== 1 ? "exact-match compatibility requires one single value" : undefined;
  }
}

const OPERATORS_TEXT = "in, notin, =, ==, !=, gt, lt";
const binaryOperators: ReadonlyMap<Token, LabelOperator> = new Map<Token, LabelOperator>([
  ["in", "in"],
  ["notin", "notin"],
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  [">", "gt"],
  ["<", "lt"],
]);

/** Recursive descent over the tokens; the wording of each refusal is Kubernetes'. */
class Parser {
  readonly #items: readonly Scanned[];
  #position = 0;

  constructor(items: readonly Scanned[]) {
    this.#items = items;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.token === "end") return requirements;
      if (next.token !== "identifier" && next.token !== "!") throw new SelectorError(`found '${next.literal}', expected: !, identifier, or 'end of string'`);
      try {
        requirements.push(this.#requirement());
      } catch (error) {
        if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
        throw error;
      }
      const after = this.#take();
      if (after.token === "end") return requirements;
      if (after.token !== ",") throw new SelectorError(`found '${after.literal}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following.token !== "identifier" && following.token !== "!") throw new SelectorError(`found '${following.literal}', expected: identifier after ','`);
    }
  }

  /** Where a value may stand, `in` and `notin` are ordinary words. */
  #peek(): Scanned {
    const item = this.#items[Math.min(this.#position, this.#items.length - 1)] as Scanned;
    return item.token === "in" || item.token === "notin" ? { token: "identifier", literal: item.literal } : item;
  }

  #take(): Scanned {
    const item = this.#peek();
    this.#position++;
    return item;
  }

  #requirement(): LabelRequirement {
    let item = this.#take();
    const negated = item.token === "!";
    if (negated) item = this.#take();
    if (item.token !== "identifier") throw new SelectorError(`found '${item.literal}', expected: identifier`);
    const key = item.literal;
    const faults = qualifiedName(key);
    if (faults.length > 0) throw new SelectorError(fieldErrorsText([invalid("<nil>", key, faults.join("; "))]));
    const next = this.#peek().token;
    if (negated) return makeRequirement(key, "!", []);
    if (next === "end" || next === ",") return makeRequirement(key, "exists", []);
    const word = this.#items[Math.min(this.#position++, this.#items.length - 1)] as Scanned;
    const operator = binaryOperators.get(word.token);
    if (operator === undefined) throw new SelectorError(`found '${word.literal}', expected: ${OPERATORS_TEXT}`);
    return makeRequirement(key, operator, operator === "in" || operator === "notin" ? this.#values() : [this.#exactValue()]);
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next.token === "end" || next.token === ",") return "";
    this.#position++;
    if (next.token !== "identifier") throw new SelectorError(`found '${next.literal}', expected: identifier`);
    return next.literal;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.token !== "(") throw new SelectorError(`found '${open.literal}' expected: '('`);
    const first = this.#peek();
    if (first.token === ")") {
      this.#position++;
      return [""];
    }
    if (first.token !== "identifier" && first.token !== ",") throw new SelectorError(`found '${first.literal}', expected: ',', ')' or identifier`);
    const values = this.#list();
    if (this.#take().token !== ")") throw new SelectorError(`found '${first.literal}', expected: ')'`);
    return values;
  }

  /** Words between commas; nothing between two commas is the empty value. */
  #list(): string[] {
    const values = new Set<string>();
    for (;;) {
      const item = this.#take();
      const next = this.#peek();
      if (item.token === "identifier") {
        values.add(item.literal);
        if (next.token === ")") return [...values].sort();
        if (next.token !== ",") throw new SelectorError(`found '${next.literal}', expected: ',' or ')'`);
      } else if (item.token === ",") {
        if (values.size === 0) values.add("");
        if (next.token === ")") return [...values.add("")].sort();
        if (next.token === ",") {
          this.#position++;
          values.add("");
        }
      } else throw new SelectorError(`found '${item.literal}', expected: ',', or identifier`);
    }
  }
}
