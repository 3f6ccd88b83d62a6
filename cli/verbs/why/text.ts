import type { Explanation, RankedNode } from "../../../scheduler/explain/explanation.ts";
import { type Paint, plain, someOf } from "../../output/paint.ts";

/** What one screen holds. */
const MAX_REASONS = 8;
const MAX_NODES = 5;
const MAX_NEAREST = 3;
const MAX_RANKED = 3;
const MAX_VICTIMS = 4;

/** An explanation for a person: what is, why, what is missing, what helps; it fits on one screen. */
export function explanationText(explanation: Explanation, paint: Paint): string {
  const lines = [headline(explanation, paint)];
  for (const note of explanation.notes) lines.push(`  ${plain(note)}`);
  lines.push(...reasonLines(explanation, paint), ...nearestLines(explanation, paint), ...preemptionLines(explanation, paint), ...remedyLines(explanation, paint), ...rankingLines(explanation, paint));
  return `${lines.join("\n")}\n`;
}

function headline({ pod, state, summary }: Explanation, paint: Paint): string {
  const colour = state === "placed" || state === "fits" ? paint.green : state === "unschedulable" || state === "foreign" ? paint.red : paint.yellow;
  return `${paint.bold(plain(pod))}: ${colour(plain(summary))}`;
}

function reasonLines({ reasons }: Explanation, paint: Paint): string[] {
  if (reasons.length === 0) return [];
  const shown = reasons.slice(0, MAX_REASONS);
  const width = String(Math.max(...shown.map(({ nodes }) => nodes.length))).length;
  const rest = reasons.length - shown.length;
  return [
    "",
    paint.bold("Why not (nodes, reason):"),
    ...shown.map(({ reason, nodes }) => `  ${String(nodes.length).padStart(width)}  ${plain(reason)}  ${paint.dim(plain(someOf(nodes, MAX_NODES)))}`),
    ...(rest > 0 ? [`  and ${rest} more reasons (-o json has all)`] : []),
  ];
}

function nearestLines({ nearest, state }: Explanation, paint: Paint): string[] {
  if (nearest.length === 0) return [];
  const lines = nearest.slice(0, MAX_NEAREST).flatMap(({ node, missing }) => [`  ${paint.cyan(plain(node))}  ${plain(missing[0] ?? "")}`, ...missing.slice(1).map((text) => `  ${" ".repeat(node.length)}  ${plain(text)}`)]);
  return ["", paint.bold(state === "placed" ? "What speaks against it now:" : "Nearest nodes, and what is missing there:"), ...lines];
}

function preemptionLines({ preemption }: Explanation, paint: Paint): string[] {
  if (preemption === undefined) return [];
  return ["", `${paint.bold("Preemption:")} the scheduler makes room on ${plain(preemption.node)} by evicting ${plain(someOf(preemption.victims, MAX_VICTIMS))} (lower priority)`];
}

function remedyLines({ remedies, state, nearest }: Explanation, paint: Paint): string[] {
  const [first, ...others] = remedies;
  if (first === undefined) return state === "unschedulable" && nearest.length > 0 ? ["", "No single change of the pod, of one node or of the number of nodes that was tried would make it fit."] : [];
  return ["", `${paint.bold("Smallest change that makes it fit")} (tried with the scheduler's own filters):`, `  ${paint.green(plain(first.text))}`, ...(others.length > 0 ? ["or:", ...others.map(({ text }) => `  ${plain(text)}`)] : [])];
}

/** Each score of the best nodes, one row for each rule. */
function rankingLines({ ranking, state }: Explanation, paint: Paint): string[] {
  if (ranking === undefined) return [];
  const chosen = ranking.find((one) => one.chosen);
  const columns = [...(chosen === undefined ? [] : [chosen]), ...ranking.filter((one) => !one.chosen)].slice(0, MAX_RANKED);
  const rules = [...new Set(columns.flatMap(({ scores }) => scores.map(({ rule }) => rule)))];
  const cell = (one: RankedNode, rule: string) => {
    const score = one.scores.find((part) => part.rule === rule);
    return score === undefined ? "" : `${score.value.toFixed(1)}${score.weight === 1 ? "" : ` ×${score.weight}`}`;
  };
  const rows = [["score", ...columns.map(({ node }) => plain(node))], ...rules.map((rule) => [rule, ...columns.map((one) => cell(one, rule))]), ["total", ...columns.map(({ total }) => total.toFixed(1))]];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const text = rows.map((row) => `  ${row.map((value, i) => (i === 0 ? value.padEnd(widths[i]!) : value.padStart(widths[i]!))).join("  ")}`);
  return ["", paint.bold(state === "fits" ? "The best nodes (0 to 100, times the weight of the rule; the highest total wins):" : "Why this node (0 to 100, times the weight of the rule; the highest total wins):"), ...text];
}
