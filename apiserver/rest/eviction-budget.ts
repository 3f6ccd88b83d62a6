import { conflict, forbidden, type StatusError, tooManyRequests, untyped } from "../../api/status/errors.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { Pod, PodDisruptionBudget } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { updateObject } from "../registry/update.ts";

const BUDGETS = { group: "policy", resource: "poddisruptionbudget" };
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
/** Evictions of one budget that its controller has not seen the end of. */
const MAX_DISRUPTED = 2000;

type BudgetStatus = NonNullable<PodDisruptionBudget["status"]>;

/** The one budget that protects the pod; undefined: none does. @throws StatusError 500 when there are several */
export async function budgetOf(registry: Registry, pod: Pod): Promise<PodDisruptionBudget | undefined> {
  const kind = kindOfBudgets(registry);
  if (kind === undefined) return undefined;
  await registry.cache.fresh();
  const { namespace = "", labels } = pod.metadata;
  const found: PodDisruptionBudget[] = [];
  for (const cached of registry.cache.of(kind).snapshot().range(`${namespace}/`, `${namespace}0`)) {
    const budget = cached.object() as PodDisruptionBudget;
    if (matcherOf(budget.spec?.selector).matches(labels)) found.push(budget);
  }
  if (found.length > 1) throw untyped(500, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
  return found[0];
}

function kindOfBudgets(registry: Registry): ServedKind | undefined {
  return registry.kinds.byResource("policy", "v1", "poddisruptionbudgets");
}

/** A pod that is not ready does not count towards the budget: it may go where the policy lets it, or where enough others are healthy (KEP-3017). Pure. */
export function isSpared(budget: PodDisruptionBudget, pod: Pod): boolean {
  if (pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True")) return false;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return budget.spec?.unhealthyPodEvictionPolicy === "AlwaysAllow" || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);
}

/** Takes one eviction from the budget, by compare-and-swap: two servers never spend the same one. @throws StatusError 429 when there is none left */
export async function spend(registry: Registry, { metadata }: PodDisruptionBudget, pod: Pod, write: WriteContext): Promise<void> {
  const kind = kindOfBudgets(registry);
  const { name = "" } = metadata;
  if (kind === undefined) return;
  const next = (old: object | undefined) => {
    // Deleted meanwhile: whoever deleted it may have put another one in its place.
    if (old === undefined) throw conflict(BUDGETS, name, "it is gone; please try again");
    const budget = old as PodDisruptionBudget;
    return { ...budget, metadata: { ...budget.metadata }, status: spent(budget, pod.metadata.name ?? "", write.now_ms) };
  };
  await updateObject(registry, kind, { name, subresource: "status", strategy: {}, next, internal: true }, write);
}

/** The budget's status after one more eviction. Pure. @throws StatusError when it allows none */
export function spent(budget: PodDisruptionBudget, pod: string, now_ms: number): BudgetStatus {
  const { name = "", generation = 0 } = budget.metadata;
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = budget.status ?? {};
  if (observedGeneration < generation) throw stillProcessed(name);
  if (disruptionsAllowed < 0) throw forbidden(BUDGETS, name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED) throw forbidden(BUDGETS, name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  if (disruptionsAllowed === 0) throw tooManyRequests(REFUSED, 0, [{ reason: "DisruptionBudget", message: `The disruption budget ${name} ${whyNot(budget)}` }]);
  const status: BudgetStatus = { ...budget.status!, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods: { ...disruptedPods, [pod]: rfc3339(now_ms) } };
  return disruptionsAllowed > 1 ? status : { ...status, conditions: withoutRoom(status, now_ms) };
}

/** 429 while the budget's newest spec, or the pod, is not settled yet. */
export function stillProcessed(budget: string): StatusError {
  return tooManyRequests(REFUSED, 10, [{ reason: "DisruptionBudget", message: `The disruption budget ${budget} is still being processed by the server.` }]);
}

function whyNot({ status }: PodDisruptionBudget): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = status ?? {};
  const refusal = conditions.find(({ type, status: value, message }) => type === "DisruptionAllowed" && value === "False" && message);
  if (refusal?.reason === "SyncFailed") return `does not allow evicting pods currently because it failed sync: ${refusal.message}`;
  if (currentHealthy <= desiredHealthy) return `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return refusal === undefined ? "does not allow evicting pods currently" : `does not allow evicting pods currently (${refusal.reason}): ${refusal.message}`;
}

function withoutRoom({ conditions = [], observedGeneration = 0 }: BudgetStatus, now_ms: number): NonNullable<BudgetStatus["conditions"]> {
  const before = conditions.find(({ type }) => type === "DisruptionAllowed");
  const since = before?.status === "False" ? before.lastTransitionTime : rfc3339(now_ms);
  const none = { type: "DisruptionAllowed", status: "False", observedGeneration, lastTransitionTime: since, reason: "InsufficientPods", message: "" };
  return before === undefined ? [...conditions, none] : conditions.map((condition) => (condition === before ? none : condition));
}
