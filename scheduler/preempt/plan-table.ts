import { isBetter, type Victims } from "./victims.ts";

/** What preemption would do on a node: victims (none: it helps without), why it does not help, or undefined: no such node. */
export type Plan = Victims | readonly string[] | undefined;

/** The plans of all nodes; which is best and why the others do not help is kept up as single ones change, so that asking costs no look at every node. */
export class PlanTable {
  readonly #plans: Plan[] = [];
  /** A complete binary tree over the nodes: each inner place holds the node whose plan is the best below it, -1: none has victims. */
  readonly #winners: Int32Array;
  readonly #leaves: number;
  readonly #reasons = new Map<string, number>();
  #failing = 0;

  constructor(plans: readonly Plan[]) {
    let leaves = 2;
    while (leaves < plans.length) leaves *= 2;
    this.#leaves = leaves;
    this.#winners = new Int32Array(leaves).fill(-1);
    for (const plan of plans) {
      this.#plans.push(plan);
      this.#count(plan, 1);
    }
    for (let at = leaves - 1; at >= 1; at--) this.#winners[at] = this.#play(at);
  }

  /** Nodes that it was made for. */
  get size(): number {
    return this.#plans.length;
  }

  set(node: number, plan: Plan): void {
    this.#count(this.#plans[node], -1);
    this.#count(plan, 1);
    this.#plans[node] = plan;
    for (let at = (node + this.#leaves) >> 1; at >= 1; at >>= 1) this.#winners[at] = this.#play(at);
  }

  /** The plan whose victims matter least. */
  get best(): Victims | undefined {
    return this.#victimsOf(this.#winners[1]!);
  }

  /** What is said when no plan helps. */
  explain(): string {
    const reasons = [...this.#reasons].map(([reason, count]) => `${count} ${reason}`).sort();
    return `preemption: 0/${this.#failing} nodes are available: ${reasons.join(", ")}.`;
  }

  #count(plan: Plan, sign: 1 | -1): void {
    if (plan === undefined || "placements" in plan) return;
    this.#failing += sign;
    for (const reason of plan) {
      const count = (this.#reasons.get(reason) ?? 0) + sign;
      if (count === 0) this.#reasons.delete(reason);
      else this.#reasons.set(reason, count);
    }
  }

  #victimsOf(node: number): Victims | undefined {
    const plan = node < 0 ? undefined : this.#plans[node];
    return plan !== undefined && "placements" in plan && plan.placements.length > 0 ? plan : undefined;
  }

  #winnerAt(at: number): number {
    if (at < this.#leaves) return this.#winners[at]!;
    return this.#victimsOf(at - this.#leaves) === undefined ? -1 : at - this.#leaves;
  }

  #play(at: number): number {
    const left = this.#winnerAt(2 * at);
    const right = this.#winnerAt(2 * at + 1);
    if (left < 0) return right;
    if (right < 0) return left;
    return isBetter(this.#victimsOf(right)!, this.#victimsOf(left)!) ? right : left;
  }
}
