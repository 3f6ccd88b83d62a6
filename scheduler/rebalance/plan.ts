import type { SchedulerCore } from "../core.ts";
import type { Placement } from "../snapshot/node-state.ts";
import { CPU, MEMORY } from "../snapshot/resource-columns.ts";
import { defragment } from "./defragment.ts";
import { type Measure, measure } from "./measure.ts";
import { makeRoom } from "./make-room.ts";
import { type MovableOptions, staysBecause } from "./movable.ts";
import { type Move, TrialMoves } from "./trial-moves.ts";

export interface PlanOptions extends MovableOptions {
  /** Most moves. */
  readonly budget: number;
  /** What is wanted, in this order. */
  readonly goals: readonly Goal[];
  /** Decides itself which pods may be moved (benches); absent: controllers, budgets, priorities decide (movable.ts). */
  readonly stays?: (placement: Placement) => string | undefined;
}

export type Goal = "make-room" | "empty-nodes" | "defragment";
export const GOALS: readonly Goal[] = ["make-room", "empty-nodes", "defragment"];

export interface Plan {
  readonly moves: readonly Move[];
  readonly before: Measure;
  readonly after: Measure;
  /** Nodes that have no pods left that could be elsewhere. */
  readonly emptied: readonly string[];
  /** Pending pods that fit after the moves and did not before. */
  readonly admitted: readonly string[];
  /** Why pods stay: how many for each reason. */
  readonly stays: ReadonlyMap<string, number>;
}

/** Nodes tried for being emptied. */
const MAX_CANDIDATES = 500;

/**
 * Moves that make room for pods that wait, empty nodes, and undo fragmentation. Each pod goes where the scheduler's own decision puts it, by the
 * real filters, with the earlier moves made; a pod without another place is no move. Pending pods that fit are placed first, as the scheduler would.
 * `core` must be the caller's own: it is left with the moves made.
 */
export function planMoves(core: SchedulerCore, options: PlanOptions): Plan {
  drain(core);
  const trial = new TrialMoves(core);
  const stays = new Map<string, number>();
  const stay = options.stays ?? ((placement: Placement) => staysBecause(placement, core.cluster, options));
  for (const placement of core.snapshot.placements.values()) {
    const why = stay(placement);
    if (why !== undefined) stays.set(why, (stays.get(why) ?? 0) + 1);
  }
  const context: PlanContext = { core, trial, moves: [], budget: options.budget, mayMove: (placement) => !trial.wasMoved(placement.pod.key) && stay(placement) === undefined };
  const before = measure(core);
  const inUse = new Set(core.snapshot.nodes.filter(({ node, movable }) => node !== undefined && movable > 0).map(({ name }) => name));
  for (const goal of options.goals) GOAL[goal](context);
  const after = measure(core);
  const emptied = core.snapshot.nodes.filter(({ name, node, movable }) => node !== undefined && movable === 0 && inUse.has(name)).map(({ name }) => name);
  for (const group of [...core.queue.groups]) core.queue.wake(group, true);
  const admitted = drain(core);
  return { moves: context.moves, before, after, emptied, admitted, stays };
}

/** What the stages of a plan share. */
export interface PlanContext {
  readonly core: SchedulerCore;
  readonly trial: TrialMoves;
  readonly moves: Move[];
  readonly budget: number;
  mayMove(placement: Placement): boolean;
}

const GOAL: Readonly<Record<Goal, (context: PlanContext) => void>> = { "make-room": makeRoom, "empty-nodes": emptyNodes, defragment };

/** Decides all that waits, as the scheduler does; returns what was placed. */
function drain(core: SchedulerCore): string[] {
  const placed: string[] = [];
  for (let decision = core.step(); decision !== undefined; decision = core.step()) if (decision.type === "placed") placed.push(decision.pod.info.key);
  return placed;
}

/** Empties nodes, those with the least on them first, into nodes that are in use. A node whose pods do not all find a place is left as it is. */
function emptyNodes(context: PlanContext): void {
  const { core, trial, moves } = context;
  const { snapshot } = core;
  const load = (node: number) => snapshot.requested[CPU]![node]! / Math.max(1, snapshot.allocatable[CPU]![node]!) + snapshot.requested[MEMORY]![node]! / Math.max(1, snapshot.allocatable[MEMORY]![node]!);
  const movableOn = (node: number) => [...snapshot.nodes[node]!.placements.values()].filter(({ pod }) => pod.shape.pinned === undefined);
  const candidates = snapshot.nodes
    .filter(({ node, movable, index }) => node !== undefined && movable > 0 && movable <= context.budget && movableOn(index).every((one) => context.mayMove(one)))
    .map(({ index }) => index)
    .sort((a, b) => load(a) - load(b))
    .slice(0, MAX_CANDIDATES);
  const filled = new Set<number>();
  for (const node of candidates) {
    const pods = movableOn(node).sort((a, b) => sizeOf(b) - sizeOf(a));
    if (filled.has(node) || pods.length === 0 || moves.length + pods.length > context.budget) continue;
    const mark = trial.mark;
    const from = trial.nodeName(node);
    const made = trial.avoiding(node, () => {
      const found: Move[] = [];
      for (const placement of pods) {
        const to = trial.move(placement, (target) => snapshot.nodes[target]!.movable > 0);
        if (to === undefined) return undefined;
        found.push({ pod: placement.pod, from, to, reason: "empties-node" });
      }
      return found;
    });
    if (made === undefined) trial.undoTo(mark);
    else {
      moves.push(...made);
      for (const { to } of made) filled.add(snapshot.nodeNamed(to)!.index);
    }
  }
}

function sizeOf({ pod }: Placement): number {
  return pod.shape.requests.scoredCpu_milli / 1000 + pod.shape.requests.scoredMemory_bytes / 2 ** 32;
}
