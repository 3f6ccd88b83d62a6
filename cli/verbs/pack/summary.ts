import type { SchedulerCore } from "../../../scheduler/core.ts";
import type { NodeState } from "../../../scheduler/snapshot/node-state.ts";
import type { PodInfo } from "../../../scheduler/snapshot/pod-info.ts";

/** One dimension over all nodes that count, in the unit of the snapshot's columns. */
export interface Dimension {
  readonly resource: string;
  readonly offered: number;
  readonly used: number;
  /** Free, and no pod of the workload can use it. */
  readonly unusable: number;
  /** Why: `cpu is used up there` → how much. */
  readonly because: Readonly<Record<string, number>>;
}

export interface NodeSummary {
  readonly node: string;
  readonly pods: number;
  /** Per dimension, 0 to 1. */
  readonly used: Readonly<Record<string, number>>;
  /** Namespaced names, with what each takes of each dimension, 0 to 1. */
  readonly holds: readonly { readonly pod: string; readonly workload: string; readonly share: Readonly<Record<string, number>> }[];
}

export interface Summary {
  readonly nodes: readonly NodeSummary[];
  readonly dimensions: readonly Dimension[];
  /** So many more pods of the same mix fit without another node. */
  readonly morePods: number;
}

/** Dimensions that are not shown: every pod takes one place, and hardly ever is that what is short. */
const HIDDEN = new Set(["pods", "ephemeral-storage"]);
/** Pods that are tried into what is left. */
const MAX_MORE = 5_000;
/** Shapes that what is left is offered to. */
const MAX_SHAPES = 200;

/** How the nodes are used, and what of the rest is of no use. The core is left with more pods on it: it must be the caller's own. */
export function summarise(core: SchedulerCore, names: ReadonlySet<string>, sample: readonly PodInfo[]): Summary {
  const { snapshot } = core;
  const counted = snapshot.nodes.filter(({ name, node }) => node !== undefined && names.has(name));
  const columns = snapshot.columns.names.map((resource, column) => ({ resource, column })).filter(({ resource, column }) => !HIDDEN.has(resource) && !resource.startsWith("hugepages-") && counted.some(({ index }) => snapshot.allocatable[column]![index]! > 0));
  const nodes = counted.map((state) => nodeSummary(core, state, columns));
  const before = columns.map(({ resource, column }) => ({ resource, column, offered: total(snapshot.allocatable[column]!, counted), used: total(snapshot.requested[column]!, counted) }));
  const shapes = [...new Map(sample.map((info) => [info.shape.id, info])).values()].slice(0, MAX_SHAPES);
  const morePods = fill(core, sample, names);
  const dimensions = before.map(({ resource, column, offered, used }) => {
    const because: Record<string, number> = {};
    let unusable = 0;
    for (const { index } of counted) {
      const free = snapshot.allocatable[column]![index]! - snapshot.requested[column]![index]!;
      if (free <= 0) continue;
      unusable += free;
      const why = whyUnused(core, index, resource, shapes);
      because[why] = (because[why] ?? 0) + free;
    }
    return { resource, offered, used, unusable, because };
  });
  return { nodes, dimensions, morePods };
}

function total(amounts: Float64Array, nodes: readonly NodeState[]): number {
  return nodes.reduce((sum, { index }) => sum + amounts[index]!, 0);
}

function nodeSummary({ snapshot }: SchedulerCore, state: NodeState, columns: readonly { readonly resource: string; readonly column: number }[]): NodeSummary {
  const share = (amount: number, column: number) => {
    const offered = snapshot.allocatable[column]![state.index]!;
    return offered > 0 ? Math.min(1, amount / offered) : 0;
  };
  const sharesOf = (amountOf: (resource: string, column: number) => number) => Object.fromEntries(columns.filter(({ column }) => snapshot.allocatable[column]![state.index]! > 0).map(({ resource, column }) => [resource, share(amountOf(resource, column), column)]));
  const holds = [...state.placements.values()].map(({ pod, devices }) => {
    const amounts = pod.shape.requests.amounts;
    const held = (resource: string) => amounts[resource] ?? (state.devices?.resources.includes(resource) ? (devices.length * (pod.shape.device?.milli ?? 0)) / 1000 : 0);
    return { pod: pod.key, workload: pod.pod.metadata.ownerReferences?.[0]?.name ?? pod.name, share: sharesOf(held) };
  });
  const used = sharesOf((resource, column) => snapshot.requested[column]![state.index]! + sharedDevices(state, resource));
  return { node: state.name, pods: state.placements.size, used, holds };
}

/** Devices' shares are kept apart from the column of whole ones. */
function sharedDevices(state: NodeState, resource: string): number {
  let shared = 0;
  for (const { pod, devices } of state.placements.values()) if (pod.shape.device?.resource === undefined && devices.length > 0 && state.devices?.resources[devices[0]!] === resource) shared += (devices.length * pod.shape.device!.milli) / 1000;
  return shared;
}

/** Offers more pods of the mix, in turn, until none of them fits any more. */
function fill(core: SchedulerCore, sample: readonly PodInfo[], names: ReadonlySet<string>): number {
  const left = new Map(sample.slice(0, MAX_MORE).map((info) => [info.shape.id, info]));
  let placed = 0;
  for (let i = 0; i < MAX_MORE && left.size > 0; i++) {
    const info = sample[i % sample.length]!;
    if (!left.has(info.shape.id)) continue;
    const extra = { ...info, key: `${info.key}#${i}`, nodeName: "" };
    const choice = core.decider(info.schedulerName)?.decide(extra);
    if (choice === undefined || !("node" in choice) || !names.has(core.snapshot.nodes[choice.node]!.name)) left.delete(info.shape.id);
    else {
      core.snapshot.place(extra, core.snapshot.nodes[choice.node]!.name, core.devicesFor(extra, choice.node), true);
      placed++;
    }
  }
  return placed;
}

/** What most pods of the workload find missing on the node. */
function whyUnused(core: SchedulerCore, node: number, resource: string, shapes: readonly PodInfo[]): string {
  const counts = new Map<string, number>();
  for (const info of shapes) {
    const failures = core.decider(info.schedulerName)?.examine(info, [node])[0]?.failures ?? [];
    for (const reason of failures.flatMap(({ reasons }) => reasons)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const [reason = ""] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (reason === `Insufficient ${resource}`) return "in pieces that are too small for any of the pods";
  if (reason.startsWith("Insufficient ")) return `${reason.slice("Insufficient ".length)} is used up there`;
  return reason === "" ? "no pod of the workload asks for it" : reason === "Too many pods" ? "the nodes take no more pods" : reason;
}
