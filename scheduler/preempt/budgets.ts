import { type LabelMatcher, matcherOf } from "../../api/selector/labels.ts";
import type { PodDisruptionBudget } from "../../api/wire.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

interface Budget {
  readonly matcher: LabelMatcher;
  readonly allowed: number;
  /** Names of pods whose eviction the budget has counted already. */
  readonly disrupted: ReadonlySet<string>;
}

/** PodDisruptionBudgets by namespace. */
export class Budgets {
  readonly #byNamespace = new Map<string, Map<string, Budget>>();

  /** Goes up with every change. */
  epoch = 0;

  set(budget: PodDisruptionBudget): void {
    this.epoch++;
    const { namespace = "", name = "" } = budget.metadata;
    const budgets = this.#byNamespace.get(namespace) ?? new Map<string, Budget>();
    this.#byNamespace.set(namespace, budgets);
    budgets.set(name, {
      matcher: matcherOf(budget.spec?.selector),
      allowed: budget.status?.disruptionsAllowed ?? 0,
      disrupted: new Set(Object.keys(budget.status?.disruptedPods ?? {})),
    });
  }

  delete(namespace: string, name: string): void {
    this.epoch++;
    const budgets = this.#byNamespace.get(namespace);
    budgets?.delete(name);
    if (budgets?.size === 0) this.#byNamespace.delete(namespace);
  }

  /** A ledger for one plan: it remembers what the plan has taken so far. */
  ledger(): BudgetLedger {
    return new BudgetLedger((namespace) => this.#byNamespace.get(namespace)?.values());
  }
}

/** Counts evictions of one plan against the budgets. */
export class BudgetLedger {
  readonly #budgetsOf: (namespace: string) => Iterable<Budget> | undefined;
  readonly #taken = new Map<Budget, number>();

  constructor(budgetsOf: (namespace: string) => Iterable<Budget> | undefined) {
    this.#budgetsOf = budgetsOf;
  }

  /** Takes the pod away; false when some budget does not allow one more (it is counted all the same). */
  take(pod: PodInfo): boolean {
    let allowed = true;
    for (const budget of this.#budgetsOf(pod.namespace) ?? []) {
      if (!budget.matcher.matches(pod.labelSet.labels) || budget.disrupted.has(pod.name)) continue;
      const taken = (this.#taken.get(budget) ?? 0) + 1;
      this.#taken.set(budget, taken);
      if (taken > budget.allowed) allowed = false;
    }
    return allowed;
  }
}
