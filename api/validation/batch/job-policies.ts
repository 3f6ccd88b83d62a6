import { duplicate, invalid, notSupported, OMIT_VALUE, required, tooLong, tooMany } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Job } from "../../wire.ts";
import { type Errors, invalidEach, nonNegative } from "../common.ts";
import { qualifiedName } from "../names.ts";
import { countIndexes, IndexesError } from "./index-intervals.ts";

type Spec = NonNullable<Job["spec"]>;
type FailureRule = NonNullable<Spec["podFailurePolicy"]>["rules"][number];

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_CONDITIONS = 20;
const MAX_INDEXES_BYTES = 64 * 1024;
const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
const exitCodeOperators = ["In", "NotIn"];
const statuses = ["False", "True", "Unknown"];

/** `valid values: ["In" "NotIn"]`, as Go prints a list of quoted words. */
function validValues(values: readonly string[]): string {
  return `valid values: [${values.map((value) => `"${value}"`).join(" ")}]`;
}

function requiredChoice(value: string | undefined, choices: readonly string[], path: FieldPath, errors: Errors): void {
  if (!value) errors.push(required(path, validValues(choices)));
  else if (!choices.includes(value)) errors.push(notSupported(path, value, choices));
}

/** KEP-3329: which failures of pods end the job, and which do not count. */
export function validatePodFailurePolicy(spec: Spec, path: FieldPath, errors: Errors): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const names = new Set([...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? [])].map((container) => container.name));
  if (rules.length > MAX_RULES) errors.push(tooMany(path.child("rules"), rules.length, MAX_RULES));
  rules.forEach((rule, i) => {
    validateFailureRule(rule, spec, names, path.child("rules").index(i), errors);
  });
}

function validateFailureRule(rule: FailureRule, spec: Spec, names: ReadonlySet<string>, path: FieldPath, errors: Errors): void {
  if (rule.action === "FailIndex") {
    if (spec.backoffLimitPerIndex === undefined) errors.push(invalid(path.child("action"), rule.action, "requires the backoffLimitPerIndex to be set"));
  } else requiredChoice(rule.action, actions, path.child("action"), errors);
  const conditions = rule.onPodConditions ?? [];
  if (rule.onExitCodes) validateExitCodes(rule.onExitCodes, names, path.child("onExitCodes"), errors);
  if (conditions.length > 0) validateConditions(conditions, path.child("onPodConditions"), errors);
  if (rule.onExitCodes && conditions.length > 0) errors.push(invalid(path, OMIT_VALUE, "specifying both OnExitCodes and OnPodConditions is not supported"));
  if (!rule.onExitCodes && conditions.length === 0) errors.push(invalid(path, OMIT_VALUE, "specifying one of OnExitCodes and OnPodConditions is required"));
}

function validateConditions(conditions: NonNullable<FailureRule["onPodConditions"]>, path: FieldPath, errors: Errors): void {
  if (conditions.length > MAX_CONDITIONS) errors.push(tooMany(path, conditions.length, MAX_CONDITIONS));
  conditions.forEach((condition, i) => {
    const at = path.index(i);
    invalidEach(qualifiedName(condition.type ?? ""), condition.type ?? "", at.child("type"), errors);
    requiredChoice(condition.status, statuses, at.child("status"), errors);
  });
}

function validateExitCodes(codes: NonNullable<FailureRule["onExitCodes"]>, names: ReadonlySet<string>, path: FieldPath, errors: Errors): void {
  requiredChoice(codes.operator, exitCodeOperators, path.child("operator"), errors);
  if (codes.containerName !== undefined && !names.has(codes.containerName)) {
    errors.push(invalid(path.child("containerName"), codes.containerName, "must be one of the container or initContainer names in the pod template"));
  }
  const at = path.child("values");
  const values = codes.values ?? [];
  if (values.length === 0) errors.push(invalid(at, codes.values ?? null, "at least one value is required"));
  else if (values.length > MAX_EXIT_CODES) errors.push(tooMany(at, values.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (codes.operator === "In" && value === 0) errors.push(invalid(at.index(i), value, "must not be 0 for the In operator"));
    if (seen.has(value)) errors.push(duplicate(at.index(i), value));
    seen.add(value);
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? 0) > value)) errors.push(invalid(at, values, "must be ordered"));
}

/** KEP-3998: which indexes must succeed for the job to succeed. */
export function validateSuccessPolicy(spec: Spec, path: FieldPath, errors: Errors): void {
  const rules = spec.successPolicy?.rules ?? [];
  const at = path.child("rules");
  if (rules.length === 0) errors.push(required(at, "at least one rules must be specified when the successPolicy is specified"));
  if (rules.length > MAX_RULES) errors.push(tooMany(at, rules.length, MAX_RULES));
  rules.forEach((rule, i) => {
    validateSuccessRule(rule, spec.completions ?? 0, at.index(i), errors);
  });
}

function validateSuccessRule(rule: { succeededCount?: number; succeededIndexes?: string }, completions: number, path: FieldPath, errors: Errors): void {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (count === undefined && indexes === undefined) errors.push(required(path, "at least one of succeededCount or succeededIndexes must be specified"));
  let total = 0;
  if (indexes !== undefined) {
    const at = path.child("succeededIndexes");
    if (indexes.length > MAX_INDEXES_BYTES) errors.push(tooLong(at, MAX_INDEXES_BYTES));
    try {
      total = countIndexes(indexes, completions);
    } catch (error) {
      if (!(error instanceof IndexesError)) throw error;
      errors.push(invalid(at, indexes, `error parsing succeededIndexes: ${error.message}`));
    }
  }
  if (count === undefined) return;
  nonNegative(count, path, "succeededCount", errors);
  const at = path.child("succeededCount");
  if (count > completions) errors.push(invalid(at, count, `must be less than or equal to ${completions} (the number of specified completions)`));
  if (indexes !== undefined && count > total) errors.push(invalid(at, count, `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`));
}
