import { compileLabels, compileNodeSelector } from "../../api/selector/node-selector.ts";
import { tolerates } from "../../api/selector/tolerations.ts";
import type { DaemonSet, Node, PodSpec, Toleration } from "../../api/wire.ts";

/** Taints that a daemon's pod always tolerates: it belongs on the node in sickness too. */
const TOLERATIONS: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const HOST_NETWORK: Toleration = { key: "node.kubernetes.io/network-unavailable", operator: "Exists", effect: "NoSchedule" };

/** The template's tolerations and a daemon's own; one of the template's that is equal is not repeated. */
export function daemonTolerations(spec: PodSpec | undefined): Toleration[] {
  const given = spec?.tolerations ?? [];
  const own = spec?.hostNetwork ? [...TOLERATIONS, HOST_NETWORK] : TOLERATIONS;
  const same = (a: Toleration, b: Toleration) => a.key === b.key && a.effect === b.effect && a.operator === b.operator && a.tolerationSeconds === undefined;
  return [...given, ...own.filter((toleration) => !given.some((other) => same(other, toleration)))];
}

export interface NodeFit {
  /** A pod should be made there where none is. */
  readonly shouldRun: boolean;
  /** A pod that is there may stay. */
  readonly mayStay: boolean;
}

/** Whether a daemon belongs on a node: by name, node selector, required affinity, taints. Room is the scheduler's matter. Pure. */
export function nodeFit(set: DaemonSet, node: Node): NodeFit {
  const spec = set.spec?.template?.spec;
  if (spec?.nodeName && spec.nodeName !== node.metadata.name) return { shouldRun: false, mayStay: false };
  if (!matchesNode(spec, node)) return { shouldRun: false, mayStay: false };
  const tolerations = daemonTolerations(spec);
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)));
  const mayStay = !untolerated.some((taint) => taint.effect === "NoExecute");
  return { shouldRun: mayStay && !untolerated.some((taint) => taint.effect === "NoSchedule"), mayStay };
}

function matchesNode(spec: PodSpec | undefined, node: Node): boolean {
  const identity = { name: node.metadata.name ?? "", labels: node.metadata.labels ?? {} };
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return compileLabels(spec?.nodeSelector ?? {})(identity) && (required === undefined || compileNodeSelector(required)(identity));
}
