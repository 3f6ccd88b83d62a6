import { goQuote } from "../status/go-text.ts";
import type { ValueSchema } from "./value-schema.ts";
import { addError, mergeVerdict, type Place, type Verdict } from "./verdict.ts";

type Validate = (schema: ValueSchema, place: Place) => Verdict;

/** anyOf, oneOf, allOf and not. Of alternatives that all fail, the errors of the one that came closest are shown too. */
export function checkCombinations(schema: ValueSchema, place: Place, verdict: Verdict, validate: Validate): void {
  if (schema.anyOf.length > 0) checkAnyOf(schema.anyOf, place, verdict, validate);
  if (schema.oneOf.length > 0) checkOneOf(schema.oneOf, place, verdict, validate);
  if (schema.allOf.length > 0) checkAllOf(schema.allOf, place, verdict, validate);
  if (schema.not !== undefined && validate(schema.not, place).errors.length === 0) add(place, verdict, "must not validate the schema (not)");
  verdict.matches++;
}

function add({ name }: Place, verdict: Verdict, text: string): void {
  addError(verdict, { code: "other", name, text: `${goQuote(name)} ${text}` });
}

function checkAnyOf(schemas: readonly ValueSchema[], place: Place, verdict: Verdict, validate: Validate): void {
  let best: Verdict | undefined;
  for (const schema of schemas) {
    const result = validate(schema, place);
    if (result.errors.length === 0) {
      mergeVerdict(verdict, result);
      return;
    }
    if (best === undefined || result.matches > best.matches) best = result;
  }
  add(place, verdict, "must validate at least one schema (anyOf)");
  if (best !== undefined) mergeVerdict(verdict, best);
}

function checkOneOf(schemas: readonly ValueSchema[], place: Place, verdict: Verdict, validate: Validate): void {
  const results = schemas.map((schema) => validate(schema, place));
  const valid = results.filter(({ errors }) => errors.length === 0);
  if (valid.length === 1) {
    for (const result of valid) mergeVerdict(verdict, result);
    return;
  }
  add(place, verdict, `must validate one and only one schema (oneOf). ${valid.length === 0 ? "Found none valid" : `Found ${valid.length} valid alternatives`}`);
  if (valid.length > 0) return;
  const best = results.reduce<Verdict | undefined>((found, result) => (found === undefined || result.matches > found.matches ? result : found), undefined);
  if (best !== undefined) mergeVerdict(verdict, best);
}

function checkAllOf(schemas: readonly ValueSchema[], place: Place, verdict: Verdict, validate: Validate): void {
  let valid = 0;
  for (const schema of schemas) {
    const result = validate(schema, place);
    if (result.errors.length === 0) valid++;
    mergeVerdict(verdict, result);
  }
  if (valid !== schemas.length) add(place, verdict, `must validate all the schemas (allOf)${valid === 0 ? ". None validated" : ""}`);
}
