import { equalJson, isMap } from "../patch/json-value.ts";
import { checkCombinations } from "./validate-combination.ts";
import { checkNumber } from "./validate-number.ts";
import { checkFormat, checkString } from "./validate-string.ts";
import type { ValueSchema } from "./value-schema.ts";
import { addError, addType, MAX_ERRORS, mergeVerdict, type Place, type Verdict } from "./verdict.ts";

/**
 * Judges a value by its schema as kube-openapi does: the same checks in the same order with the same texts, properties by name.
 * On an update, what was wrong before and is unchanged is no error (KEP-4008).
 */
export function validateValue(schema: ValueSchema, place: Place): Verdict {
  const verdict = judge(schema, place);
  if (verdict.errors.length > 0 && place.before?.unchanged) verdict.errors.length = 0;
  return verdict;
}

function judge(schema: ValueSchema, place: Place): Verdict {
  const verdict: Verdict = { errors: [], matches: 0 };
  const { value } = place;
  if (value === null) {
    if (schema.types.length > 0 && !schema.nullable) addType(verdict, place, schema.types.join(","), "null");
    else if (schema.props.enum !== undefined) checkEnum(schema, place, verdict);
    return verdict;
  }
  checkType(schema, place, verdict);
  checkCombinations(schema, place, verdict, validateValue);
  if (typeof value === "string") {
    checkString(schema, place, verdict);
    checkFormat(schema, place, verdict);
  } else if (typeof value === "number" || typeof value === "bigint") checkNumber(schema, place, value, verdict);
  else if (Array.isArray(value)) checkList(schema, place, value, verdict);
  if (schema.props.enum !== undefined) checkEnum(schema, place, verdict);
  if (isMap(value)) checkMap(schema, place, value, verdict);
  verdict.matches += 4;
  return verdict;
}

/** The schema's name for a value's type: an integral number is an integer, unless it is too large for one. */
function typeOf(value: unknown): string {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return "integer";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

const dataFormats: Readonly<Record<string, string>> = { integer: "int64", number: "float64" };

function checkType(schema: ValueSchema, place: Place, verdict: Verdict): void {
  const { types, format } = schema;
  if (types.length === 0 && format === "") return;
  const type = typeOf(place.value);
  const isFound = types.includes(type) || (type === "integer" && types.includes("number"));
  const isText = type === "string" || type === "array";
  if (!isText && format !== "" && !isFound && dataFormats[type] !== format) addType(verdict, place, schema.formatText, dataFormats[type] ?? "");
  else if (format !== "" && isText && !types.includes("number") && !types.includes("integer")) verdict.matches++;
  else if (!isFound) addType(verdict, place, types.join(","), type);
  else verdict.matches++;
}

function checkEnum({ props }: ValueSchema, { value, name }: Place, verdict: Verdict): void {
  const allowed = props.enum ?? [];
  // As Kubernetes compares: a number is made what the allowed one is, and null is none of them, not even null.
  if (allowed.length === 0 || (value !== null && allowed.some((one) => equalJson(one, value) || (isNumeric(one) && isNumeric(value) && isSameNumber(Number(one), Number(value)))))) return;
  addError(verdict, { code: "enum", name, value, allowed, text: `${name} in body should be one of` });
}

function isSameNumber(allowed: number, value: number): boolean {
  return allowed === (Number.isInteger(allowed) ? Math.trunc(value) : value);
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function checkList(schema: ValueSchema, { name, before }: Place, list: readonly unknown[], verdict: Verdict): void {
  const { items, minItems, maxItems } = schema;
  if (items !== undefined) {
    for (const [i, item] of list.entries()) {
      if (verdict.errors.length >= MAX_ERRORS) break;
      mergeVerdict(verdict, validateValue(items, { value: item, name: `${name}[${i}]`, before: before?.item(i) }));
    }
  }
  if (minItems !== undefined && list.length < minItems) {
    addError(verdict, { code: "value", name, value: list.length, text: `${name} in body should have at least ${minItems} items` });
  }
  if (maxItems !== undefined && list.length > maxItems) {
    addError(verdict, { code: "tooMany", name, count: list.length, limit: maxItems, text: `${name} in body should have at most ${maxItems} items` });
  }
  verdict.matches++;
}

/** Below the root a field's name stands behind a dot; at the root alone. */
export function memberName(name: string, member: string): string {
  return name === "" ? member : `${name}.${member}`;
}

function checkMap(schema: ValueSchema, place: Place, map: Readonly<Record<string, unknown>>, verdict: Verdict): void {
  const { minProperties, maxProperties } = schema;
  const { name } = place;
  const keys = Object.keys(map).sort();
  if (minProperties !== undefined && keys.length < minProperties) {
    addError(verdict, { code: "value", name, value: keys.length, text: `${name} in body should have at least ${minProperties} properties` });
  }
  if (maxProperties !== undefined && keys.length > maxProperties) {
    addError(verdict, { code: "tooMany", name, count: keys.length, limit: maxProperties, text: `${name} in body should have at most ${maxProperties} properties` });
  }
  if (!schema.allowsOthers) {
    for (const key of keys) {
      if (!schema.properties.has(key)) addError(verdict, { code: "value", name, value: key, text: `${name}.${key} in body is a forbidden property` });
    }
  }
  checkMembers(schema, place, keys, map, verdict);
  for (const key of schema.required) {
    if (!Object.hasOwn(map, key) && schema.properties.get(key)?.props.default === undefined) {
      addError(verdict, { code: "required", name: `${name}.${key}`, text: `${name}.${key} in body is required` });
    }
  }
  verdict.matches++;
}

function checkMembers(schema: ValueSchema, { name, before }: Place, keys: readonly string[], map: Readonly<Record<string, unknown>>, verdict: Verdict): void {
  for (const key of keys) {
    if (verdict.errors.length >= MAX_ERRORS) return;
    const child = schema.properties.get(key) ?? schema.values;
    if (child !== undefined) mergeVerdict(verdict, validateValue(child, { value: map[key], name: memberName(name, key), before: before?.field(key) }));
  }
}
