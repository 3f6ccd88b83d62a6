import type { Environment, Program } from "../../../api/cel/environment.ts";
import { admissionEnvironment } from "../../../api/validation/expressions/admission-environment.ts";
import { variablesType, variableType } from "../../../api/validation/expressions/admission-types.ts";
import type { ValidatingAdmissionPolicy } from "../../../api/wire.ts";
import { RequestMatcher } from "./match.ts";

export interface CompiledValidation {
  readonly expression: string;
  readonly program: Program;
  /** What a failure says; absent: which expression failed. */
  readonly message: string | undefined;
  readonly messageProgram: Program | undefined;
  readonly reason: string | undefined;
}

/** A policy, compiled once for each of its states. */
export interface CompiledPolicy {
  readonly name: string;
  readonly matcher: RequestMatcher;
  /** A failure of the policy itself lets the request through. */
  readonly ignoresFailure: boolean;
  readonly paramKind: { readonly apiVersion: string; readonly kind: string } | undefined;
  readonly conditions: readonly { readonly name: string; readonly program: Program }[];
  readonly variables: ReadonlyMap<string, Program>;
  readonly validations: readonly CompiledValidation[];
}

/** @throws CompileError: a stored policy was found valid, but by another version of this program */
export function compilePolicy({ metadata, spec = {} }: ValidatingAdmissionPolicy): CompiledPolicy {
  const params = spec.paramKind !== undefined;
  const type = spec.variables?.length ? variablesType() : undefined;
  const environment = admissionEnvironment({ params, authorizer: true, variables: type });
  const messages = admissionEnvironment({ params, authorizer: false, variables: type });
  const variables = new Map<string, Program>();
  for (const { name, expression } of spec.variables ?? []) {
    const program = environment.compile(expression);
    variables.set(name, program);
    type?.fields.set(name, variableType(program.type));
  }
  const conditions = admissionEnvironment({ params, authorizer: true });
  return {
    name: metadata.name ?? "",
    matcher: new RequestMatcher(spec.matchConstraints),
    ignoresFailure: spec.failurePolicy === "Ignore",
    paramKind: spec.paramKind === undefined ? undefined : { apiVersion: spec.paramKind.apiVersion ?? "", kind: spec.paramKind.kind ?? "" },
    conditions: (spec.matchConditions ?? []).map(({ name, expression }) => ({ name, program: conditions.compile(expression.trim()) })),
    variables,
    validations: (spec.validations ?? []).map((validation) => compileValidation(validation, environment, messages)),
  };
}

function compileValidation(validation: { expression: string; message?: string; messageExpression?: string; reason?: string }, environment: Environment, messages: Environment): CompiledValidation {
  const { expression, message, messageExpression, reason } = validation;
  return {
    expression,
    program: environment.compile(expression),
    message: message?.trim() || undefined,
    messageProgram: messageExpression ? messages.compile(messageExpression) : undefined,
    reason,
  };
}
