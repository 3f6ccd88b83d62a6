import { portsConflict } from "../../api/placement/host-ports.ts";
import type { Pod } from "../../api/wire.ts";
import type { Failure } from "../decide/examine.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import { type PodSelector, type SpreadConstraint, selects, type Term } from "../relations/pod-relations.ts";
import { spreadDomains } from "../relations/spread-domains.ts";
import { NO_DOMAIN } from "../relations/topology.ts";
import type { NodeState, Placement } from "../snapshot/node-state.ts";
import { count } from "./amounts.ts";
import type { Fix, Shortfall, Situation } from "./fix.ts";
import { namesOf } from "./resource-shortfalls.ts";

/** What giving up a wish counts beside other changes. */
const WISH_COST = 0.7;
const MOVE_COST = 0.3;
const MAX_AWAY = 5;

/** What other pods are in the way, or not there. */
export function neighbourShortfalls(situation: Situation, { filter, reasons }: Failure): readonly Shortfall[] {
  const reason = reasons[0] ?? "";
  if (filter === "NodePorts") return [ports(situation, reason)];
  if (filter === "PodTopologySpread") return spread(situation, reason);
  return affinity(situation, reason);
}

function ports({ pod, node }: Situation, reason: string): Shortfall {
  const users = [...node.placements.values()].filter((one) => one.pod.shape.hostPorts.some((used) => pod.shape.hostPorts.some((wanted) => portsConflict(wanted, used))));
  const taken = pod.shape.hostPorts.filter((wanted) => users.some((one) => one.pod.shape.hostPorts.some((used) => portsConflict(wanted, used))));
  const text = `host port ${taken.map((port) => `${port.port}/${port.protocol}`).join(", ")} is used by ${namesOf(users)}`;
  return { filter: "NodePorts", reason, text, fixes: awayFix(node, users) };
}

function awayFix(node: NodeState, placements: readonly Placement[]): Fix[] {
  if (placements.length === 0 || placements.length > MAX_AWAY || placements.some((one) => one.pod.shape.pinned !== undefined)) return [];
  return placements.every((one) => one.node === node.index) ? [{ kind: "move", text: `take ${namesOf(placements)} off ${node.name}`, cost: MOVE_COST * placements.length, away: placements }] : [];
}

/** `zone=a`, or the node's name for its hostname. */
function domainText(node: NodeState, key: string): string {
  return key === "kubernetes.io/hostname" ? "this node" : `${key}=${node.labels[key] ?? ""}`;
}

/** Placed pods that a selector counts in the node's domain. */
function selectedIn(selector: PodSelector, key: string, node: NodeState, { snapshot, relations }: ClusterState): Placement[] {
  const topology = relations.topology(key);
  const domain = topology.domainOf(node.index);
  if (domain === NO_DOMAIN) return [];
  const inDomain = key === "kubernetes.io/hostname" ? [node] : snapshot.nodes.filter((other) => topology.domainOf(other.index) === domain);
  return inDomain.flatMap((other) => [...other.placements.values()].filter(({ pod }) => selects(selector, pod.namespace, pod.labelSet.labels, relations.namespaces)));
}

function selectorText(selector: PodSelector): string {
  return selector.matcher.nothing ? "no pod" : `pods with ${selector.matcher.toString() || "any labels"}`;
}

function without(kind: "podAffinity" | "podAntiAffinity"): (pod: Pod) => Pod {
  return (old) => {
    const { requiredDuringSchedulingIgnoredDuringExecution: _given, ...rest } = old.spec?.affinity?.[kind] ?? {};
    return { ...old, spec: { ...old.spec!, affinity: { ...old.spec?.affinity, [kind]: rest } } };
  };
}

function affinity(situation: Situation, reason: string): Shortfall[] {
  const { pod, node, cluster } = situation;
  if (reason.includes("existing pods")) return [objectors(situation, reason)];
  const shunned = reason.includes("anti-affinity");
  const terms = (shunned ? pod.relations?.requiredAntiAffinity : pod.relations?.requiredAffinity) ?? [];
  const found = terms.map((term) => ({ term, pods: selectedIn(term.selector, term.topologyKey, node, cluster) }));
  const wrong = found.filter(({ term, pods }) => (shunned ? pods.length > 0 : pods.length === 0 || cluster.relations.topology(term.topologyKey).domainOf(node.index) === NO_DOMAIN));
  return wrong.map(({ term, pods }) => {
    const filter = "InterPodAffinity";
    const where = domainText(node, term.topologyKey);
    if (cluster.relations.topology(term.topologyKey).domainOf(node.index) === NO_DOMAIN) return { filter, reason, text: `the node has no label ${term.topologyKey}, which the pod's affinity asks for`, fixes: [] };
    const fix: Fix = { kind: "neighbours", text: `make the ${shunned ? "anti-affinity" : "affinity"} to ${selectorText(term.selector)} preferred instead of required`, cost: WISH_COST, pod: without(shunned ? "podAntiAffinity" : "podAffinity") };
    if (!shunned) return { filter, reason, text: `wants ${selectorText(term.selector)} in ${where}, none is there`, fixes: [fix] };
    return { filter, reason, text: `must not be with ${selectorText(term.selector)}, ${namesOf(pods)} ${pods.length === 1 ? "is" : "are"} in ${where}`, fixes: [fix, ...awayFix(node, pods)] };
  });
}

/** Placed pods whose own anti-affinity keeps this one away. */
function objectors({ pod, node, cluster }: Situation, reason: string): Shortfall {
  const objects = (term: Term) => selects(term.selector, pod.namespace, pod.labelSet.labels, cluster.relations.namespaces);
  const found: { placement: Placement; term: Term }[] = [];
  for (const placement of cluster.snapshot.placements.values()) {
    for (const term of placement.pod.relations?.requiredAntiAffinity ?? []) {
      if (!objects(term)) continue;
      const topology = cluster.relations.topology(term.topologyKey);
      if (topology.domainOf(node.index) !== NO_DOMAIN && topology.domainOf(node.index) === topology.domainOf(placement.node)) found.push({ placement, term });
    }
  }
  const pods = [...new Set(found.map(({ placement }) => placement))];
  const where = found[0] === undefined ? "" : ` in ${domainText(node, found[0].term.topologyKey)}`;
  return { filter: "InterPodAffinity", reason, text: `${namesOf(pods)}${where} must not be with such pods (anti-affinity of ${pods.length === 1 ? "that pod" : "those pods"})`, fixes: awayFix(node, pods) };
}

function spread({ pod, node, cluster }: Situation, reason: string): Shortfall[] {
  const constraints = (pod.relations?.spread ?? []).filter((one) => one.required);
  const keys = [...new Set(constraints.map((one) => one.topologyKey))].sort();
  return constraints.flatMap((constraint) => {
    const sums = spreadDomains(pod, constraint, keys, cluster);
    const relax: Fix = { kind: "spread", text: `let the spread over ${constraint.topologyKey} be ScheduleAnyway`, cost: WISH_COST, pod: (old) => relaxed(old, constraint) };
    if (sums.topology.domainOf(node.index) === NO_DOMAIN) return [{ filter: "PodTopologySpread", reason, text: `the node has no label ${constraint.topologyKey}, which the pod is to be spread over`, fixes: [] }];
    const domains = [...sums.values.subarray(0, sums.topology.size)].filter((_, domain) => (sums.nodes[domain] ?? 0) > 0);
    const fewest = domains.length < constraint.minDomains ? 0 : Math.min(...domains);
    const here = sums.at(node.index);
    const self = selects(constraint.selector, pod.namespace, pod.labelSet.labels, cluster.relations.namespaces) ? 1 : 0;
    if (here + self - fewest <= constraint.maxSkew) return [];
    const few = domains.length < constraint.minDomains ? `only ${count(domains.length, "domain")} of at least ${constraint.minDomains}` : `the emptiest has ${fewest}`;
    const text = `${domainText(node, constraint.topologyKey)} has ${here} of ${selectorText(constraint.selector)}, ${few}, maxSkew is ${constraint.maxSkew}`;
    return [{ filter: "PodTopologySpread", reason, text, fixes: [relax] }];
  });
}

function relaxed(pod: Pod, { topologyKey }: SpreadConstraint): Pod {
  const constraints = (pod.spec?.topologySpreadConstraints ?? []).map((one) => (one.topologyKey === topologyKey ? { ...one, whenUnsatisfiable: "ScheduleAnyway" as const } : one));
  return { ...pod, spec: { ...pod.spec!, topologySpreadConstraints: constraints } };
}
