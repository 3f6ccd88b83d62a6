import { CelError, CostError } from "../cel/cel-error.ts";
import type { DataType } from "../cel/data-type.ts";
import type { Program } from "../cel/environment.ts";
import { CelOptional, type CelValue, NO_VALUE } from "../cel/values.ts";
import { isMap } from "../patch/json-value.ts";
import { duplicate, type FieldError, fieldErrorText, forbidden, invalid, OMIT_VALUE, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { Correlation } from "./correlation.ts";
import type { ValidationRule } from "./json-schema-props.ts";
import { resolveRulePath } from "./rule-path.ts";
import { type CompiledRule, compileRules } from "./rule-program.ts";
import { ruleType } from "./rule-types.ts";
import { childOf, pathText } from "./schema-error.ts";
import type { Structural } from "./structural.ts";

/** Kubernetes' budgets at run time: of one expression, and of all that are run for one object. */
const EXPRESSION_LIMIT = 1_000_000;
const OBJECT_LIMIT = 10_000_000;

const MAX_MESSAGE_LENGTH = 5 * 1024;

interface CompiledPlace {
  readonly type: DataType;
  readonly rules: readonly CompiledRule[];
}

/** What a run of all rules over an object found. */
export interface RuleVerdict {
  readonly errors: FieldError[];
  /** Broken rules of parts that an update has not changed. */
  readonly warnings: string[];
}

/** Runs a schema's `x-kubernetes-validations` over objects. Rules are compiled when a value for them first comes. */
export class RuleValidator {
  readonly #schema: Structural;
  readonly #isRoot: boolean;
  readonly #places = new Map<Structural, CompiledPlace | undefined>();

  /** `isRoot`: the schema is that of whole objects, whose metadata rules may name. */
  constructor(schema: Structural, isRoot: boolean) {
    this.#schema = schema;
    this.#isRoot = isRoot;
  }

  /** `old` undefined: there is no former object, transition rules are not run. Never throws for what a rule does. */
  validate(value: unknown, old: unknown, path?: FieldPath): RuleVerdict {
    const verdict: RuleVerdict = { errors: [], warnings: [] };
    const walk = new RuleWalk((schema) => this.#place(schema), verdict);
    walk.visit(this.#schema, value, path, old === undefined ? undefined : new Correlation(this.#schema, value, old));
    return verdict;
  }

  #place(schema: Structural): CompiledPlace | undefined {
    if (this.#places.has(schema)) return this.#places.get(schema);
    const type = ruleType(schema, this.#isRoot && schema === this.#schema);
    const place = type === undefined ? undefined : { type, rules: compileRules(schema.rules, type) };
    this.#places.set(schema, place);
    return place;
  }
}

/** One object's way through its rules; the budget goes down with it. */
class RuleWalk {
  readonly #place: (schema: Structural) => CompiledPlace | undefined;
  readonly #verdict: RuleVerdict;
  #budget = OBJECT_LIMIT;

  constructor(place: (schema: Structural) => CompiledPlace | undefined, verdict: RuleVerdict) {
    this.#place = place;
    this.#verdict = verdict;
  }

  visit(schema: Structural, value: unknown, path: FieldPath | undefined, before: Correlation | undefined): void {
    // Rules never see null: who cares about it says so one level up.
    if (!schema.hasRules || value === null || value === undefined || this.#budget < 0) return;
    if (schema.rules.length > 0) this.#runAll(schema, value, path, before);
    if (Array.isArray(value)) {
      const { items } = schema;
      if (items !== undefined) for (const [i, item] of value.entries()) this.visit(items, item, path?.index(i) ?? childOf(path, `[${i}]`), before?.item(i));
    } else if (isMap(value)) {
      for (const key of Object.keys(value).sort()) {
        const child = schema.properties.get(key);
        if (child !== undefined) this.visit(child, value[key], childOf(path, key), before?.field(key));
        else if (schema.values !== undefined) this.visit(schema.values, value[key], path?.key(key) ?? childOf(path, key), before?.field(key));
      }
    }
  }

  #runAll(schema: Structural, value: unknown, path: FieldPath | undefined, before: Correlation | undefined): void {
    const place = this.#place(schema);
    if (place === undefined) return;
    for (const compiled of place.rules) {
      if (this.#budget < 0) return;
      this.#run(schema, place.type, compiled, value, path, before);
    }
  }

  #error(schema: Structural, path: FieldPath | undefined, detail: string): void {
    this.#verdict.errors.push(invalid(pathText(path), schema.type, detail));
  }

  /** No more rules are run for this object. */
  #stop(schema: Structural, path: FieldPath | undefined, detail: string): void {
    this.#error(schema, path, detail);
    this.#budget = -1;
  }

  #run(schema: Structural, type: DataType, compiled: CompiledRule, value: unknown, path: FieldPath | undefined, before: Correlation | undefined): void {
    const { rule, program } = compiled;
    if (compiled.error !== undefined) this.#error(schema, path, `rule compile error: ${compiled.error}`);
    if (program === undefined) return;
    const isOptional = rule.optionalOldSelf === true;
    if (compiled.usesOldSelf && before === undefined && !isOptional) return;
    const bindings = (name: string): CelValue | undefined => (name === "self" ? type.convert(value) : name === "oldSelf" ? oldValue(type, before, isOptional) : undefined);
    const result = this.#evaluate(schema, program, rule, bindings, path);
    if (result === undefined || result === true) return;
    if (result instanceof CelError) {
      this.#error(schema, path, runtimeText(result, rule));
      return;
    }
    const at = rule.fieldPath === undefined ? path : resolveRulePath(rule.fieldPath, schema.props, path);
    const shown = schema.type === "object" || schema.type === "array" ? OMIT_VALUE : value;
    this.#fail(this.#message(schema, compiled, bindings, path), at, shown, compiled, before);
  }

  #evaluate(schema: Structural, program: Program, rule: ValidationRule, bindings: (name: string) => CelValue | undefined, path: FieldPath | undefined): CelValue | CelError | undefined {
    try {
      const { result, cost } = program.evaluate(bindings, EXPRESSION_LIMIT);
      if (cost > this.#budget) {
        this.#stop(schema, path, "validation failed due to running out of cost budget, no further validation rules will be run");
        return undefined;
      }
      this.#budget -= cost;
      return result;
    } catch (error) {
      if (!(error instanceof CostError)) throw error;
      this.#stop(schema, path, `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${errorText(rule)}`);
      return undefined;
    }
  }

  /** `shown`: the value, where it is no object or list. */
  #fail(detail: string | undefined, path: FieldPath | undefined, shown: unknown, { rule, usesOldSelf }: CompiledRule, before: Correlation | undefined): void {
    if (detail === undefined) return;
    const error = reasonError(rule.reason, pathText(path), shown, detail);
    if (!usesOldSelf && before?.unchanged) this.#verdict.warnings.push(fieldErrorText(error));
    else this.#verdict.errors.push(error);
  }

  /** What the rule says of its failure; its expression's text where that can be had. undefined: there is no budget left to say it. */
  #message(schema: Structural, { rule, message }: CompiledRule, bindings: (name: string) => CelValue | undefined, path: FieldPath | undefined): string | undefined {
    const plain = rule.message?.trim() || `failed rule: ${rule.rule?.trim()}`;
    if (message === undefined) return plain;
    const result = this.#evaluate(schema, message, { rule: rule.messageExpression ?? "" }, bindings, path);
    if (result === undefined) return undefined;
    if (typeof result !== "string") return plain;
    const text = result.trim();
    return text === "" || text.length > MAX_MESSAGE_LENGTH || /[\n\r]/.test(text) ? plain : text;
  }
}

function oldValue(type: DataType, before: Correlation | undefined, isOptional: boolean): CelValue | undefined {
  if (before === undefined) return isOptional ? NO_VALUE : undefined;
  const value = type.convert(before.old);
  return isOptional ? new CelOptional(value) : value;
}

function reasonError(reason: string | undefined, path: string, shown: unknown, detail: string): FieldError {
  switch (reason) {
    case "FieldValueForbidden":
      return forbidden(path, detail);
    case "FieldValueRequired":
      return required(path, detail);
    case "FieldValueDuplicate":
      return duplicate(path, shown);
    default:
      return invalid(path, shown, detail);
  }
}

/** The rule as errors name it. */
function errorText(rule: ValidationRule): string {
  return rule.message?.trim() || (rule.rule?.trim() ?? "");
}

function runtimeText(error: CelError, rule: ValidationRule): string {
  if (error.message.startsWith("no such overload")) return `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${errorText(rule)}`;
  return `${error.message} evaluating rule: ${errorText(rule)}`;
}
