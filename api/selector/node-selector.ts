import type { NodeSelector, NodeSelectorTerm } from "../wire.ts";

type Labels = Readonly<Record<string, string>>;

/** What a node's selector terms are matched against. */
export interface NodeIdentity {
  readonly name: string;
  readonly labels: Labels;
}

export type NodePredicate = (node: NodeIdentity) => boolean;

type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number];

/** Kubernetes accepts a label value as an integer only when it is written in base ten. */
const INTEGER = /^[+-]?\d+$/;

function compare(text: string | undefined, operand: string | undefined, holds: (value: bigint, bound: bigint) => boolean): boolean {
  if (text === undefined || operand === undefined || !INTEGER.test(text) || !INTEGER.test(operand)) return false;
  return holds(BigInt(text), BigInt(operand));
}

function compileRequirement(requirement: Requirement, read: (node: NodeIdentity, key: string) => string | undefined): NodePredicate {
  const { key, operator } = requirement;
  const values = new Set(requirement.values ?? []);
  const operand = requirement.values?.[0];
  switch (operator) {
    case "In":
      return (node) => {
        const value = read(node, key);
        return value !== undefined && values.has(value);
      };
    case "NotIn":
      return (node) => {
        const value = read(node, key);
        return value === undefined || !values.has(value);
      };
    case "Exists":
      return (node) => read(node, key) !== undefined;
    case "DoesNotExist":
      return (node) => read(node, key) === undefined;
    case "Gt":
      return (node) => compare(read(node, key), operand, (value, bound) => value > bound);
    case "Lt":
      return (node) => compare(read(node, key), operand, (value, bound) => value < bound);
    default:
      return () => false;
  }
}

function readLabel(node: NodeIdentity, key: string): string | undefined {
  return Object.hasOwn(node.labels, key) ? node.labels[key] : undefined;
}

/** metadata.name is the only field that node selectors know. */
function readField(node: NodeIdentity, key: string): string | undefined {
  return key === "metadata.name" ? node.name : undefined;
}

/** One term: all its expressions and fields hold. A term with neither matches nothing. */
export function compileTerm(term: NodeSelectorTerm): NodePredicate {
  const predicates = [
    ...(term.matchExpressions ?? []).map((requirement) => compileRequirement(requirement, readLabel)),
    ...(term.matchFields ?? []).map((requirement) => compileRequirement(requirement, readField)),
  ];
  if (predicates.length === 0) return () => false;
  if (predicates.length === 1) return predicates[0]!;
  return (node) => predicates.every((predicate) => predicate(node));
}

/** Any of the terms holds. */
export function compileNodeSelector(selector: NodeSelector): NodePredicate {
  const terms = (selector.nodeSelectorTerms ?? []).map(compileTerm);
  if (terms.length === 1) return terms[0]!;
  return (node) => terms.some((term) => term(node));
}

/** A plain map of labels, all of them there. */
export function compileLabels(labels: Labels): NodePredicate {
  const wanted = Object.entries(labels);
  return (node) => wanted.every(([key, value]) => readLabel(node, key) === value);
}

/**
 * The names that a selector pins its pods to: every term names nodes by `metadata.name In [...]` (as DaemonSet pods do).
 * Undefined when some term leaves the name open.
 */
export function pinnedNames(selector: NodeSelector | undefined): readonly string[] | undefined {
  const terms = selector?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const union = new Set<string>();
  for (const term of terms) {
    const fields = (term.matchFields ?? []).filter((field) => field.key === "metadata.name" && field.operator === "In");
    if (fields.length === 0) return undefined;
    let names = fields[0]!.values ?? [];
    for (const field of fields.slice(1)) names = names.filter((name) => field.values?.includes(name));
    for (const name of names) union.add(name);
  }
  return [...union];
}
