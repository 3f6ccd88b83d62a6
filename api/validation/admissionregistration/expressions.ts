import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";

/** Checks an expression; what is wrong with it lies at `path`. */
export type ExpressionRule = (expression: string, path: FieldPath, errors: Errors) => void;

/** The expressions of one webhook or policy, by what each must give. */
export interface Expressions {
  readonly matchCondition: ExpressionRule;
  readonly validation: ExpressionRule;
  readonly message: ExpressionRule;
  readonly auditAnnotation: ExpressionRule;
  readonly applyConfiguration: ExpressionRule;
  readonly jsonPatch: ExpressionRule;
  /** Names a variable for the expressions after it. */
  variable(name: string, expression: string, path: FieldPath, errors: Errors): void;
}

const anything: ExpressionRule = () => {};

/** `params`: the policy has parameters; `variables`: it has variables. */
export function expressionsOf(_scope: { readonly params: boolean; readonly variables: boolean }): Expressions {
  return { matchCondition: anything, validation: anything, message: anything, auditAnnotation: anything, applyConfiguration: anything, jsonPatch: anything, variable: () => {} };
}
