import { amountText } from "../../../scheduler/explain/amounts.ts";
import { type Paint, plain, someOf } from "../../output/paint.ts";
import type { Packed } from "./pack.ts";
import type { Dimension, NodeSummary } from "./summary.ts";

const BAR = 16;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const MAX_ROWS = 16;
const MAX_UNPLACEABLE = 5;
const MAX_DIMENSIONS = 4;

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const percent = (share: number) => `${Math.round(share * 100)} %`.padStart(5);

/** A packing for a person: what it takes, how well it is used, what is left and why, and a picture. */
export function packText(packed: Packed, paint: Paint): string {
  const { notes, unplaceable, summary } = packed;
  const lines = [...headLines(packed, paint), ...notes.map((note) => `  note: ${plain(note)}`)];
  if (unplaceable.length > 0) {
    lines.push("", paint.red(`${count(unplaceable.length, "pod")} fit on no node:`));
    for (const { pod, reason } of unplaceable.slice(0, MAX_UNPLACEABLE)) lines.push(`  ${plain(pod)}  ${plain(reason)}`);
    if (unplaceable.length > MAX_UNPLACEABLE) lines.push(`  and ${unplaceable.length - MAX_UNPLACEABLE} more`);
  }
  const shown = summary.dimensions.slice(0, MAX_DIMENSIONS);
  if (shown.length > 0) lines.push("", paint.bold("Used, and what no pod of this workload can use:"), ...shown.flatMap((dimension) => dimensionLines(dimension, paint)));
  if (summary.morePods > 0) lines.push(`  room for ${summary.morePods} more pods of the same mix`);
  lines.push("", ...pictureLines(summary.nodes, shown.map(({ resource }) => resource), paint));
  return `${lines.join("\n")}\n`;
}

function headLines({ nodesNeeded, kinds, lowerBound, placed, pods, onExisting, order, asGiven, now }: Packed, paint: Paint): string[] {
  const each = Object.entries(kinds);
  const which = each.length === 0 ? "" : each.length === 1 ? ` of ${each[0]![0]}` : `: ${someOf(each.map(([kind, number]) => `${number} ${kind}`), 6)}`;
  const lines: string[] = [];
  if (now !== undefined) lines.push(`now: ${count(now.nodesInUse, "node")} of ${now.nodes} in use, CPU requested ${percent(now.cpu).trim()}, memory ${percent(now.memory).trim()} of those`);
  if (onExisting !== undefined) lines.push(paint.bold(`${onExisting} of ${pods} pods fit on the nodes that are there; ${nodesNeeded === 0 ? "no further node is needed" : `${count(nodesNeeded, "further node")} needed${which}`}`));
  else lines.push(paint.bold(`${count(placed, "pod")} need ${count(nodesNeeded, "node")}${plain(which)}`));
  if (lowerBound !== undefined) lines.push(`  no packing can do with fewer than ${lowerBound.nodes} (${plain(lowerBound.because)})`);
  if (order === "largest first") lines.push(`  packed with the largest pods first; in the order given it takes ${asGiven}`);
  return lines;
}

function dimensionLines({ resource, offered, used, unusable, because }: Dimension, paint: Paint): string[] {
  const share = offered === 0 ? 0 : used / offered;
  const head = `  ${plain(resource).padEnd(16)} ${percent(share)} of ${amountText(resource, offered)}`;
  if (unusable === 0) return [head];
  const why = Object.entries(because).sort((a, b) => b[1] - a[1]).slice(0, 3).map(([reason, amount]) => `${amountText(resource, amount)}: ${plain(reason)}`);
  return [`${head}, ${amountText(resource, unusable)} (${percent(unusable / offered).trim()}) of no use  ${paint.dim(why.join("; "))}`];
}

/** A bar for each dimension of each node; nodes that look alike share a row. */
function pictureLines(nodes: readonly NodeSummary[], resources: readonly string[], paint: Paint): string[] {
  const groups = new Map<string, { readonly node: NodeSummary; names: number }>();
  for (const node of nodes) {
    const text = JSON.stringify([resources.map((resource) => Math.round((node.used[resource] ?? -1) * 100)), node.pods]);
    const known = groups.get(text);
    if (known === undefined) groups.set(text, { node, names: 1 });
    else known.names++;
  }
  const rows = [...groups.values()];
  const shown = rows.slice(0, MAX_ROWS);
  const label = ({ node, names }: (typeof rows)[number]) => `${plain(node.node)}${names > 1 ? ` (×${names})` : ""}`;
  const width = Math.max(0, ...shown.map((row) => label(row).length));
  const lines = shown.map((row) => {
    const bars = resources.map((resource) => {
      const used = row.node.used[resource];
      return used === undefined ? " ".repeat(BAR + 8) : `${paint.cyan(bar(used))} ${percent(used)} `;
    });
    return `  ${label(row).padEnd(width)}  ${bars.join(" ")} ${count(row.node.pods, "pod")}`;
  });
  const rest = rows.slice(MAX_ROWS).reduce((sum, { names }) => sum + names, 0);
  const header = `  ${"".padEnd(width)}  ${resources.map((resource) => plain(resource).slice(0, BAR + 6).padEnd(BAR + 7)).join(" ")}`;
  return nodes.length === 0 ? [] : [paint.dim(header.trimEnd()), ...lines, ...(rest > 0 ? [`  and ${rest} more nodes (--svg has up to 200, -o json all)`] : [])];
}

function bar(share: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * BAR * 8);
  const full = "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
  return full + "░".repeat(Math.max(0, BAR - full.length));
}
