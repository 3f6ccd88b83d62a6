import test from "ava";
import fc from "fast-check";
import type { Placement } from "../snapshot/node-state.ts";
import { type Plan, PlanTable } from "./plan-table.ts";
import { isBetter, type Victims } from "./victims.ts";

const PLACEMENT = {} as Placement;

/** A plan's outline; the node is filled in where it is put. */
const outline = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<readonly string[]>(["Insufficient cpu"], ["Insufficient cpu", "Insufficient memory"], ["Preemption is not helpful for scheduling"]),
  fc.record({ count: fc.nat({ max: 3 }), violations: fc.nat({ max: 1 }), highestPriority: fc.nat({ max: 2 }) }),
);

type Outline = typeof outline extends fc.Arbitrary<infer T> ? T : never;

function planOf(given: Outline, node: number): Plan {
  if (given === undefined || !("count" in given)) return given;
  const { count, violations, highestPriority } = given;
  return { node, placements: Array.from({ length: count }, () => PLACEMENT), violations, highestPriority, prioritySum: count * highestPriority, earliestStart: "9" };
}

function bestOf(plans: readonly Plan[]): Victims | undefined {
  let best: Victims | undefined;
  for (const plan of plans) if (plan !== undefined && "placements" in plan && plan.placements.length > 0 && (best === undefined || isBetter(plan, best))) best = plan;
  return best;
}

function explained(plans: readonly Plan[]): string {
  const failing = plans.filter((plan): plan is readonly string[] => plan !== undefined && !("placements" in plan));
  const reasons = [...new Set(failing.flat())].map((reason) => `${failing.filter((plan) => plan.includes(reason)).length} ${reason}`);
  return `preemption: 0/${failing.length} nodes are available: ${reasons.sort().join(", ")}.`;
}

test("the best plan and why the others do not help are what a look at all plans gives, however they change", (t) => {
  fc.assert(
    fc.property(fc.array(outline, { minLength: 1, maxLength: 40 }), fc.array(fc.tuple(fc.nat({ max: 39 }), outline), { maxLength: 40 }), (initial, changes) => {
      const plans = initial.map(planOf);
      const table = new PlanTable(plans);
      for (const [at, change] of [...changes, [0, initial[0]] as const]) {
        if (table.best !== bestOf(plans)) throw new Error(`best is ${JSON.stringify(table.best)}, not ${JSON.stringify(bestOf(plans))}`);
        if (table.explain() !== explained(plans)) throw new Error(`${table.explain()} is not ${explained(plans)}`);
        const node = at % plans.length;
        plans[node] = planOf(change, node);
        table.set(node, plans[node]);
      }
    }),
  );
  t.pass();
});
