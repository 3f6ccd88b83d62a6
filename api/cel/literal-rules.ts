import { UserPattern } from "../../lib/user-pattern.ts";
import type { CallNode, Node } from "./ast.ts";
import { CelError, type Issue } from "./cel-error.ts";
import type { Checked } from "./checker.ts";
import { checkFormat } from "./format-check.ts";
import { accepts } from "./function.ts";
import { Meter } from "./meter.ts";
import { type CelType, ERROR, typeText } from "./types.ts";
import { sameType } from "./unify.ts";

/** Conversions of something that stands in the expression are carried out when it is compiled. */
const conversions: ReadonlySet<string> = new Set(["bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"]);
const PREPARED_LIMIT = 1_000_000;

/** What is wrong with the literals of an expression whose types are right: durations, times, patterns, formats, items of several types. */
export function literalIssues(checked: Checked): Issue[] {
  const issues: Issue[] = [];
  visit(checked.root, false, (node, isExempt) => {
    if (node.kind === "call") callIssues(checked, node, issues);
    else if (!isExempt) mixtureIssues(checked, node, issues);
  });
  return issues;
}

/** Why the expression cannot be made ready to run, though it compiles; undefined: it can. */
export function preparationFault(checked: Checked): string | undefined {
  let fault: string | undefined;
  visit(checked.root, false, (node) => {
    if (fault === undefined && node.kind === "call") fault = callFault(checked, node);
  });
  return fault;
}

/** Every node, those of macros too. `isExempt`: it stands in a list for `format`, whose items may be of any types. */
function visit(node: Node, isExempt: boolean, see: (node: Node, isExempt: boolean) => void): void {
  see(node, isExempt);
  switch (node.kind) {
    case "select":
      return visit(node.operand, false, see);
    case "call":
      if (node.target !== undefined) visit(node.target, false, see);
      for (const arg of node.args) visit(arg, node.name === "format", see);
      return;
    case "list":
      for (const element of node.elements) visit(element, isExempt, see);
      return;
    case "map":
      for (const { key, value } of node.entries) {
        visit(key, isExempt, see);
        visit(value, isExempt, see);
      }
      return;
    case "struct":
      for (const { value } of node.fields) visit(value, false, see);
      return;
    case "comprehension":
      for (const part of [node.range, node.init, node.condition, node.step, node.result]) visit(part, false, see);
  }
}

function callIssues(checked: Checked, node: CallNode, issues: Issue[]): void {
  const [first] = node.args;
  if (node.name === "duration" || node.name === "timestamp") {
    if (node.args.length === 1 && first?.kind === "literal" && typeof first.value === "string" && conversionFault(checked, node) !== undefined) issues.push({ offset: first.offset, message: `invalid ${node.name} argument` });
  } else if (node.name === "matches") {
    const pattern = node.args.at(-1);
    if (pattern !== undefined && patternFault(pattern) !== undefined) issues.push({ offset: pattern.offset, message: "invalid matches argument" });
  } else if (node.name === "format" && node.target?.kind === "literal" && typeof node.target.value === "string" && first?.kind === "list") {
    const issue = checkFormat(node.target.value, first.elements, (id) => checked.types.get(id), node.offset);
    if (issue !== undefined) issues.push(issue);
  }
}

function callFault(checked: Checked, node: CallNode): string | undefined {
  if (conversions.has(node.name) && node.args.length === 1 && node.args[0]?.kind === "literal") return conversionFault(checked, node);
  const [pattern] = node.args;
  return (node.name === "find" || node.name === "findAll") && node.target !== undefined && pattern !== undefined ? patternFault(pattern) : undefined;
}

function conversionFault(checked: Checked, node: CallNode): string | undefined {
  const [literal] = node.args;
  if (literal?.kind !== "literal") return undefined;
  const overload = checked.overloads.get(node.id)?.find(({ params }) => params.length === 1 && accepts(params[0] ?? ERROR, literal.value));
  if (overload === undefined) return undefined;
  try {
    overload.run([literal.value], new Meter(PREPARED_LIMIT));
    return undefined;
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
}

function patternFault(node: Node): string | undefined {
  if (node.kind !== "literal" || typeof node.value !== "string") return undefined;
  try {
    UserPattern.compile(node.value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function mixtureIssues(checked: Checked, node: Node, issues: Issue[]): void {
  const typeOf = (part: Node, isOptional: boolean): CelType | undefined => {
    const type = checked.types.get(part.id);
    return isOptional && type?.kind === "opaque" ? type.parameters[0] : type;
  };
  if (node.kind === "list") firstMixture(node.elements.map((element, i) => ({ node: element, type: typeOf(element, node.optional.has(i)) })), issues);
  else if (node.kind === "map") {
    firstMixture(node.entries.map(({ key }) => ({ node: key, type: typeOf(key, false) })), issues);
    firstMixture(node.entries.map(({ value, optional }) => ({ node: value, type: typeOf(value, optional) })), issues);
  }
}

function firstMixture(parts: readonly { readonly node: Node; readonly type: CelType | undefined }[], issues: Issue[]): void {
  const expected = parts[0]?.type;
  if (expected === undefined) return;
  const other = parts.find(({ type }) => type !== undefined && !sameType(expected, type));
  if (other?.type !== undefined) issues.push({ offset: other.node.offset, message: `expected type '${typeText(expected)}' but found '${typeText(other.type)}'` });
}
