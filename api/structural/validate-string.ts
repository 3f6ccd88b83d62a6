import { matchesFormat } from "./formats.ts";
import { addError, addType, type Place, type Verdict } from "./verdict.ts";
import type { ValueSchema } from "./value-schema.ts";

/** maxLength and minLength (in code points), pattern: the first that does not hold. */
export function checkString({ props, minLength, maxLength, pattern }: ValueSchema, { name, value }: Place, verdict: Verdict): void {
  const text = value as string;
  if (maxLength !== undefined && codePoints(text) > maxLength) {
    addError(verdict, { code: "tooLong", name, limit: maxLength, text: `${name} in body should be at most ${maxLength} chars long` });
  } else if (minLength !== undefined && codePoints(text) < minLength) {
    addError(verdict, { code: "value", name, value, text: `${name} in body should be at least ${minLength} chars long` });
  } else if (pattern !== undefined && !pattern.test(text)) {
    addError(verdict, { code: "value", name, value, text: `${name} in body should match '${props.pattern}'` });
  }
}

export function checkFormat(schema: ValueSchema, place: Place, verdict: Verdict): void {
  if (schema.format !== "" && !matchesFormat(schema.format, place.value as string)) addType(verdict, place, schema.formatText, place.value);
}

/** Length of a text as users count it. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}
