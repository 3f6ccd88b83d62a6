import { encodeFree } from "../codec/json-encode.ts";
import { type FieldError, forbidden, invalid, notSupportedInOrder, RawValue, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { JsonSchemaProps, ValidationRule } from "./json-schema-props.ts";
import { resolveRulePath } from "./rule-path.ts";
import { type CompiledRule, compileRules } from "./rule-program.ts";
import { mostInRequest, ruleType } from "./rule-types.ts";
import type { Structural } from "./structural.ts";

/** Kubernetes' limits of estimated costs: of one rule, of all rules of a schema. */
const RULE_LIMIT = 10_000_000;
const SCHEMA_LIMIT = 100_000_000;
/** So many of the dearest rules are named when a schema is too dear. */
const NAMED_RULES = 4;
/** As uint64 saturates. */
const UNBOUNDED = 2 ** 64;

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

interface Total {
  units: number;
  dearest: { readonly path: FieldPath; readonly units: number }[];
}

/** Compiles the rules of a schema's places and adds up what they may cost. One for each place; all share the total. */
export class RuleCompiler {
  readonly #schema: Structural;
  readonly #isRoot: boolean;
  /** How many values the place can have in one object; undefined: nothing bounds it but the request's size. */
  readonly #count: number | undefined;
  readonly #total: Total;

  /** `count` absent: the schema is that of whole objects. */
  constructor(schema: Structural, isRoot = true, count: { readonly most: number | undefined } = { most: 1 }, total: Total = { units: 0, dearest: [] }) {
    this.#schema = schema;
    this.#isRoot = isRoot;
    this.#count = count.most;
    this.#total = total;
  }

  /** The place of a property. */
  property(name: string): RuleCompiler | undefined {
    return this.#below(this.#schema.properties.get(name), this.#count);
  }

  /** The place of a map's values. */
  get values(): RuleCompiler | undefined {
    return this.#below(this.#schema.values, times(this.#count, this.#schema.props.maxProperties));
  }

  /** The place of a list's items. */
  get items(): RuleCompiler | undefined {
    return this.#below(this.#schema.items, times(this.#count, this.#schema.props.maxItems));
  }

  #below(schema: Structural | undefined, count: number | undefined): RuleCompiler | undefined {
    return schema === undefined ? undefined : new RuleCompiler(schema, false, { most: count }, this.#total);
  }

  /** Errors of the place's rules: type, cost, use of `oldSelf`. `uncorrelatable`: what makes former values impossible here. */
  check(path: FieldPath, uncorrelatable: FieldPath | undefined): FieldError[] {
    const { rules } = this.#schema;
    const type = rules.length === 0 ? undefined : ruleType(this.#schema, this.#isRoot);
    if (type === undefined) return [];
    const errors: FieldError[] = [];
    const count = this.#count ?? mostInRequest(type.minJson);
    compileRules(rules, type).forEach((compiled, i) => {
      this.#checkRule(compiled, count, path.child("x-kubernetes-validations").index(i), uncorrelatable, errors);
    });
    return errors;
  }

  #checkRule(compiled: CompiledRule, count: number, path: FieldPath, uncorrelatable: FieldPath | undefined, errors: FieldError[]): void {
    const { rule, program, message } = compiled;
    const units = Math.min((program?.estimate().max ?? 0) * count, UNBOUNDED);
    this.#observe(path.child("rule"), units, "estimated rule cost", errors);
    if (compiled.error !== undefined) errors.push(invalid(path.child("rule"), internalRule(rule), compiled.error));
    if (compiled.messageError !== undefined) errors.push(invalid(path.child("messageExpression"), internalRule(rule), compiled.messageError));
    else if (message !== undefined) this.#observe(path.child("messageExpression"), message.estimate().max, "estimated messageExpression cost", errors);
    if (compiled.usesOldSelf) {
      if (uncorrelatable !== undefined) errors.push(invalid(path.child("rule"), rule.rule ?? "", `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`));
    } else if (rule.optionalOldSelf !== undefined) errors.push(invalid(path.child("optionalOldSelf"), rule.optionalOldSelf, "may not be set if oldSelf is not used in rule"));
  }

  #observe(path: FieldPath, units: number, what: string, errors: FieldError[]): void {
    if (units > RULE_LIMIT) errors.push(forbidden(path, costText(what, units, RULE_LIMIT)));
    this.#total.units = Math.min(this.#total.units + units, UNBOUNDED);
    if (units < 1) return;
    this.#total.dearest.push({ path, units });
    this.#total.dearest.sort((a, b) => b.units - a.units);
    this.#total.dearest.length = Math.min(this.#total.dearest.length, NAMED_RULES);
  }

  /** After all places are checked: the schema as a whole is too dear. */
  totalErrors(path: FieldPath): FieldError[] {
    const { units, dearest } = this.#total;
    if (units <= SCHEMA_LIMIT) return [];
    const contributed = dearest.map((rule) => forbidden(rule.path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"));
    return [...contributed, forbidden(path, costText("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", units, SCHEMA_LIMIT))];
  }
}

function times(count: number | undefined, limit: number | bigint | undefined): number | undefined {
  return count === undefined || limit === undefined ? undefined : Math.min(count * Math.max(0, Number(limit)), UNBOUNDED);
}

function costText(what: string, units: number, limit: number): string {
  const factor = units / limit;
  const shown = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** A rule as Kubernetes prints its internal type. */
function internalRule({ rule = "", message = "", messageExpression = "", reason, fieldPath: place = "", optionalOldSelf }: ValidationRule): RawValue {
  const fields: readonly (readonly [string, unknown])[] = [["Rule", rule], ["Message", message], ["MessageExpression", messageExpression], ["Reason", reason ?? null], ["FieldPath", place], ["OptionalOldSelf", optionalOldSelf ?? null]];
  return new RawValue(`{${fields.map(([name, value]) => `"${name}":${encodeFree(value)}`).join(",")}}`);
}

/** Rules whose own fields are wrong, before anything is compiled. */
export function checkRuleFields(props: JsonSchemaProps, path: FieldPath, errors: FieldError[]): void {
  (props["x-kubernetes-validations"] ?? []).forEach((rule, i) => {
    const at = path.child("x-kubernetes-validations").index(i);
    checkTexts(rule, at, errors);
    if (rule.messageExpression && rule.messageExpression.trim() === "") errors.push(required(at.child("messageExpression"), "messageExpression must be non-empty if specified"));
    if (rule.reason !== undefined && !reasons.includes(rule.reason)) errors.push(notSupportedInOrder(at.child("reason"), rule.reason, reasons));
    if (rule.fieldPath) checkFieldPath(rule.fieldPath, props, at.child("fieldPath"), errors);
  });
}

function checkTexts({ rule = "", message = "" }: ValidationRule, path: FieldPath, errors: FieldError[]): void {
  const text = message.trim();
  if (rule.trim() === "") errors.push(required(path.child("rule"), "rule is not specified"));
  else if (message !== "" && text === "") errors.push(invalid(path.child("message"), message, "must be non-empty if specified"));
  else if (/[\n\r]/.test(text)) errors.push(invalid(path.child("message"), message, "must not contain line breaks"));
  else if (/[\n\r]/.test(rule.trim()) && text === "") errors.push(required(path.child("message"), "message must be specified if rule contains line breaks"));
}

function checkFieldPath(text: string, props: JsonSchemaProps, path: FieldPath, errors: FieldError[]): void {
  if (text.trim() === "") errors.push(invalid(path, text, "must be non-empty if specified"));
  if (/[\n\r]/.test(text)) errors.push(invalid(path, text, "must not contain line breaks"));
  if (resolveRulePath(text, props, fieldPath("self")) === undefined) errors.push(invalid(path, text, "must be a valid path"));
}
