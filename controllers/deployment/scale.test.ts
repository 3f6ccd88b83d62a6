import test from "ava";
import fc from "fast-check";
import type { ReplicaSet } from "../../api/wire.ts";
import { aDeployment, aReplicaSet } from "../testing/objects.ts";
import { maxSurge, maxUnavailable } from "./limits.ts";
import { isScalingEvent, nextSizeOfNewest, planOldScaleDown, planScaling, type Resize } from "./scale.ts";

const sizes = (plan: readonly Resize[]) => Object.fromEntries(plan.map(({ set, replicas }) => [set.metadata.name, replicas]));

test("percentages: surge is rounded up, unavailability down, never both nothing", (t) => {
  const of = (replicas: number, surge: number | string, unavailable: number | string) => {
    const deployment = aDeployment({ replicas, maxSurge: surge, maxUnavailable: unavailable });
    return [maxSurge(deployment), maxUnavailable(deployment)];
  };
  t.deepEqual(of(10, "25%", "25%"), [3, 2]);
  t.deepEqual(of(1, "25%", "25%"), [1, 0]);
  t.deepEqual(of(3, 0, "10%"), [0, 1]);
  t.deepEqual(of(2, 5, 9), [5, 2]);
  t.deepEqual(of(0, 1, 1), [1, 0]);
});

test("the newest set grows by the surge, and to the end when the old ones are gone", (t) => {
  const deployment = aDeployment({ replicas: 10 });
  const newest = aReplicaSet({ name: "new", replicas: 0 });
  t.is(nextSizeOfNewest(deployment, [aReplicaSet({ replicas: 10 })], newest), 3);
  t.is(nextSizeOfNewest(deployment, [], newest), 10);
  t.is(nextSizeOfNewest(deployment, [], aReplicaSet({ replicas: 12 })), 10);
  t.is(nextSizeOfNewest(aDeployment({ replicas: 4, recreate: true }), [], newest), 4);
  t.is(nextSizeOfNewest(deployment, [aReplicaSet({ replicas: 5, actual: 11 })], newest), 2, "pods that are to go take room");
  const unseen = aReplicaSet({ replicas: 5 });
  t.is(nextSizeOfNewest(deployment, [{ ...unseen, metadata: { ...unseen.metadata, generation: 2 } }], newest), 0, "not known how many it has");
});

test("old sets shrink by what availability allows; what is not healthy goes first", (t) => {
  const deployment = aDeployment({ replicas: 10, maxSurge: 2, maxUnavailable: 2 });
  const newest = aReplicaSet({ name: "new", replicas: 2, available: 0 });
  t.deepEqual(sizes(planOldScaleDown(deployment, { newest, old: [aReplicaSet({ name: "old", replicas: 10 })] })), { old: 8 });
  const broken = [aReplicaSet({ name: "broken", replicas: 3, available: 0, created: "2026-01-02T00:00:00Z" }), aReplicaSet({ name: "old", replicas: 7 })];
  t.deepEqual(sizes(planOldScaleDown(deployment, { newest, old: broken })), { broken: 1 });
  t.deepEqual(sizes(planOldScaleDown(deployment, { newest: aReplicaSet({ replicas: 10 }), old: broken })), { broken: 0, old: 0 });
});

test("in proportion: what was added to the Deployment is spread over its sets, the rest to the largest", (t) => {
  const deployment = aDeployment({ replicas: 20, maxSurge: 5, maxUnavailable: 0 });
  const annotations = { "deployment.kubernetes.io/desired-replicas": "10", "deployment.kubernetes.io/max-replicas": "15" };
  const newest = aReplicaSet({ name: "new", replicas: 5, annotations });
  const old = [aReplicaSet({ name: "old", replicas: 10, annotations })];
  t.true(isScalingEvent(deployment, { newest, old }));
  t.deepEqual(sizes(planScaling(deployment, { newest, old })), { old: 17, new: 8 });
  t.deepEqual(sizes(planScaling(aDeployment({ replicas: 0 }), { newest, old })), { old: 0, new: 0 });
});

test("a single set takes all; a finished rollout leaves nothing old", (t) => {
  t.deepEqual(sizes(planScaling(aDeployment({ replicas: 7 }), { newest: aReplicaSet({ name: "new", replicas: 3 }), old: [aReplicaSet({ name: "old" })] })), { new: 7 });
  const done = aReplicaSet({ name: "new", replicas: 3, annotations: { "deployment.kubernetes.io/desired-replicas": "3" } });
  t.deepEqual(sizes(planScaling(aDeployment({ replicas: 3 }), { newest: done, old: [aReplicaSet({ name: "old", replicas: 2 })] })), { old: 0 });
});

test("no step of any rollout goes beyond the surge or below what must be available", (t) => {
  const set = fc.record({ replicas: fc.nat(12), available: fc.nat(12) });
  fc.assert(
    fc.property(fc.nat(12), fc.nat(5), fc.nat(5), set, fc.array(set, { maxLength: 3 }), (replicas, surge, unavailable, newestFields, oldFields) => {
      const deployment = aDeployment({ replicas, maxSurge: surge, maxUnavailable: unavailable });
      const newest = aReplicaSet({ name: "new", ...newestFields });
      const old = oldFields.map((fields, index) => aReplicaSet({ name: `old-${index}`, ...fields }));
      const all = [newest, ...old];
      const total = (sets: readonly ReplicaSet[]) => sets.reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0);
      const grown = nextSizeOfNewest(deployment, old, newest);
      if (grown > newestFields.replicas) t.true(total(old) + grown <= replicas + maxSurge(deployment));
      const plan = planOldScaleDown(deployment, { newest, old });
      const after = (candidate: ReplicaSet) => plan.find((resize) => resize.set === candidate)?.replicas ?? candidate.spec?.replicas ?? 0;
      // A status may be late and count pods that are going already: those beyond the set's size.
      const available = (candidate: ReplicaSet, size: number) => Math.min(size, candidate.spec?.replicas ?? 0, candidate.status?.availableReplicas ?? 0);
      const availableBefore = all.reduce((sum, candidate) => sum + available(candidate, candidate.spec?.replicas ?? 0), 0);
      const availableAfter = all.reduce((sum, candidate) => sum + available(candidate, after(candidate)), 0);
      const must = replicas - maxUnavailable(deployment);
      t.true(availableAfter >= Math.min(must, availableBefore), `${availableBefore} → ${availableAfter}, must ${must}`);
      for (const { replicas: size } of plan) t.true(size >= 0);
    }),
    { numRuns: 2000 },
  );
});
