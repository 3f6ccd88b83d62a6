import type { Measure } from "../../../scheduler/rebalance/measure.ts";
import type { Plan } from "../../../scheduler/rebalance/plan.ts";
import type { Move, MoveReason } from "../../../scheduler/rebalance/trial-moves.ts";
import { type Paint, plain, someOf } from "../../output/paint.ts";

const MAX_SHOWN = 20;
const MAX_NAMES = 8;

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

const REASONS: Readonly<Record<MoveReason, (move: Move) => string>> = {
  "empties-node": ({ from }) => `empties ${from}`,
  "makes-room": (move) => `makes room for ${move.for}`,
  defragments: () => "leaves less unused",
};

/** A plan for a person: the moves, what they gain, and what stays and why. */
export function planText(plan: Plan, paint: Paint): string {
  const { moves, stays } = plan;
  if (moves.length === 0) return `${paint.bold("Nothing to gain:")} no move within the budget empties a node, makes room for a pod that waits, or leaves less unused.\n${staysText(stays)}`;
  const shown = moves.slice(0, MAX_SHOWN).map((move) => [plain(move.pod.key), `${plain(move.from)} → ${plain(move.to)}`, REASONS[move.reason](move)]);
  const widths = [0, 1].map((column) => Math.max(...shown.map((row) => row[column]!.length)));
  const lines = shown.map(([pod, way, reason]) => `  ${pod!.padEnd(widths[0]!)}  ${way!.padEnd(widths[1]!)}  ${paint.dim(plain(reason!))}`);
  const more = moves.length > MAX_SHOWN ? [`  and ${moves.length - MAX_SHOWN} more (-o json has all)`] : [];
  return `${[paint.bold(`${count(moves.length, "move")}:`), ...lines, ...more, "", paint.bold("Gain:"), ...gainLines(plan, paint)].join("\n")}\n${staysText(stays)}`;
}

function gainLines({ before, after, emptied, admitted }: Plan, paint: Paint): string[] {
  const lines: string[] = [];
  if (emptied.length > 0) lines.push(paint.green(`  ${count(emptied.length, "node")} empty: ${plain(someOf(emptied, MAX_NAMES))}`));
  if (admitted.length > 0) lines.push(paint.green(`  ${count(admitted.length, "waiting pod")} would get a node: ${plain(someOf(admitted, MAX_NAMES))}`));
  lines.push(`  nodes in use ${before.nodesInUse} → ${after.nodesInUse} of ${after.nodes}; of those, CPU requested ${percent(before.cpu)} → ${percent(after.cpu)}, memory ${percent(before.memory)} → ${percent(after.memory)}`);
  if (before.devices > 0) lines.push(deviceLine(before, after));
  return lines;
}

function deviceLine(before: Measure, after: Measure): string {
  return `  whole devices free ${before.wholeDevicesFree} → ${after.wholeDevicesFree} of ${after.devices}; free on shared ones ${before.sharedFree_milli / 1000} → ${after.sharedFree_milli / 1000}`;
}

function staysText(stays: ReadonlyMap<string, number>): string {
  if (stays.size === 0) return "";
  const lines = [...stays].sort((a, b) => b[1] - a[1]).slice(0, 6).map(([why, number]) => `  ${String(number).padStart(5)}  ${plain(why)}`);
  return `\nPods that stay where they are:\n${lines.join("\n")}\n`;
}

export function planJson({ moves, stays, ...plan }: Plan): object {
  return { moves: moves.map(({ pod, ...move }) => ({ pod: pod.key, ...move })), ...plan, stays: Object.fromEntries(stays) };
}
