import test from "ava";
import type { PodDisruptionBudget } from "../../api/wire.ts";
import { aPod } from "../testing/objects.ts";
import { countHealthy, expectations, needsScale, pendingDisruptions } from "./expected.ts";
import { budgetStatus, failedStatus, sameBudgetStatus, selectorText } from "./status.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const budget = (spec: PodDisruptionBudget["spec"], status?: PodDisruptionBudget["status"]): PodDisruptionBudget => ({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b", namespace: "ns", generation: 3 }, ...(spec ? { spec } : {}), ...(status ? { status } : {}) });

test("how many there should be, and how many healthy", (t) => {
  const of = (spec: PodDisruptionBudget["spec"]) => Object.values(expectations(budget(spec), 7, 10));
  t.deepEqual(of({ minAvailable: 5 }), [7, 5]);
  t.deepEqual(of({ minAvailable: "45%" }), [10, 5]);
  t.deepEqual(of({ maxUnavailable: 3 }), [10, 7]);
  t.deepEqual(of({ maxUnavailable: "25%" }), [10, 7]);
  t.deepEqual(of({ maxUnavailable: 30 }), [10, 0]);
  t.deepEqual(of({}), [0, 0]);
  t.false(needsScale(budget({ minAvailable: 5 })));
  t.true(needsScale(budget({ minAvailable: "5%" })));
});

test("evictions that were let through count until their pod goes or two minutes are over", (t) => {
  const pods = [aPod({ name: "fresh" }), aPod({ name: "late" }), aPod({ name: "going", deleting: true }), aPod({ name: "other" })];
  const disruptedPods = { fresh: "2026-01-01T00:59:00Z", late: "2026-01-01T00:57:59Z", going: "2026-01-01T00:59:30Z", gone: "2026-01-01T00:59:30Z" };
  const status = { disruptedPods, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 };
  const { disrupted, expired, next_ms } = pendingDisruptions(budget({}, status), pods, NOW);
  t.deepEqual(disrupted, { fresh: "2026-01-01T00:59:00Z" });
  t.deepEqual(expired.map(({ metadata }) => metadata.name), ["late"]);
  t.is(next_ms, 60_000);
  t.is(countHealthy([...pods, aPod({ ready: false })], disrupted), 2);
});

test("what is allowed, and why not", (t) => {
  const allowed = budgetStatus(budget({}), { healthy: 5, desired: 3, expected: 5 }, {}, NOW);
  t.like(allowed, { disruptionsAllowed: 2, observedGeneration: 3, conditions: [{ type: "DisruptionAllowed", status: "True", reason: "SufficientPods" }] });
  const later = budgetStatus(budget({}, allowed), { healthy: 4, desired: 3, expected: 5 }, {}, NOW + 9000);
  t.is(later.conditions?.[0]?.lastTransitionTime, allowed.conditions?.[0]?.lastTransitionTime);
  t.like(budgetStatus(budget({}, allowed), { healthy: 2, desired: 3, expected: 5 }, {}, NOW), { disruptionsAllowed: 0, conditions: [{ status: "False", reason: "InsufficientPods" }] });
  t.is(budgetStatus(budget({}), { healthy: 2, desired: 0, expected: 0 }, {}, NOW).disruptionsAllowed, 0);
  t.like(failedStatus(budget({}, allowed), "no scale", NOW), { disruptionsAllowed: 0, currentHealthy: 5, conditions: [{ status: "False", reason: "SyncFailed", message: "no scale" }] });
  t.true(sameBudgetStatus(allowed, { ...allowed }));
  t.false(sameBudgetStatus(undefined, allowed));
});

test("a selector in an event's words", (t) => {
  t.is(selectorText({}), "&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}");
  const selector = { matchLabels: { b: "2", a: "1" }, matchExpressions: [{ key: "c", operator: "In", values: ["x", "y"] }] };
  t.is(selectorText(selector), "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:c,Operator:In,Values:[x y],},},}");
});
