import { CompileError, compileErrorText } from "../cel/cel-error.ts";
import type { DataType } from "../cel/data-type.ts";
import { Environment, type Program } from "../cel/environment.ts";
import { optionalOf } from "../cel/types.ts";
import type { ValidationRule } from "./json-schema-props.ts";

/** A rule, compiled: what it does or why it cannot. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** undefined: the rule is empty or does not compile. */
  readonly program: Program | undefined;
  readonly error: string | undefined;
  readonly message: Program | undefined;
  readonly messageError: string | undefined;
  /** A transition rule: it speaks of the former value. */
  readonly usesOldSelf: boolean;
}

/** Compiles the rules of one place for values of that type. */
export function compileRules(rules: readonly ValidationRule[], type: DataType): readonly CompiledRule[] {
  const environments = new Map<boolean, Environment>();
  return rules.map((rule) => {
    const isOptional = rule.optionalOldSelf === true;
    let environment = environments.get(isOptional);
    if (environment === undefined) environments.set(isOptional, (environment = environmentFor(type, isOptional)));
    return compileRule(rule, environment);
  });
}

function environmentFor(type: DataType, isOptional: boolean): Environment {
  const oldSelf: DataType = isOptional ? { ...type, type: optionalOf(type.type) } : type;
  return new Environment({ variables: new Map([["self", type], ["oldSelf", oldSelf]]) });
}

function compileRule(rule: ValidationRule, environment: Environment): CompiledRule {
  const source = rule.rule?.trim() ?? "";
  const own = source === "" ? {} : compile(environment, source, "bool", "", "cel expression must evaluate to a bool");
  const text = rule.messageExpression?.trim() ?? "";
  const message = text === "" ? {} : compile(environment, text, "string", "messageExpression ", "messageExpression must evaluate to a string");
  return { rule, program: own.program, error: own.error, message: message.program, messageError: message.error, usesOldSelf: own.program?.uses("oldSelf") ?? false };
}

function compile(environment: Environment, source: string, kind: "bool" | "string", prefix: string, complaint: string): { program?: Program; error?: string } {
  try {
    const program = environment.compile(source);
    return program.type.kind === kind ? { program } : { error: complaint };
  } catch (error) {
    if (error instanceof CompileError) return { error: compileErrorText(error, prefix) };
    throw error;
  }
}

