import type { ClusterFilter, PreparedFilter } from "../filter/filter.ts";
import { ABSENT, type CompiledShape } from "../decide/compiled-shape.ts";
import type { RuleSet } from "../decide/rules.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { BudgetLedger } from "./budgets.ts";
import { openTrial } from "./node-trials.ts";
import { type Plan, PlanTable } from "./plan-table.ts";
import { type Victims, victimsOn } from "./victims.ts";

const NOT_HELPFUL = "Preemption is not helpful for scheduling";
/** Classes of pods whose plans are remembered. */
const MAX_VIEWS = 32;

export type PreemptionResult =
  | { readonly type: "victims"; readonly victims: Victims }
  /** In kube-scheduler's words. */
  | {
      readonly type: "none";
      readonly text: string;
      /** Room is being made for it already. */
      readonly waits?: boolean;
    };

/** What preemption would do on every node for pods of one shape and priority; only nodes that changed are planned again. */
interface PlanView {
  position: number;
  readonly plans: PlanTable;
}

/** Finds the node where the fewest and least important pods of lower priority must go for a pod to fit. Decides only: it removes nothing. */
export class Preemption {
  readonly #rules: RuleSet;
  readonly #cluster: ClusterState;
  readonly #views = new Map<string, PlanView>();
  #budgetEpoch = -1;

  constructor(rules: RuleSet, cluster: ClusterState) {
    this.#rules = rules;
    this.#cluster = cluster;
  }

  /** For a pod that no node can take; `compiled` judges its shape. */
  find(pod: PodInfo, compiled: CompiledShape): PreemptionResult {
    if (pod.pod.spec?.preemptionPolicy === "Never") return { type: "none", text: "preemption: not eligible due to preemptionPolicy=Never." };
    if (this.#awaitsVictims(pod)) return { type: "none", text: "preemption: not eligible due to a terminating pod on the nominated node.", waits: true };
    const between = this.#rules.clusterFilters.filter((filter) => filter.prepare(pod, this.#cluster) !== undefined);
    const plans = between.length > 0 || pod.shape.pinned !== undefined ? new PlanTable(this.#planAll(pod, compiled, between)) : this.#plansOf(pod, compiled);
    const { best } = plans;
    return best === undefined ? { type: "none", text: plans.explain() } : { type: "victims", victims: best };
  }

  /** Room was made for it and is not free yet. */
  #awaitsVictims(pod: PodInfo): boolean {
    const node = this.#cluster.nominations.nodeOf(pod.key);
    if (node === undefined) return false;
    for (const placement of this.#cluster.snapshot.nodes[node]!.placements.values()) if ((placement.pod.terminating || placement.evicting) && placement.pod.priority < pod.priority) return true;
    return false;
  }

  #planAll(pod: PodInfo, compiled: CompiledShape, between: readonly ClusterFilter[]): Plan[] {
    const helpless = between.map((filter) => filter.prepare(pod, this.#cluster)!);
    const pinned = pod.shape.pinned === undefined ? undefined : new Set(pod.shape.pinned);
    return this.#cluster.snapshot.nodes.map((state) => {
      if (state.node === undefined) return undefined;
      if (pinned !== undefined && !pinned.has(state.name)) return [NOT_HELPFUL];
      const stuck = helpless.some((filter) => isStuck(filter, filter.verdict(state.index)));
      return stuck ? [NOT_HELPFUL] : this.#plan(pod, compiled, state.index, between);
    });
  }

  #plansOf(pod: PodInfo, compiled: CompiledShape): PlanTable {
    const { changes, slots } = this.#cluster.snapshot;
    if (this.#budgetEpoch !== this.#cluster.budgets.epoch) this.#views.clear();
    this.#budgetEpoch = this.#cluster.budgets.epoch;
    const key = `${pod.shape.id}/${pod.priority}`;
    let view = this.#views.get(key);
    this.#views.delete(key);
    if (view === undefined || view.plans.size < slots || !changes.covers(view.position)) {
      view = { position: 0, plans: new PlanTable(Array.from({ length: slots }, (_, node) => this.#plan(pod, compiled, node, []))) };
    } else {
      const { plans, position } = view;
      changes.replay(position, (node) => plans.set(node, this.#plan(pod, compiled, node, [])));
    }
    view.position = changes.position;
    this.#views.set(key, view);
    if (this.#views.size > MAX_VIEWS) this.#views.delete(this.#views.keys().next().value!);
    return view.plans;
  }

  #plan(pod: PodInfo, compiled: CompiledShape, node: number, between: readonly ClusterFilter[]): Plan {
    const code = compiled.judgeStatic(node);
    if (code === ABSENT) return undefined;
    if (code !== 0) return [NOT_HELPFUL];
    const trial = openTrial(pod, node, this.#rules.nodeFilters, between, this.#cluster);
    const plan = victimsOn(pod, node, this.#cluster.snapshot.nodes[node]!.placements.values(), trial, this.#ledger(), (other) => this.#sizeOn(other, node));
    trial.close();
    return plan;
  }

  /** Pods that a gang cannot do without are spared as if a budget protected them. */
  #ledger(): Pick<BudgetLedger, "take"> {
    const { budgets, gangs } = this.#cluster;
    const ledger = budgets.ledger();
    return { take: (pod) => ledger.take(pod) && !gangs.needs(pod) };
  }

  /** The largest share that the pod's requests have of what the node offers. */
  #sizeOn({ shape }: PodInfo, node: number): number {
    const { columns, allocatable } = this.#cluster.snapshot;
    let size = 0;
    for (let i = 0; i < shape.resourceNames.length; i++) {
      const column = columns.columnOf(shape.resourceNames[i]!);
      if (column >= 0 && allocatable[column]![node]! > 0) size = Math.max(size, shape.resourceAmounts[i]! / allocatable[column]![node]!);
    }
    return size;
  }
}

function isStuck(filter: PreparedFilter, verdict: number): boolean {
  return verdict !== 0 && (filter.unresolvable?.(verdict) ?? false);
}
