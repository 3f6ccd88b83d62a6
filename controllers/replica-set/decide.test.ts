import test from "ava";
import type { Pod } from "../../api/wire.ts";
import { aPod } from "../testing/objects.ts";
import { BURST, planReplicas } from "./decide.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const victims = (active: Pod[], replicas: number, related = active) => {
  const plan = planReplicas(replicas, active, related, NOW);
  return plan.type === "delete" ? plan.pods.map((pod) => pod.metadata.name) : plan;
};

test("too few, enough, too many", (t) => {
  t.deepEqual(planReplicas(3, [aPod()], [], NOW), { type: "create", count: 2 });
  t.deepEqual(planReplicas(1, [aPod()], [], NOW), { type: "none" });
  t.deepEqual(planReplicas(2000, [], [], NOW), { type: "create", count: BURST });
});

const cases: [string, Pod, Pod][] = [
  ["not assigned before assigned", aPod({ name: "x", phase: "Pending" }), aPod({ node: "a", phase: "Pending" })],
  ["pending before running", aPod({ name: "x", node: "a", phase: "Pending", ready: false }), aPod({ node: "a", ready: false })],
  ["unknown before running", aPod({ name: "x", node: "a", phase: "Unknown", ready: false }), aPod({ node: "a", ready: false })],
  ["not ready before ready", aPod({ name: "x", node: "a", ready: false, cost: "100" }), aPod({ node: "a", cost: "-100" })],
  ["cheap before dear", aPod({ name: "x", node: "a", cost: "-1" }), aPod({ node: "a" })],
  ["a bad cost counts as none", aPod({ name: "x", node: "a", cost: "+5" }), aPod({ node: "a", cost: "1" })],
  ["ready for the shorter time", aPod({ name: "x", node: "a", ready: "2026-01-01T11:00:00Z", restarts: 0 }), aPod({ node: "a", ready: "2026-01-01T01:00:00Z", restarts: 9 })],
  ["restarted more often", aPod({ name: "x", node: "a", ready: false, restarts: 3 }), aPod({ node: "a", ready: false, restarts: 2 })],
  ["younger", aPod({ name: "x", node: "a", ready: false, created: "2026-01-01T11:00:00Z" }), aPod({ node: "a", ready: false, created: "2026-01-01T01:00:00Z" })],
  ["of about the same age, the smaller uid", aPod({ name: "x", uid: "a", node: "a", ready: false, created: "2026-01-01T01:00:00Z" }), aPod({ uid: "b", node: "a", ready: false, created: "2026-01-01T01:00:01Z" })],
];
for (const [name, first, second] of cases) {
  test(`deleted first: ${name}`, (t) => {
    t.deepEqual(victims([second, first], 1), ["x"]);
    t.deepEqual(victims([first, second], 1), ["x"]);
  });
}

test("deleted first: on the node with most pods of the same owner, other versions included", (t) => {
  const mine = [aPod({ name: "x", node: "full", ready: "2026-01-01T00:00:00Z" }), aPod({ name: "y", node: "empty", ready: "2026-01-01T11:00:00Z" })];
  t.deepEqual(victims(mine, 1, [...mine, aPod({ node: "full" })]), ["x"]);
});
