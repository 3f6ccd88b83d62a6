import type { Node, Pod } from "../../api/wire.ts";
import type { SchedulerCore } from "../core.ts";
import type { NodeState } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { amountText, count, resourceText } from "./amounts.ts";
import type { Remedy } from "./explanation.ts";
import type { Fix, Shortfall } from "./fix.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { namesOf } from "./resource-shortfalls.ts";

/** What a further node counts beside other changes. */
const NODE_COST = 1;
/** Suggestions that are given. */
const MAX_REMEDIES = 4;
/** Combinations of fixes tried for one node. */
const MAX_TRIES = 12;
/** A pod that must go and has no other place. */
const HOMELESS_COST = 1;
/** Distinct kinds of nodes tried as a further node. */
const MAX_KINDS = 8;

/** A node that does not take the pod, and what is missing there. */
export interface Lacking {
  readonly node: NodeState;
  readonly shortfalls: readonly Shortfall[];
}

interface Context {
  readonly core: SchedulerCore;
  readonly rehearsal: Rehearsal;
  readonly pod: Pod;
  readonly schedulerName: string;
}

/** What would make the pod fit, the smallest change first. Every suggestion was made on the snapshot and the filters passed it. */
export function remediesFor(context: Context, nearest: readonly Lacking[]): Remedy[] {
  const found = new Map<string, Remedy>();
  const keep = (kinds: string, remedy: Remedy) => {
    const known = found.get(kinds);
    if (known === undefined || known.cost > remedy.cost) found.set(kinds, remedy);
  };
  for (const lacking of nearest) for (const { kinds, remedy } of remediesOn(context, lacking)) keep(kinds, remedy);
  const node = furtherNode(context);
  if (node !== undefined) keep("node", node);
  return [...found.values()].sort((a, b) => a.cost - b.cost).slice(0, MAX_REMEDIES);
}

/** The cheapest combinations of one fix for each shortfall, as far as they hold. */
function remediesOn(context: Context, { node, shortfalls }: Lacking): { readonly kinds: string; readonly remedy: Remedy }[] {
  if (shortfalls.length === 0 || shortfalls.some(({ fixes }) => fixes.length === 0)) return [];
  let combinations: Fix[][] = [[]];
  for (const { fixes } of shortfalls) combinations = combinations.flatMap((chosen) => fixes.map((fix) => (chosen.some((one) => one.text === fix.text) ? chosen : [...chosen, fix]))).sort(byCost).slice(0, MAX_TRIES);
  const remedies: { kinds: string; remedy: Remedy }[] = [];
  for (const fixes of combinations) {
    if (!context.rehearsal.fits(context.pod, context.schedulerName, node, fixes)) continue;
    remedies.push({ kinds: [...new Set(fixes.map(({ kind }) => kind))].sort().join(), remedy: describe(context, node, fixes) });
    if (remedies.length >= 3) break;
  }
  return remedies;
}

function costOf(fixes: readonly Fix[]): number {
  return fixes.reduce((sum, { cost }) => sum + cost, 0);
}

function byCost(a: readonly Fix[], b: readonly Fix[]): number {
  return costOf(a) - costOf(b);
}

function describe(context: Context, node: NodeState, fixes: readonly Fix[]): Remedy {
  const away = [...new Set(fixes.flatMap((fix) => fix.away ?? []))];
  const others = fixes.filter((fix) => fix.away === undefined);
  const texts = others.map(({ text }) => text);
  let cost = costOf(others);
  if (away.length > 0) {
    const nodes = context.rehearsal.withPod(
      others.reduce((pod, fix) => fix.pod?.(pod) ?? pod, context.pod),
      context.schedulerName,
      (info) => context.rehearsal.places(info, node, away),
    );
    const moved = nodes === undefined ? `, which ${away.length === 1 ? "has" : "have"} no other place now` : ` (${away.length === 1 ? "it has" : "they have"} a place on ${[...new Set(nodes)].slice(0, 3).join(", ")})`;
    texts.push(`${nodes === undefined ? "remove" : "move"} ${namesOf(away)} ${nodes === undefined ? "from" : "off"} ${node.name}${moved}`);
    cost += away.length * (nodes === undefined ? HOMELESS_COST : 0.3);
  }
  const onlyPod = fixes.every((fix) => fix.pod !== undefined);
  if (!onlyPod) return { text: texts.join(", and "), cost, node: node.name };
  const fitting = context.rehearsal.nodesFor(
    fixes.reduce((pod, fix) => fix.pod!(pod), context.pod),
    context.schedulerName,
  );
  return { text: `${texts.join(", and ")}: ${fitting === 1 ? `it then fits on ${node.name}` : `it then fits on ${count(fitting, "node")}`}`, cost, node: node.name };
}

/** One more node like one of those that are there, empty; else what a node must offer. */
function furtherNode({ core, rehearsal, pod, schedulerName }: Context): Remedy | undefined {
  const kinds = new Map<string, Node>();
  for (const { node } of core.snapshot.nodes) {
    if (node === undefined || kinds.size >= MAX_KINDS) continue;
    const like = likeOf(node);
    const { "kubernetes.io/hostname": _name, ...labels } = like.metadata.labels ?? {};
    const text = JSON.stringify([like.status?.allocatable, like.spec?.taints, Object.keys(labels).length > 20 ? "" : labels]);
    if (!kinds.has(text)) kinds.set(text, like);
  }
  const fitsOn = (node: Node) => rehearsal.withPod(pod, schedulerName, (info) => rehearsal.withNode(node, () => core.decider(schedulerName)!.fitsAny(info, new Set([core.snapshot.nodeNamed(node.metadata.name!)!.index]))));
  const fitting = [...kinds.values()].filter(fitsOn).sort((a, b) => sizeOf(a) - sizeOf(b))[0];
  if (fitting !== undefined) return { text: `add a node like ${fitting.metadata.annotations![LIKE]} (${offerText(fitting)})`, cost: NODE_COST };
  const made = rehearsal.withPod(pod, schedulerName, nodeFor);
  return fitsOn(made) ? { text: `add a node that offers at least ${offerText(made)}${labelsText(made)}`, cost: NODE_COST + 0.2 } : undefined;
}

const LIKE = "berth.dev/like";
const NEW_NODE = "berth-what-if";

/** The same node by another name, ready and not cordoned. */
function likeOf(node: Node): Node {
  const taints = (node.spec?.taints ?? []).filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
  const { name = "", labels = {} } = node.metadata;
  return {
    ...node,
    metadata: { name: NEW_NODE, uid: NEW_NODE, labels: { ...labels, "kubernetes.io/hostname": NEW_NODE }, annotations: { [LIKE]: name } },
    spec: { taints },
  };
}

/** What the pod alone would need. */
function nodeFor({ shape, pod }: PodInfo): Node {
  const allocatable: Record<string, string> = { pods: "110" };
  for (const [i, name] of shape.resourceNames.entries()) if (name !== "pods") allocatable[name] = name === "cpu" ? `${shape.resourceAmounts[i]}m` : String(shape.resourceAmounts[i]);
  if (shape.device !== undefined && shape.device.resource === undefined) allocatable["nvidia.com/gpu"] = String(shape.device.count);
  const term = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0];
  const wanted = (term?.matchExpressions ?? []).flatMap(({ key, operator, values }) => (operator === "In" ? [[key, values?.[0] ?? ""] as const] : operator === "Exists" ? [[key, ""] as const] : []));
  const labels = { ...pod.spec?.nodeSelector, ...Object.fromEntries(wanted), "kubernetes.io/hostname": NEW_NODE };
  return { apiVersion: "v1", kind: "Node", metadata: { name: NEW_NODE, uid: NEW_NODE, labels }, spec: {}, status: { allocatable } };
}

function milliOf(quantity: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity ?? "");
  return match === null ? 0 : Number(match[1]) * (match[2] === "m" ? 1 : 1000);
}

function sizeOf({ status }: Node): number {
  return milliOf(status?.allocatable?.["cpu"]);
}

function offerText({ status }: Node): string {
  return Object.entries(status?.allocatable ?? {})
    .filter(([name, amount]) => name !== "pods" && name !== "ephemeral-storage" && !name.startsWith("hugepages-") && amount !== "0")
    .map(([name, amount]) => (name === "cpu" ? resourceText("cpu", milliOf(amount)) : name === "memory" && /^\d+$/.test(amount) ? `${amountText("memory", Number(amount))} memory` : `${amount} ${name}`))
    .join(", ");
}

function labelsText({ metadata }: Node): string {
  const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => key !== "kubernetes.io/hostname");
  return labels.length === 0 ? "" : `, with ${labels.map(([key, value]) => `${key}=${value}`).join(", ")}`;
}
