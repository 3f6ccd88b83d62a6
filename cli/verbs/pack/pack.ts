import { writeFileSync } from "node:fs";
import type { Pod } from "../../../api/wire.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { SchedulerConfiguration } from "../../../scheduler/configuration/configuration.ts";
import { type ClusterObjects, coreOf } from "../../../scheduler/explain/cluster-objects.ts";
import { type Measure, measure } from "../../../scheduler/rebalance/measure.ts";
import type { PodInfo } from "../../../scheduler/snapshot/pod-info.ts";
import { paintFor } from "../../output/paint.ts";
import { UserError } from "../../user-error.ts";
import { type LowerBound, lowerBound, roomOf } from "./lower-bound.ts";
import { kindsOf, type NodeKind } from "./node-kinds.ts";
import { type Simulation, simulate } from "./simulate.ts";
import { type Summary, summarise } from "./summary.ts";
import { svgOf } from "./svg.ts";
import { packText } from "./text.ts";
import { pendingPod, type Workload } from "./workload.ts";

export interface PackOptions {
  readonly workload: Workload | undefined;
  readonly live: ClusterObjects | undefined;
  readonly kinds: readonly NodeKind[];
  readonly svg: string | undefined;
  readonly json: boolean;
  readonly colours: boolean;
  readonly clock: Clock;
  readonly configuration: SchedulerConfiguration;
}

/** What a packing shows. */
export interface Packed {
  /** Nodes that the workload needs: those opened for it. */
  readonly nodesNeeded: number;
  /** How many of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly lowerBound?: LowerBound;
  readonly pods: number;
  readonly placed: number;
  /** Placed on nodes of the cluster that are there already. */
  readonly onExisting?: number;
  readonly order: Order;
  /** Nodes needed with the pods in the order in which they are given. */
  readonly asGiven: number;
  readonly unplaceable: Simulation["unplaceable"];
  readonly now?: Measure;
  readonly summary: Summary;
  readonly notes: readonly string[];
}

type Order = "as given" | "largest first";

/** Above this many pods one order is tried only. */
const MAX_TWICE = 20_000;

/** `berth pack`: packs a workload, or the live cluster anew, and tells what it takes. Returns the text. @throws UserError */
export function pack(options: PackOptions): string {
  const packed = computePacking(options);
  if (options.svg !== undefined) writeFileSync(options.svg, svgOf(packed));
  if (options.json) return `${JSON.stringify(packed, undefined, 2)}\n`;
  return packText(packed, paintFor(options.colours)) + (options.svg === undefined ? "" : `\nThe picture is in ${options.svg}\n`);
}

interface Task {
  readonly pods: readonly Pod[];
  readonly daemons: readonly Pod[];
  readonly kinds: readonly NodeKind[];
  readonly start?: ClusterObjects;
  readonly notes: readonly string[];
}

function computePacking(options: PackOptions): Packed {
  const task = taskOf(options);
  const run = (pods: readonly Pod[]) => simulate(pods, { ...options, kinds: task.kinds, daemons: task.daemons, ...(task.start && { start: task.start }) });
  const given = run(task.pods);
  const sorted = task.pods.length <= MAX_TWICE ? run(largestFirst(task.pods, given)) : given;
  const better = sorted.unplaceable.length < given.unplaceable.length || (sorted.unplaceable.length === given.unplaceable.length && sorted.opened.length < given.opened.length);
  const best = better ? sorted : given;
  const infos = task.pods.flatMap((pod): PodInfo[] => {
    const placement = best.core.snapshot.placements.get(keyOf(pod));
    return placement === undefined ? [] : [placement.pod];
  });
  const opened = new Set(best.opened.map(({ metadata }) => metadata.name ?? ""));
  const onExisting = infos.filter(({ key }) => !opened.has(best.core.snapshot.nodes[best.core.snapshot.placements.get(key)!.node]!.name)).length;
  const bound = task.start === undefined ? { lowerBound: lowerBound(infos, roomOf(best.core, opened)) } : { onExisting };
  const now = options.workload === undefined && options.live !== undefined ? { now: measure(coreOf(options.live, options)) } : {};
  const names = task.start === undefined ? opened : new Set(best.core.snapshot.nodes.map(({ name }) => name));
  const kinds: Record<string, number> = {};
  for (const { metadata } of best.opened) {
    const kind = (metadata.name ?? "").replace(/-\d+$/, "");
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return {
    nodesNeeded: best.opened.length,
    kinds,
    ...bound,
    ...now,
    pods: task.pods.length,
    placed: infos.length,
    order: better ? "largest first" : "as given",
    asGiven: given.opened.length,
    unplaceable: best.unplaceable,
    notes: task.notes,
    summary: summarise(best.core, names, infos),
  };
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function taskOf({ workload, live, kinds }: PackOptions): Task {
  if (workload !== undefined && live === undefined) {
    const own = kinds.length > 0 ? kinds : kindsOf(workload.nodes, "any");
    if (own.length === 0) throw new UserError("say what nodes there may be: --node cpu=16,memory=64Gi, or Node objects in the files, or --cluster for the live cluster's", 2);
    return { ...workload, kinds: own };
  }
  if (live === undefined) throw new UserError("say what to pack: -f FILE, or nothing for the live cluster", 2);
  if (workload !== undefined) return { ...workload, kinds: kinds.length > 0 ? kinds : kindsOf(live.nodes, "any"), start: live };
  return { ...liveWorkload(live), kinds: kinds.length > 0 ? kinds : kindsOf(live.nodes, "as-many") };
}

/** What runs or waits in the cluster, as if it came anew. */
function liveWorkload({ pods }: ClusterObjects): Omit<Workload, "nodes"> {
  const notes = new Set<string>();
  const daemons = new Map<string, Pod>();
  const others: Pod[] = [];
  for (const pod of pods) {
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || pod.metadata.deletionTimestamp) continue;
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    const pending = pendingPod(pod, pod.metadata.name ?? "", pod.metadata.namespace ?? "", notes);
    if (owner?.kind === "DaemonSet") daemons.set(owner.uid, pending);
    else if (owner?.kind !== "Node") others.push(pending);
  }
  return { pods: others, daemons: [...daemons.values()], notes: [...notes] };
}

/** By the largest share of any resource: of what a node of the first packing offers, at most. */
function largestFirst(pods: readonly Pod[], { core }: Simulation): Pod[] {
  const most = core.snapshot.columns.names.map((_, column) => core.snapshot.allocatable[column]!.reduce((a, b) => Math.max(a, b), 0));
  const size = (pod: Pod) => {
    const info = core.snapshot.placements.get(keyOf(pod))?.pod;
    if (info === undefined) return 0;
    const shares = info.shape.resourceNames.map((name, i) => {
      const column = core.snapshot.columns.columnOf(name);
      return column < 0 || !most[column] ? 0 : info.shape.resourceAmounts[i]! / most[column];
    });
    return Math.max(...shares, ((info.shape.device?.milli ?? 0) * (info.shape.device?.count ?? 0)) / 8000);
  };
  const sizes = new Map(pods.map((pod) => [pod, size(pod)]));
  return [...pods].sort((a, b) => sizes.get(b)! - sizes.get(a)!);
}
