import { Quantity } from "../../../api/quantity.ts";
import type { Node, Taint } from "../../../api/wire.ts";
import { UserError } from "../../user-error.ts";

/** A kind of node that can be had, and how many. */
export interface NodeKind {
  readonly name: string;
  /** Most nodes of it. */
  readonly max: number;
  /** The node of that number, from 1. */
  make(number: number): Node;
}

const HOSTNAME = "kubernetes.io/hostname";
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/**
 * `cpu=16,memory=64Gi,nvidia.com/gpu=8,label:zone=a|b,taint:team=x:NoSchedule,max=10,name=big`. Values of a label with `|` go round.
 * @throws UserError
 */
export function parseNodeKind(text: string, number: number): NodeKind {
  const allocatable: Record<string, string> = { pods: "110" };
  const labels: [key: string, values: string[]][] = [];
  const taints: Taint[] = [];
  let name = `node${number === 0 ? "" : String.fromCharCode(97 + Math.min(25, number))}`;
  let max = Number.POSITIVE_INFINITY;
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const key = part.slice(0, at).trim();
    const value = part.slice(at + 1).trim();
    const fail = (why: string) => new UserError(`--node ${text}: ${why}. Write for example cpu=16,memory=64Gi,nvidia.com/gpu=8,label:zone=a`, 2);
    if (part.startsWith("taint:")) taints.push(parseTaint(part.slice(6), fail));
    else if (at <= 0 || value === "") throw fail(`${JSON.stringify(part)} is not NAME=VALUE`);
    else if (key.startsWith("label:")) labels.push([key.slice(6), value.split("|")]);
    else if (key === "name") name = value;
    else if (key === "max") {
      if (!/^\d+$/.test(value)) throw fail("max is a whole number");
      max = Number(value);
    } else allocatable[key] = amount(value, fail);
  }
  if (allocatable["cpu"] === undefined || allocatable["memory"] === undefined) throw new UserError(`--node ${text}: cpu and memory are needed, for example cpu=16,memory=64Gi`, 2);
  const make = (index: number): Node => {
    const own = `${name}-${index}`;
    return nodeOf(own, { ...Object.fromEntries(labels.map(([key, values]) => [key, values[(index - 1) % values.length]!])) }, taints, allocatable);
  };
  return { name, max, make };
}

function amount(value: string, fail: (why: string) => UserError): string {
  try {
    Quantity.parse(value);
    return value;
  } catch {
    throw fail(`${JSON.stringify(value)} is not an amount`);
  }
}

function parseTaint(text: string, fail: (why: string) => UserError): Taint {
  const match = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text);
  if (match === null || !EFFECTS.includes(match[3]!)) throw fail(`${JSON.stringify(text)} is not a taint KEY=VALUE:EFFECT with an effect of ${EFFECTS.join(", ")}`);
  return { key: match[1]!, ...(match[2] && { value: match[2] }), effect: match[3]! };
}

function nodeOf(name: string, labels: Readonly<Record<string, string>>, taints: readonly Taint[], allocatable: Readonly<Record<string, string>>): Node {
  return { apiVersion: "v1", kind: "Node", metadata: { name, uid: name, labels: { ...labels, [HOSTNAME]: name } }, spec: { taints: [...taints] }, status: { allocatable: { ...allocatable }, capacity: { ...allocatable } } };
}

/** Nodes that are there as kinds: equal ones (but for their name) are one. `max`: no more than there are. Cordons and conditions are not kept. */
export function kindsOf(nodes: readonly Node[], max: "as-many" | "any"): NodeKind[] {
  const kinds = new Map<string, { readonly node: Node; count: number }>();
  for (const node of nodes) {
    const { [HOSTNAME]: _name, ...labels } = node.metadata.labels ?? {};
    const taints = (node.spec?.taints ?? []).filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
    const text = JSON.stringify([node.status?.allocatable, taints, Object.entries(labels).sort()]);
    const known = kinds.get(text);
    if (known === undefined) kinds.set(text, { node, count: 1 });
    else known.count++;
  }
  return [...kinds.values()].map(({ node, count }) => {
    const name = node.metadata.name ?? "node";
    const { [HOSTNAME]: _name, ...labels } = node.metadata.labels ?? {};
    const taints = (node.spec?.taints ?? []).filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
    return { name: `like ${name}`, max: max === "any" ? Number.POSITIVE_INFINITY : count, make: (number) => nodeOf(`like-${name}-${number}`, labels, taints, node.status?.allocatable ?? {}) };
  });
}
