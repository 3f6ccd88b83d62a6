import type { Environment } from "../../cel/environment.ts";
import { BOOL, type CelType, DYN, NULL, STRING, typeText } from "../../cel/types.ts";
import { sameType } from "../../cel/unify.ts";
import { invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";
import { admissionEnvironment } from "../expressions/admission-environment.ts";
import { variablesType, variableType } from "../expressions/admission-types.ts";
import { compileExpression } from "../expressions/compile.ts";
import { JSON_PATCHES, OBJECT } from "../expressions/mutation-types.ts";

/** Checks an expression; what is wrong with it lies at `path`, whose value is `given` (absent: the expression itself). */
export type ExpressionRule = (expression: string, path: FieldPath, errors: Errors, given?: string) => void;

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

/** `params`: the policy has parameters; `variables`: its expressions may name variables; `patches`: they may build objects. */
export function expressionsOf({ params, variables, patches = false }: { readonly params: boolean; readonly variables: boolean; readonly patches?: boolean }): Expressions {
  const own = variables ? variablesType() : undefined;
  const withAuthorizer = { params, authorizer: true, variables: own };
  const environment = admissionEnvironment(withAuthorizer);
  const patch = patches ? admissionEnvironment({ ...withAuthorizer, patches }) : environment;
  return {
    matchCondition: rule(admissionEnvironment({ params, authorizer: true }), [BOOL]),
    validation: rule(environment, [BOOL]),
    message: rule(admissionEnvironment({ params, authorizer: false, variables: own }), [STRING]),
    auditAnnotation: rule(environment, [STRING, NULL]),
    applyConfiguration: rule(patch, [OBJECT]),
    jsonPatch: rule(patch, [JSON_PATCHES]),
    variable: (name, expression, path, errors) => {
      const program = compileExpression(patch, expression);
      if (typeof program === "string") errors.push(invalid(path, expression, program));
      own?.fields.set(name, typeof program === "string" ? DYN : variableType(program.type));
    },
  };
}

function rule(environment: Environment, results: readonly CelType[]): ExpressionRule {
  return (expression, path, errors, given = expression) => {
    const program = compileExpression(environment, expression);
    if (typeof program === "string") errors.push(invalid(path, given, program));
    else if (!results.some((type) => sameType(type, program.type))) errors.push(invalid(path, given, resultText(results, program.type)));
  };
}

function resultText(results: readonly CelType[], got: CelType): string {
  const wanted = results.map(nameOf);
  return `must evaluate to ${wanted.length === 1 ? wanted.join("") : `one of [${wanted.join(" ")}]`} but got ${nameOf(got)}`;
}

function nameOf(type: CelType): string {
  return type.kind === "null" ? "null_type" : typeText(type);
}
