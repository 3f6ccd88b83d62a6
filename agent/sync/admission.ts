import { quantityMilli, quantityValue } from "../../api/quantity.ts";
import { compileLabels, compileNodeSelector } from "../../api/selector/node-selector.ts";
import { tolerates } from "../../api/selector/tolerations.ts";
import type { Container, Node, Pod } from "../../api/wire.ts";
import type { ResizeRefusal } from "../pod/resize.ts";
import { allContainers, isSidecar, isTerminalPhase, specOf } from "../pod/spec.ts";
import type { EndReason } from "../status/pod-status.ts";

/** The node as admission sees it. */
export interface AdmissionNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: NonNullable<NonNullable<Node["spec"]>["taints"]>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly allowedSysctls: ReadonlySet<string>;
  readonly supportsStrictGroups: boolean;
  readonly hasAppArmor: boolean;
}

/** Sysctls that are namespaced and harmless: all others are refused. */
export const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

/** Why the node cannot run the pod beside those it has; undefined: it can. After kubelet's handlers, in their order, with their words. */
export function refusal(pod: Pod, node: AdmissionNode, others: readonly Pod[]): EndReason | undefined {
  return (
    sysctlRefusal(pod, node) ??
    osRefusal(pod) ??
    groupsRefusal(pod, node) ??
    resourceRefusal(pod, node, others) ??
    affinityRefusal(pod, node) ??
    portsRefusal(pod, others) ??
    taintRefusal(pod, node) ??
    appArmorRefusal(pod, node)
  );
}

function sysctlRefusal(pod: Pod, node: AdmissionNode): EndReason | undefined {
  const { securityContext, hostNetwork, hostIPC } = specOf(pod);
  for (const sysctl of securityContext?.sysctls ?? []) {
    const name = sysctl.name.replaceAll("/", ".");
    const quoted = JSON.stringify(name);
    const forbidden = (why: string) => ({ reason: "SysctlForbidden", message: `forbidden sysctl: ${why}` });
    if (!node.allowedSysctls.has(name)) return forbidden(`${quoted} not allowlisted`);
    if (name.startsWith("net.") && hostNetwork === true) return forbidden(`${quoted} not allowed with host Net enabled`);
    if (name.startsWith("kernel.") && hostIPC === true) return forbidden(`${quoted} not allowed with host IPC enabled`);
  }
  return undefined;
}

const OS = "linux";
const OS_LABEL = "kubernetes.io/os";

function osRefusal(pod: Pod): EndReason | undefined {
  const label = pod.metadata.labels?.[OS_LABEL];
  if (label !== undefined && label !== OS) return { reason: "PodOSSelectorNodeLabelDoesNotMatch", message: `Failed to admit pod as the \`${OS_LABEL}\` label doesn't match node label` };
  const name = specOf(pod).os?.name;
  return name === undefined || name === OS ? undefined : { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
}

/** Only what would put the pod out again at once. */
function taintRefusal(pod: Pod, node: AdmissionNode): EndReason | undefined {
  const tolerations = specOf(pod).tolerations ?? [];
  const isRefused = node.taints.some((taint) => taint.effect === "NoExecute" && !tolerations.some((toleration) => tolerates(toleration, taint)));
  return isRefused ? { reason: "TaintToleration", message: "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate" } : undefined;
}

function groupsRefusal(pod: Pod, node: AdmissionNode): EndReason | undefined {
  if (specOf(pod).securityContext?.supplementalGroupsPolicy !== "Strict" || node.supportsStrictGroups) return undefined;
  return { reason: "SupplementalGroupsPolicyNotSupported", message: "SupplementalGroupsPolicy=Strict is not supported in this node" };
}

function appArmorRefusal(pod: Pod, node: AdmissionNode): EndReason | undefined {
  const profiles = [specOf(pod).securityContext?.appArmorProfile, ...allContainers(pod).map((entry) => entry.container.securityContext?.appArmorProfile)];
  if (node.hasAppArmor || profiles.every((profile) => profile === undefined || profile.type === "Unconfined")) return undefined;
  return { reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" };
}

function resourceRefusal(pod: Pod, node: AdmissionNode, others: readonly Pod[]): EndReason | undefined {
  const wanted = requestsOf(pod);
  const used = new Map<string, number>();
  for (const other of others) for (const [name, amount] of requestsOf(other)) used.set(name, (used.get(name) ?? 0) + amount);
  for (const [name, requested] of [...wanted].sort(([a], [b]) => rank(a) - rank(b))) {
    const text = node.allocatable[name];
    // A resource that the node never had is nobody's to count here.
    if (text === undefined || requested === 0) continue;
    const capacity = amountOf(name, text);
    const taken = used.get(name) ?? 0;
    if (taken + requested <= capacity) continue;
    return { reason: `OutOf${name}`, message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${taken}, capacity: ${capacity}` };
  }
  return undefined;
}

/** Why a pod cannot have other resources in place: never on this node, or not beside the others as they are. */
export function resizeRefusal(pod: Pod, node: AdmissionNode, others: readonly Pod[]): (ResizeRefusal & { readonly word: string }) | undefined {
  for (const name of ["cpu", "memory"]) {
    const requested = requestsOf(pod).get(name) ?? 0;
    const capacity = amountOf(name, node.allocatable[name] ?? "0");
    if (requested > capacity) return { reason: "Infeasible", word: "infeasible", message: `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}` };
  }
  const why = resourceRefusal(pod, node, others);
  return why === undefined ? undefined : { reason: "Deferred", word: why.reason, message: why.message };
}

const ORDER = ["pods", "cpu", "memory", "ephemeral-storage"];

function rank(name: string): number {
  const index = ORDER.indexOf(name);
  return index < 0 ? ORDER.length : index;
}

function amountOf(name: string, quantity: string): number {
  return name === "cpu" ? quantityMilli(quantity) : quantityValue(quantity);
}

/** Effective requests: the larger of what runs together and of each init step, and the pod's overhead. */
export function requestsOf(pod: Pod): Map<string, number> {
  const spec = specOf(pod);
  const sidecars = new Map<string, number>();
  const peak = new Map<string, number>();
  const add = (sums: Map<string, number>, container: Container) => {
    for (const [name, text] of Object.entries(container.resources?.requests ?? {})) sums.set(name, (sums.get(name) ?? 0) + amountOf(name, text));
  };
  const raise = (sums: ReadonlyMap<string, number>) => {
    for (const [name, amount] of sums) peak.set(name, Math.max(peak.get(name) ?? 0, amount));
  };
  for (const container of spec.initContainers ?? []) {
    const together = new Map(sidecars);
    add(together, container);
    raise(together);
    if (isSidecar(container)) add(sidecars, container);
  }
  const total = new Map(sidecars);
  for (const container of spec.containers) add(total, container);
  raise(total);
  for (const [name, text] of Object.entries(spec.resources?.requests ?? {})) peak.set(name, amountOf(name, text));
  for (const [name, text] of Object.entries(spec.overhead ?? {})) peak.set(name, (peak.get(name) ?? 0) + amountOf(name, text));
  return peak.set("pods", 1);
}

function affinityRefusal(pod: Pod, node: AdmissionNode): EndReason | undefined {
  const { nodeSelector = {}, affinity } = specOf(pod);
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (compileLabels(nodeSelector)(node) && (required === undefined || compileNodeSelector(required)(node))) return undefined;
  return { reason: "NodeAffinity", message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" };
}

interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

function hostPorts(pod: Pod): HostPort[] {
  const spec = specOf(pod);
  const containers = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
  return containers
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ ip: port.hostIP || "0.0.0.0", protocol: port.protocol ?? "TCP", port: port.hostPort ?? 0 }));
}

function portsRefusal(pod: Pod, others: readonly Pod[]): EndReason | undefined {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  const clashes = (a: HostPort, b: HostPort) => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");
  const isTaken = others.some((other) => hostPorts(other).some((port) => wanted.some((own) => clashes(own, port))));
  return isTaken ? { reason: "NodePorts", message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" } : undefined;
}

/** Pods that count: those that are not over. */
export function isActive(pod: Pod): boolean {
  return !isTerminalPhase(pod.status?.phase);
}
