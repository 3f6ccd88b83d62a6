import { goQuote } from "../status/go-text.ts";
import type { Correlation } from "./correlation.ts";
import type { SchemaError } from "./schema-error.ts";

/** What a schema found in a value. `matches` counts the checks that passed: of several alternatives the best one's errors are shown. */
export interface Verdict {
  readonly errors: SchemaError[];
  matches: number;
}

/** One place in the object; `before` is what it was, on an update. */
export interface Place {
  readonly value: unknown;
  /** `spec.list[0].name`, as the findings name it; `""` at the root. */
  readonly name: string;
  readonly before: Correlation | undefined;
}

/** No answer holds more findings: the walk stops there. */
export const MAX_ERRORS = 1000;

/** Takes over another verdict: a text that is there already is not repeated. */
export function mergeVerdict(into: Verdict, other: Verdict): void {
  into.matches += other.matches;
  for (const error of other.errors) addError(into, error);
}

export function addError(verdict: Verdict, error: SchemaError): void {
  if (verdict.errors.length >= MAX_ERRORS || verdict.errors.some((known) => known.text === error.text && known.name === error.name)) return;
  verdict.errors.push(error);
}

/** `must be of type X: "value"`. */
export function addType(verdict: Verdict, { name }: Place, expected: string, value: unknown): void {
  const shown = typeof value === "string" ? `: ${goQuote(value)}` : "";
  addError(verdict, { code: "type", name, value, text: `${name} in body must be of type ${expected}${shown}` });
}
