import { duplicate, required, tooMany } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import { type Errors, invalidEach } from "../common.ts";
import { qualifiedName } from "../names.ts";
import type { ExpressionRule } from "./expressions.ts";

const MAX_CONDITIONS = 64;

/** Named CEL expressions that must all hold before a webhook or policy is asked. */
export function validateMatchConditions(conditions: readonly { name?: string; expression?: string }[] | undefined, rule: ExpressionRule, path: FieldPath, errors: Errors): void {
  if (!conditions) return;
  if (conditions.length > MAX_CONDITIONS) errors.push(tooMany(path, conditions.length, MAX_CONDITIONS));
  const names = new Set<string>();
  conditions.forEach(({ name = "", expression = "" }, i) => {
    const at = path.index(i);
    const trimmed = expression.trim();
    if (trimmed === "") errors.push(required(at.child("expression")));
    else rule(trimmed, at.child("expression"), errors);
    if (name === "") errors.push(required(at.child("name")));
    else {
      invalidEach(qualifiedName(name), name, at.child("name"), errors);
      if (names.has(name)) errors.push(duplicate(at.child("name"), name));
      names.add(name);
    }
  });
}
