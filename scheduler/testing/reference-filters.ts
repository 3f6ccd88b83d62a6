import { amountOf } from "../../api/placement/amounts.ts";
import { podRequests } from "../../api/placement/pod-requests.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import { tolerates } from "../../api/selector/tolerations.ts";
import type { LabelSelector, Node, NodeSelectorTerm, Pod, ReplicaSet, Service } from "../../api/wire.ts";

/** A cluster as plain objects: what the naive rules look at. Nothing is counted ahead. */
export interface PlainCluster {
  readonly nodes: readonly Node[];
  /** Bound pods: spec.nodeName names their node. */
  readonly pods: readonly Pod[];
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What says which pods belong together. */
  readonly services?: readonly Service[];
  readonly replicaSets?: readonly ReplicaSet[];
}

type AffinityTerm = NonNullable<NonNullable<NonNullable<NonNullable<Pod["spec"]>["affinity"]>["podAffinity"]>["requiredDuringSchedulingIgnoredDuringExecution"]>[number];
export type Constraint = NonNullable<NonNullable<Pod["spec"]>["topologySpreadConstraints"]>[number];

export function podsOn(cluster: PlainCluster, node: Node): Pod[] {
  return cluster.pods.filter((pod) => pod.spec?.nodeName === node.metadata.name);
}

/** Slow and plain: whether each rule, asked directly of the objects, lets the pod onto the node. */
export function fitsNaively(pod: Pod, node: Node, cluster: PlainCluster): boolean {
  return (
    toleratesNode(pod, node) && matchesNode(pod, node) && hasPorts(pod, node, cluster) && hasRoom(pod, node, cluster) && spreads(pod, node, cluster) && affine(pod, node, cluster)
  );
}

function toleratesNode(pod: Pod, node: Node): boolean {
  const tolerations = pod.spec?.tolerations ?? [];
  const taints = [...(node.spec?.taints ?? [])];
  if (node.spec?.unschedulable) taints.push({ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" });
  return taints.every((taint) => taint.effect === "PreferNoSchedule" || tolerations.some((toleration) => tolerates(toleration, taint)));
}

export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const fields = { "metadata.name": node.metadata.name ?? "" };
  const requirements = [...(term.matchExpressions ?? []).map((r) => ({ ...r, from: labels })), ...(term.matchFields ?? []).map((r) => ({ ...r, from: fields as Record<string, string> }))];
  if (requirements.length === 0) return false;
  return requirements.every(({ key, operator, values = [], from }) => {
    const value = from[key];
    if (operator === "Exists") return value !== undefined;
    if (operator === "DoesNotExist") return value === undefined;
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    const number = value !== undefined && /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    return operator === "Gt" ? number > Number(values[0]) : number < Number(values[0]);
  });
}

export function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const selector = pod.spec?.nodeSelector ?? {};
  if (!Object.entries(selector).every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function hostPorts(pod: Pod): { ip: string; id: string }[] {
  return (pod.spec?.containers ?? []).flatMap((container) =>
    (container.ports ?? []).filter((port) => port.hostPort).map((port) => ({ ip: port.hostIP || "0.0.0.0", id: `${port.protocol || "TCP"}/${port.hostPort}` })),
  );
}

function hasPorts(pod: Pod, node: Node, cluster: PlainCluster): boolean {
  const used = podsOn(cluster, node).flatMap(hostPorts);
  return !hostPorts(pod).some((want) => used.some((have) => have.id === want.id && (have.ip === want.ip || have.ip === "0.0.0.0" || want.ip === "0.0.0.0")));
}

function hasRoom(pod: Pod, node: Node, cluster: PlainCluster): boolean {
  const wanted = podRequests(pod).amounts;
  const held = podsOn(cluster, node).map((other) => podRequests(other).amounts);
  return Object.entries(wanted).every(([name, amount]) => held.reduce((sum, amounts) => sum + (amounts[name] ?? 0), 0) + amount <= amountOf(name, node.status?.allocatable?.[name]));
}

export function merged(selector: LabelSelector | undefined, keys: readonly string[] = [], operator: string, labels: Readonly<Record<string, string>>): LabelSelector | undefined {
  if (selector === undefined) return undefined;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...keys.filter((key) => key in labels).map((key) => ({ key, operator, values: [labels[key]!] }))] };
}

/** Whether a term that `owner` wrote selects `other`. */
export function termSelects(term: AffinityTerm, owner: Pod, other: Pod, cluster: PlainCluster): boolean {
  const labels = owner.metadata.labels ?? {};
  const selector = merged(merged(term.labelSelector, term.matchLabelKeys, "In", labels), term.mismatchLabelKeys, "NotIn", labels);
  const named = term.namespaces?.length ? term.namespaces : term.namespaceSelector ? [] : [owner.metadata.namespace!];
  const byLabel = term.namespaceSelector !== undefined && matcherOf(term.namespaceSelector).matches(cluster.namespaces[other.metadata.namespace!]);
  return (named.includes(other.metadata.namespace!) || byLabel) && matcherOf(selector).matches(other.metadata.labels);
}

export function nodeOf(pod: Pod, cluster: PlainCluster): Node | undefined {
  return cluster.nodes.find((node) => node.metadata.name === pod.spec?.nodeName);
}

/** Same value of a label that both have. */
export function sameDomain(key: string, a: Node, b: Node | undefined): boolean {
  const value = a.metadata.labels?.[key];
  return value !== undefined && b?.metadata.labels?.[key] === value;
}

function affine(pod: Pod, node: Node, cluster: PlainCluster): boolean {
  const affinity = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const anti = pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const selected = cluster.pods.filter((other) => affinity.every((term) => termSelects(term, pod, other, cluster)));
  const somewhere = affinity.some((term) => selected.some((other) => nodeOf(other, cluster)?.metadata.labels?.[term.topologyKey] !== undefined));
  const first = affinity.length > 0 && !somewhere && affinity.every((term) => termSelects(term, pod, pod, cluster));
  const hasKeys = affinity.every((term) => node.metadata.labels?.[term.topologyKey] !== undefined);
  const joined = affinity.every((term) => selected.some((other) => sameDomain(term.topologyKey, node, nodeOf(other, cluster))));
  if (!hasKeys || (!first && !joined)) return false;
  if (anti.some((term) => cluster.pods.some((other) => termSelects(term, pod, other, cluster) && sameDomain(term.topologyKey, node, nodeOf(other, cluster))))) return false;
  return !cluster.pods.some((other) =>
    (other.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
      (term) => termSelects(term, other, pod, cluster) && sameDomain(term.topologyKey, node, nodeOf(other, cluster)),
    ),
  );
}

/** Whether a node takes part in a constraint's count. */
export function takesPart(constraint: Constraint, constraints: readonly Constraint[], pod: Pod, node: Node): boolean {
  if (!constraints.every((other) => node.metadata.labels?.[other.topologyKey] !== undefined)) return false;
  if (constraint.nodeAffinityPolicy !== "Ignore" && !matchesNode(pod, node)) return false;
  return constraint.nodeTaintsPolicy !== "Honor" || toleratesNode(pod, { ...node, spec: { ...node.spec, unschedulable: false } });
}

export function spreadCount(constraint: Constraint, pod: Pod, nodes: readonly Node[], cluster: PlainCluster): number {
  const matcher = matcherOf(merged(constraint.labelSelector, constraint.matchLabelKeys, "In", pod.metadata.labels ?? {}));
  return cluster.pods.filter(
    (other) => !other.metadata.deletionTimestamp && other.metadata.namespace === pod.metadata.namespace && matcher.matches(other.metadata.labels) && nodes.includes(nodeOf(other, cluster)!),
  ).length;
}

function spreads(pod: Pod, node: Node, cluster: PlainCluster): boolean {
  const constraints = (pod.spec?.topologySpreadConstraints ?? []).filter((constraint) => constraint.whenUnsatisfiable === "DoNotSchedule");
  return constraints.every((constraint) => {
    const value = node.metadata.labels?.[constraint.topologyKey];
    if (value === undefined) return false;
    const nodes = cluster.nodes.filter((other) => takesPart(constraint, constraints, pod, other));
    const values = [...new Set(nodes.map((other) => other.metadata.labels![constraint.topologyKey]!))];
    const countIn = (domain: string) => spreadCount(constraint, pod, nodes.filter((other) => other.metadata.labels![constraint.topologyKey] === domain), cluster);
    const fewest = values.length < (constraint.minDomains ?? 1) ? 0 : Math.min(...values.map(countIn));
    const self = matcherOf(merged(constraint.labelSelector, constraint.matchLabelKeys, "In", pod.metadata.labels ?? {})).matches(pod.metadata.labels) ? 1 : 0;
    return countIn(value) + self - fewest <= constraint.maxSkew;
  });
}
