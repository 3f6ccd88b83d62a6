import type { ClusterFilter, PreparedFilter } from "../filter/filter.ts";
import { ABSENT, type CompiledShape } from "../decide/compiled-shape.ts";
import type { RuleSet } from "../decide/rules.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { BudgetLedger } from "./budgets.ts";
import { openTrial } from "./node-trials.ts";
import { isBetter, type Victims, victimsOn } from "./victims.ts";

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
  /** What it says when no plan helps, made when first needed. */
  text?: string;
  plans: (Victims | readonly string[] | undefined)[];
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
    const view: PlanView = between.length > 0 || pod.shape.pinned !== undefined ? { position: 0, plans: this.#planAll(pod, compiled, between) } : this.#view(pod, compiled);
    const { plans } = view;
    let best: Victims | undefined;
    for (const plan of plans) if (plan !== undefined && "placements" in plan && plan.placements.length > 0 && (best === undefined || isBetter(plan, best))) best = plan;
    return best === undefined ? { type: "none", text: (view.text ??= this.#explain(plans)) } : { type: "victims", victims: best };
  }

  /** Room was made for it and is not free yet. */
  #awaitsVictims(pod: PodInfo): boolean {
    const node = this.#cluster.nominations.nodeOf(pod.key);
    if (node === undefined) return false;
    for (const placement of this.#cluster.snapshot.nodes[node]!.placements.values()) if ((placement.pod.terminating || placement.evicting) && placement.pod.priority < pod.priority) return true;
    return false;
  }

  #planAll(pod: PodInfo, compiled: CompiledShape, between: readonly ClusterFilter[]): PlanView["plans"] {
    const helpless = between.map((filter) => filter.prepare(pod, this.#cluster)!);
    const pinned = pod.shape.pinned === undefined ? undefined : new Set(pod.shape.pinned);
    return this.#cluster.snapshot.nodes.map((state) => {
      if (state.node === undefined) return undefined;
      if (pinned !== undefined && !pinned.has(state.name)) return [NOT_HELPFUL];
      const stuck = helpless.some((filter) => isStuck(filter, filter.verdict(state.index)));
      return stuck ? [NOT_HELPFUL] : this.#plan(pod, compiled, state.index, between);
    });
  }

  #view(pod: PodInfo, compiled: CompiledShape): PlanView {
    const { changes, slots } = this.#cluster.snapshot;
    if (this.#budgetEpoch !== this.#cluster.budgets.epoch) this.#views.clear();
    this.#budgetEpoch = this.#cluster.budgets.epoch;
    const key = `${pod.shape.id}/${pod.priority}`;
    let view = this.#views.get(key);
    this.#views.delete(key);
    if (view === undefined || view.plans.length < slots || !changes.covers(view.position)) {
      view = { position: 0, plans: Array.from({ length: slots }, (_, node) => this.#plan(pod, compiled, node, [])) };
    } else {
      const { plans, position } = view;
      if (position !== changes.position) view = { position, plans };
      changes.replay(position, (node) => {
        plans[node] = this.#plan(pod, compiled, node, []);
      });
    }
    view.position = changes.position;
    this.#views.set(key, view);
    if (this.#views.size > MAX_VIEWS) this.#views.delete(this.#views.keys().next().value!);
    return view;
  }

  #plan(pod: PodInfo, compiled: CompiledShape, node: number, between: readonly ClusterFilter[]): Victims | readonly string[] | undefined {
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

  #explain(plans: PlanView["plans"]): string {
    const counts = new Map<string, number>();
    let nodes = 0;
    for (const plan of plans) {
      if (plan === undefined || "placements" in plan) continue;
      nodes++;
      for (const reason of plan) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
    return `preemption: 0/${nodes} nodes are available: ${reasons.join(", ")}.`;
  }
}

function isStuck(filter: PreparedFilter, verdict: number): boolean {
  return verdict !== 0 && (filter.unresolvable?.(verdict) ?? false);
}
