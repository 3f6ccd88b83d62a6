import test from "ava";
import { aDeployment, aReplicaSet } from "../testing/objects.ts";
import { maxRevision, newSetAnnotations, revisionOf } from "./annotations.ts";
import { buildNewSet, splitSets } from "./replica-sets.ts";

test("a set that becomes the newest again takes the next revision and remembers the old one", (t) => {
  const deployment = aDeployment();
  const history = "deployment.kubernetes.io/revision-history";
  const once = newSetAnnotations(deployment, { "deployment.kubernetes.io/revision": "1" }, 3, false);
  t.is(revisionOf({ metadata: { annotations: once } }), 3);
  t.is(once[history], "1");
  const twice = newSetAnnotations(deployment, once, 5, false);
  t.is(twice[history], "1,3");
  t.deepEqual(newSetAnnotations(deployment, twice, 5, false), twice);
  const long = newSetAnnotations(deployment, { "deployment.kubernetes.io/revision": "7", [history]: Array.from({ length: 900 }, () => "66").join(",") }, 8, false);
  t.true((long[history]?.length ?? 0) <= 2000);
  t.true(long[history]?.endsWith(",7"));
});

test("the Deployment's annotations are handed on, but not its own bookkeeping", (t) => {
  const deployment = aDeployment({ replicas: 4, maxSurge: 1 });
  deployment.metadata.annotations = { "kubernetes.io/change-cause": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}", "deployment.kubernetes.io/revision": "9" };
  t.deepEqual(newSetAnnotations(deployment, {}, 2, true), {
    "kubernetes.io/change-cause": "x",
    "deployment.kubernetes.io/revision": "2",
    "deployment.kubernetes.io/desired-replicas": "4",
    "deployment.kubernetes.io/max-replicas": "5",
  });
});

test("the newest set is found by its template, whatever its hash; the oldest of equals", (t) => {
  const deployment = aDeployment({ image: "b" });
  const [a, b, c] = [aReplicaSet({ image: "a", revision: 4 }), aReplicaSet({ name: "b2", image: "b", created: "2026-01-03T00:00:00Z" }), aReplicaSet({ name: "b1", image: "b", created: "2026-01-02T00:00:00Z", revision: 7 })];
  const sets = splitSets(deployment, [a, b, c]);
  t.is(sets.newest?.metadata.name, "b1");
  t.is(maxRevision(sets.old), 4);
});

test("name and hash follow from template and collision count alone", (t) => {
  const one = buildNewSet(aDeployment(), 1);
  t.is(one.metadata.name, buildNewSet(aDeployment(), 2).metadata.name);
  t.regex(one.metadata.name ?? "", /^d-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  t.not(one.metadata.name, buildNewSet(aDeployment({ status: { collisionCount: 1 } }), 1).metadata.name);
  t.not(one.metadata.name, buildNewSet(aDeployment({ image: "j" }), 1).metadata.name);
  const hash = one.metadata.labels?.["pod-template-hash"];
  t.is(one.spec?.selector.matchLabels?.["pod-template-hash"], hash);
  t.is(one.spec?.template?.metadata?.labels?.["pod-template-hash"], hash);
  t.like(one.metadata.ownerReferences?.[0], { kind: "Deployment", name: "d", controller: true, blockOwnerDeletion: true });
});
