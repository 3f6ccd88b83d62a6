import { CompileError, compileErrorText } from "../../cel/cel-error.ts";
import type { Environment, Program } from "../../cel/environment.ts";

/** The compiled expression, or why it cannot be compiled. */
export function compileExpression(environment: Environment, expression: string): Program | string {
  try {
    return environment.compile(expression);
  } catch (error) {
    if (error instanceof CompileError) return compileErrorText(error);
    throw error;
  }
}
