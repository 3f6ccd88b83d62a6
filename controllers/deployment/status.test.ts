import test from "ava";
import type { Deployment } from "../../api/wire.ts";
import { aDeployment, aReplicaSet } from "../testing/objects.ts";
import { findCondition } from "./conditions.ts";
import { isComplete, rolloutStatus } from "./status.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const progress = (status: Deployment["status"]) => {
  const condition = findCondition(status?.conditions, "Progressing");
  return condition && [condition.status, condition.reason, condition.message];
};

test("a rollout: progressing, complete, and complete for good", (t) => {
  const newest = aReplicaSet({ name: "web-1", replicas: 3, available: 1 });
  const first = rolloutStatus(aDeployment(), { newest, old: [] }, NOW);
  t.deepEqual(progress(first), ["True", "ReplicaSetUpdated", 'ReplicaSet "web-1" is progressing.']);
  t.like(findCondition(first.conditions, "Available"), { status: "False", reason: "MinimumReplicasUnavailable", message: "Deployment does not have minimum availability." });
  t.like(first, { replicas: 3, updatedReplicas: 3, availableReplicas: 1, unavailableReplicas: 2, terminatingReplicas: 0 });
  const deployment = aDeployment({ status: first });
  const done = rolloutStatus(deployment, { newest: aReplicaSet({ name: "web-1", replicas: 3 }), old: [] }, NOW + 5000);
  t.deepEqual(progress(done), ["True", "NewReplicaSetAvailable", 'ReplicaSet "web-1" has successfully progressed.']);
  t.true(isComplete(deployment, done));
  t.is(findCondition(done.conditions, "Progressing")?.lastTransitionTime, findCondition(first.conditions, "Progressing")?.lastTransitionTime);
  const lost = rolloutStatus(aDeployment({ status: done }), { newest: aReplicaSet({ name: "web-1", replicas: 3, available: 0 }), old: [] }, NOW + 900_000);
  t.is(findCondition(lost.conditions, "Progressing")?.reason, "NewReplicaSetAvailable");
});

test("the deadline passes only when nothing moves", (t) => {
  const newest = aReplicaSet({ name: "web-1", replicas: 3, available: 1 });
  const first = rolloutStatus(aDeployment({ deadline_s: 60 }), { newest, old: [] }, NOW);
  const still = aDeployment({ deadline_s: 60, status: first });
  t.is(findCondition(rolloutStatus(still, { newest, old: [] }, NOW + 60_000).conditions, "Progressing")?.reason, "ReplicaSetUpdated");
  const late = rolloutStatus(still, { newest, old: [] }, NOW + 61_000);
  t.deepEqual(progress(late), ["False", "ProgressDeadlineExceeded", 'ReplicaSet "web-1" has timed out progressing.']);
  const moves = rolloutStatus(still, { newest: aReplicaSet({ name: "web-1", replicas: 3, available: 2 }), old: [] }, NOW + 61_000);
  t.is(findCondition(moves.conditions, "Progressing")?.reason, "ReplicaSetUpdated");
  t.is(findCondition(moves.conditions, "Progressing")?.lastUpdateTime, "2026-01-01T01:01:01Z");
  const none = rolloutStatus(aDeployment({ deadline_s: 2 ** 31 - 1, status: first }), { newest, old: [] }, NOW);
  t.is(findCondition(none.conditions, "Progressing"), undefined);
});

test("a set's failure shows, the newest one's first, and goes with it", (t) => {
  const failing = (name: string, message: string) => {
    const set = aReplicaSet({ name, replicas: 1, actual: 0, available: 0 });
    return { ...set, status: { replicas: 0, ...set.status, conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message, lastTransitionTime: "2026-01-01T00:00:00Z" }] } };
  };
  const status = rolloutStatus(aDeployment(), { newest: failing("new", "quota"), old: [failing("old", "other")] }, NOW);
  t.like(findCondition(status.conditions, "ReplicaFailure"), { status: "True", reason: "FailedCreate", message: "quota" });
  const after = rolloutStatus(aDeployment({ status }), { newest: aReplicaSet({ replicas: 1 }), old: [] }, NOW);
  t.is(findCondition(after.conditions, "ReplicaFailure"), undefined);
});

test("unknown while one set does not say how many are terminating", (t) => {
  const { terminatingReplicas: _, ...status } = aReplicaSet({ replicas: 1 }).status ?? { replicas: 0 };
  const silent = { ...aReplicaSet({ replicas: 1 }), status };
  t.is(rolloutStatus(aDeployment(), { newest: aReplicaSet({ replicas: 1 }), old: [silent] }, NOW).terminatingReplicas, undefined);
});

test("one of no replicas is complete, though its counts are left out of what is stored", (t) => {
  t.true(isComplete(aDeployment({ replicas: 0 }), { observedGeneration: 1 }));
});

test("pods that could not be made count as unavailable", (t) => {
  const refused = aReplicaSet({ replicas: 4, actual: 2, available: 2 });
  t.like(rolloutStatus(aDeployment({ replicas: 4 }), { newest: refused, old: [] }, NOW), { replicas: 2, unavailableReplicas: 2 });
});
