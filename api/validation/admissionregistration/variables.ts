import { invalid, notSupported, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";
import type { Expressions } from "./expressions.ts";
import { failurePolicies } from "./webhooks.ts";

const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reserved = new Set(
  ["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while"],
);

/** Named expressions: each may name those before it. */
export function validateVariables(variables: readonly { name?: string; expression?: string }[] | undefined, expressions: Expressions, path: FieldPath, errors: Errors): void {
  variables?.forEach(({ name = "", expression = "" }, i) => {
    const at = path.index(i);
    if (name.trim() === "") errors.push(required(at.child("name"), "name is not specified"));
    else if (!IDENTIFIER.test(name) || reserved.has(name)) errors.push(invalid(at.child("name"), name, "must be a valid CEL identifier"));
    if (expression.trim() === "") errors.push(required(at.child("expression"), "expression is not specified"));
    else expressions.variable(name, expression, at.child("expression"), errors);
  });
}

/** What a policy that fails means for the request. */
export function validateFailurePolicy(policy: string | undefined, path: FieldPath, errors: Errors): void {
  if (policy === undefined) errors.push(required(path.child("failurePolicy")));
  else if (!failurePolicies.includes(policy)) errors.push(notSupported(path.child("failurePolicy"), policy, failurePolicies));
}
