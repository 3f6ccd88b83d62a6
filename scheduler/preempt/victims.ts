import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { BudgetLedger } from "./budgets.ts";
import type { Trial } from "./node-trials.ts";

/** Pods whose removal lets a pod onto a node, and what that costs. */
export interface Victims {
  readonly node: number;
  /** Most important first. */
  readonly placements: readonly Placement[];
  /** Victims that a PodDisruptionBudget would not let go. */
  readonly violations: number;
  readonly highestPriority: number;
  readonly prioritySum: number;
  /** Start of the victim of highest priority that runs longest (RFC 3339; "": not started). */
  readonly earliestStart: string;
}

/** Higher priority first, then the longer running. */
function moreImportant(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0;
}

/** Pods that have not started count as the youngest. */
function startOf(pod: PodInfo): string {
  return pod.pod.status?.startTime ?? "9";
}

/**
 * The fewest and least important pods of lower priority whose removal lets the pod pass: all are taken away, then put back one by one, those
 * whose budget forbids their eviction first, the most important before the others, as long as the pod still passes. Among equals this is done
 * once with the longest running first and once with the smallest first, and the better result counts.
 * Answers the reasons when the pod does not pass without any of them. The trial is left as it was. `size`: how much room a pod takes.
 */
export function victimsOn(pod: PodInfo, node: number, on: Iterable<Placement>, trial: Trial, ledger: Pick<BudgetLedger, "take">, size: (pod: PodInfo) => number): Victims | readonly string[] {
  const lower = [...on].filter((placement) => placement.pod.priority < pod.priority);
  if (lower.length === 0) return ["No preemption victims found for incoming pod"];
  for (const placement of lower) trial.remove(placement);
  if (!trial.passes()) {
    const reasons = trial.reasons();
    for (const placement of lower) trial.restore(placement);
    return reasons;
  }
  lower.sort((a, b) => moreImportant(a.pod, b.pod));
  const forbidden = new Set(lower.filter((placement) => !ledger.take(placement.pod)));
  const longest = spare(node, lower, forbidden, trial);
  if (longest.placements.length < 2) {
    for (const placement of lower) trial.restore(placement);
    return longest;
  }
  const bySize = [...lower].sort((a, b) => b.pod.priority - a.pod.priority || size(a.pod) - size(b.pod));
  const smallest = spare(node, bySize, forbidden, trial);
  for (const placement of lower) trial.restore(placement);
  return isBetter(smallest, longest) ? smallest : longest;
}

/** Puts back as many of `removed` as the pod can pass with, those before others in their order; all are taken away again at the end. */
function spare(node: number, removed: readonly Placement[], forbidden: ReadonlySet<Placement>, trial: Trial): Victims {
  const victims: Placement[] = [];
  const spared: Placement[] = [];
  for (const placement of [...removed.filter((one) => forbidden.has(one)), ...removed.filter((one) => !forbidden.has(one))]) {
    trial.restore(placement);
    if (trial.passes()) {
      spared.push(placement);
      continue;
    }
    trial.remove(placement);
    victims.push(placement);
  }
  for (const placement of spared) trial.remove(placement);
  return describe(node, victims.sort((a, b) => moreImportant(a.pod, b.pod)), forbidden);
}

function describe(node: number, placements: readonly Placement[], forbidden: ReadonlySet<Placement>): Victims {
  const highestPriority = placements[0]?.pod.priority ?? Number.NEGATIVE_INFINITY;
  return {
    node,
    placements,
    violations: placements.filter((placement) => forbidden.has(placement)).length,
    highestPriority,
    prioritySum: placements.reduce((sum, { pod }) => sum + pod.priority + 2 ** 31, 0),
    earliestStart: placements[0] === undefined ? "" : startOf(placements[0].pod),
  };
}

/** Whether to take victims `a` rather than `b`: fewer broken budgets, less important, fewer, started later; else the lower node. */
export function isBetter(a: Victims, b: Victims): boolean {
  if (a.violations !== b.violations) return a.violations < b.violations;
  if (a.highestPriority !== b.highestPriority) return a.highestPriority < b.highestPriority;
  if (a.prioritySum !== b.prioritySum) return a.prioritySum < b.prioritySum;
  if (a.placements.length !== b.placements.length) return a.placements.length < b.placements.length;
  if (a.earliestStart !== b.earliestStart) return a.earliestStart > b.earliestStart;
  return a.node < b.node;
}
