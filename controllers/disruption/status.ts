import type { LabelSelector, PodDisruptionBudget } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { semanticEqual } from "../shared/equal.ts";
import type { BudgetStatus } from "./expected.ts";

type Condition = NonNullable<BudgetStatus["conditions"]>[number];

/** The status as it should be. Pure. */
export function budgetStatus(budget: PodDisruptionBudget, counts: { healthy: number; desired: number; expected: number }, disrupted: Record<string, string>, now_ms: number): BudgetStatus {
  const { healthy, desired, expected } = counts;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const condition = allowed > 0 ? { status: "True", reason: "SufficientPods" } : { status: "False", reason: "InsufficientPods" };
  return {
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptionsAllowed: allowed,
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    observedGeneration: budget.metadata.generation ?? 0,
    conditions: withCondition(budget, { ...condition, message: "" }, now_ms),
  };
}

/** When it cannot be known, nothing may be disrupted. Pure. */
export function failedStatus(budget: PodDisruptionBudget, message: string, now_ms: number): BudgetStatus {
  const { currentHealthy = 0, desiredHealthy = 0, expectedPods = 0, ...rest } = budget.status ?? {};
  return { ...rest, currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed: 0, conditions: withCondition(budget, { status: "False", reason: "SyncFailed", message }, now_ms) };
}

function withCondition(budget: PodDisruptionBudget, wanted: { status: string; reason: string; message: string }, now_ms: number): Condition[] {
  const conditions = budget.status?.conditions ?? [];
  const before = conditions.find((condition) => condition.type === "DisruptionAllowed");
  const since = before?.status === wanted.status && before.lastTransitionTime ? before.lastTransitionTime : rfc3339(now_ms);
  const condition: Condition = { type: "DisruptionAllowed", ...wanted, lastTransitionTime: since, observedGeneration: budget.metadata.generation ?? 0 };
  return [...conditions.filter((other) => other.type !== "DisruptionAllowed"), condition];
}

export function sameBudgetStatus(a: BudgetStatus | undefined, b: BudgetStatus): boolean {
  const counts = (status: BudgetStatus | undefined) => [status?.currentHealthy ?? 0, status?.desiredHealthy ?? 0, status?.expectedPods ?? 0, status?.disruptionsAllowed ?? 0, status?.observedGeneration ?? 0];
  return a !== undefined && semanticEqual(counts(a), counts(b)) && semanticEqual(a.disruptedPods, b.disruptedPods) && semanticEqual(a.conditions, b.conditions);
}

/** A selector as Kubernetes' events show it. */
export function selectorText(selector: LabelSelector | undefined): string {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const labels = Object.keys(matchLabels).sort().map((name) => `${name}: ${matchLabels[name]},`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`);
  return selector === undefined ? "nil" : `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}
