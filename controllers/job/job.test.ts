import assert from "node:assert/strict";
import test from "ava";
import fc from "fast-check";
import { coreEvents, cronjobs, jobs, pods, serviceaccounts } from "../../api/resources.ts";
import type { CronJob, Job, Pod } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { clusterTest } from "../testing/cluster-test.ts";
import { aPod } from "../testing/objects.ts";
import type { TestCluster } from "../testing/test-cluster.ts";
import { judgeFailure } from "./failure-policy.ts";
import { IndexSet } from "./indexes.ts";
import { conditionOf } from "./outcome.ts";

const key = { namespace: "default", name: "work" };
const podSpec = (more: Partial<NonNullable<Pod["spec"]>> = {}) => ({ restartPolicy: "Never", terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: "work:1" }], ...more });
const aJob = (spec: Partial<NonNullable<Job["spec"]>> = {}): Job => ({ apiVersion: "batch/v1", kind: "Job", metadata: key, spec: { template: { spec: podSpec() }, ...spec } });

test("sets of indexes read and write intervals", (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(40)), fc.array(fc.nat(40)), (left, right) => {
      const [a, b] = [IndexSet.parse(""), IndexSet.parse("")];
      for (const index of left) a.add(index);
      for (const index of right) b.add(index);
      const members = new Set(left);
      t.is(a.size, members.size);
      for (let index = 0; index <= 40; index++) t.is(a.has(index), members.has(index));
      t.is(String(IndexSet.parse(String(a))), String(a));
      const again = IndexSet.parse(String(a));
      const whole = IndexSet.parse("0-40");
      for (let index = 0; index <= 40; index++) again.add(index);
      t.is(String(again), String(whole));
      t.is(a.countIn(b), [...members].filter((index) => right.includes(index)).length);
    }),
  );
  const set = IndexSet.parse("0,2-4,7");
  set.add(1);
  set.add(6);
  t.is(String(set), "0-4,6,7");
});

test("failure policy: the first rule that matches decides", (t) => {
  const job = aJob({
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "FailJob", onExitCodes: { containerName: "c", operator: "In", values: [42] } },
        { action: "Count", onExitCodes: { operator: "NotIn", values: [0, 1] } },
      ],
    },
  });
  const failed = (exitCode: number, type = "Ready"): Pod => {
    const pod = aPod({ name: "p", phase: "Failed" });
    return { ...pod, status: { ...pod.status, conditions: [{ type, status: "True" }], containerStatuses: [{ name: "c", image: "", imageID: "", ready: false, restartCount: 0, state: { terminated: { exitCode } } }] } };
  };
  t.deepEqual(judgeFailure(job, failed(42)), { action: "FailJob", message: "Container c for pod ns/p failed with exit code 42 matching FailJob rule at index 1" });
  t.is(judgeFailure(job, failed(42, "DisruptionTarget")).action, "Ignore");
  t.is(judgeFailure(job, failed(7)).action, "Count");
  t.is(judgeFailure(job, failed(1)).message, undefined);
});

const podsOf = async (cluster: TestCluster) => [...(await cluster.admin.list(pods, { namespace: "default" })).items];
const read = (cluster: TestCluster): Promise<Job> => cluster.admin.get(jobs, key);
const untilCondition = (cluster: TestCluster, type: string, limit_ms?: number) =>
  cluster.eventually(async () => {
    const job = await read(cluster);
    assert.ok(conditionOf(job, type), JSON.stringify(job.status));
    return job;
  }, limit_ms);

/** Ends a pod at once with an exit code that the test chooses for it. */
const ending = (codeOf: (pod: Pod) => number | undefined) => (pod: Pod) => ({ ready_ms: 10, stop_ms: 10, end_ms: codeOf(pod) === undefined ? undefined : 20, exitCode: codeOf(pod) ?? 0 });

clusterTest("as many successes as wanted, never more at once than allowed; each counted once", async (t, cluster) => {
  cluster.startManager({ lag_ms: 120 });
  cluster.startNodes({ behaviour: ending(() => 0) });
  await cluster.admin.create(jobs, aJob({ completions: 7, parallelism: 3 }));
  let most = 0;
  const done = await cluster.eventually(async () => {
    most = Math.max(most, (await podsOf(cluster)).filter(({ status }) => status?.phase !== "Succeeded").length);
    const job = await read(cluster);
    assert.ok(conditionOf(job, "Complete"));
    return job;
  });
  t.true(most <= 3, `${most} at once`);
  t.like(done.status, { succeeded: 7, terminating: 0, uncountedTerminatedPods: {} });
  t.is(done.status?.active, undefined);
  t.truthy(done.status?.completionTime);
  t.like(conditionOf(done, "SuccessCriteriaMet"), { reason: "CompletionsReached", message: "Reached expected number of succeeded pods" });
  const all = await podsOf(cluster);
  t.is(all.length, 7);
  await cluster.eventually(async () => assert.ok((await podsOf(cluster)).every(({ metadata }) => metadata.finalizers === undefined)));
  await cluster.eventually(async () => assert.ok((await cluster.admin.list(coreEvents, { namespace: "default" })).items.some(({ reason, message }) => reason === "Completed" && message === "Job completed")));
});

clusterTest("failures are repeated with growing pauses, up to the limit", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: ending(() => 1) });
  await cluster.admin.create(jobs, aJob({ backoffLimit: 2 }));
  await cluster.pass(8000);
  t.is((await podsOf(cluster)).length, 1);
  await cluster.pass(4000);
  t.is((await podsOf(cluster)).length, 2);
  const failed = await untilCondition(cluster, "Failed");
  t.like(conditionOf(failed, "Failed"), { reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" });
  t.truthy(conditionOf(failed, "FailureTarget"));
  t.is(failed.status?.failed, 3);
});

clusterTest("a deadline ends what runs", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes();
  await cluster.admin.create(jobs, aJob({ parallelism: 2, completions: 2, activeDeadlineSeconds: 30 }));
  await cluster.eventually(async () => assert.equal((await read(cluster)).status?.ready, 2));
  const failed = await untilCondition(cluster, "Failed");
  t.like(conditionOf(failed, "Failed"), { reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" });
  t.like(failed.status, { failed: 2, terminating: 0 });
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).length, 0));
});

clusterTest("suspended: nothing runs and nothing is counted; resumed: it begins anew", async (t, cluster) => {
  cluster.startManager();
  const finish = { now: false };
  cluster.startNodes({ behaviour: ending(() => (finish.now ? 0 : undefined)) });
  await cluster.admin.create(jobs, aJob({ parallelism: 2, completions: 2, suspend: true }));
  await untilCondition(cluster, "Suspended");
  t.is((await podsOf(cluster)).length, 0);
  t.is((await read(cluster)).status?.startTime, undefined);
  await cluster.admin.patch(jobs, key, "merge", { spec: { suspend: false } });
  await cluster.eventually(async () => assert.equal((await read(cluster)).status?.active, 2));
  await cluster.admin.patch(jobs, key, "merge", { spec: { suspend: true } });
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).length, 0));
  t.is((await read(cluster)).status?.failed, undefined);
  finish.now = true;
  await cluster.admin.patch(jobs, key, "merge", { spec: { suspend: false } });
  t.is((await untilCondition(cluster, "Complete")).status?.succeeded, 2);
});

clusterTest("indexed: each index once, its number in name, label and environment; failed ones again", async (t, cluster) => {
  cluster.startManager();
  const failedOnce = new Set<string>();
  const index = (pod: Pod) => pod.metadata.labels?.["batch.kubernetes.io/job-completion-index"] ?? "";
  const code = (pod: Pod) => {
    if (index(pod) !== "1" || failedOnce.has("done")) return 0;
    return 1;
  };
  cluster.startNodes({ behaviour: ending(code) });
  await cluster.admin.create(jobs, aJob({ completions: 4, parallelism: 4, completionMode: "Indexed" }));
  await cluster.eventually(async () => assert.equal((await read(cluster)).status?.completedIndexes, "0,2,3"));
  failedOnce.add("done");
  const done = await untilCondition(cluster, "Complete");
  t.like(done.status, { completedIndexes: "0-3", succeeded: 4, failed: 1 });
  const all = await podsOf(cluster);
  t.deepEqual(all.map(index).sort(), ["0", "1", "1", "2", "3"]);
  for (const pod of all) {
    t.true(pod.metadata.name?.startsWith(`work-${index(pod)}-`));
    t.is(pod.spec?.hostname, `work-${index(pod)}`);
    t.true(pod.spec?.containers[0]?.env?.some(({ name }) => name === "JOB_COMPLETION_INDEX"));
  }
});

clusterTest("a limit for each index: the job goes on without those that failed, and fails in the end", async (t, cluster) => {
  cluster.startManager();
  const index = (pod: Pod) => Number(pod.metadata.labels?.["batch.kubernetes.io/job-completion-index"]);
  cluster.startNodes({ behaviour: ending((pod) => (index(pod) === 2 ? 1 : 0)) });
  await cluster.admin.create(jobs, aJob({ completions: 4, parallelism: 2, completionMode: "Indexed", backoffLimitPerIndex: 1 }));
  const failed = await untilCondition(cluster, "Failed");
  t.like(failed.status, { completedIndexes: "0,1,3", failedIndexes: "2", failed: 2 });
  t.like(conditionOf(failed, "Failed"), { reason: "FailedIndexes", message: "Job has failed indexes" });
});

clusterTest("success policy: enough is enough", async (t, cluster) => {
  cluster.startManager();
  const index = (pod: Pod) => Number(pod.metadata.labels?.["batch.kubernetes.io/job-completion-index"]);
  cluster.startNodes({ behaviour: ending((pod) => (index(pod) === 0 ? 0 : undefined)) });
  await cluster.admin.create(jobs, aJob({ completions: 3, parallelism: 3, completionMode: "Indexed", successPolicy: { rules: [{ succeededIndexes: "0" }] } }));
  const done = await untilCondition(cluster, "Complete");
  t.like(conditionOf(done, "SuccessCriteriaMet"), { reason: "SuccessPolicy", message: "Matched rules at index 0" });
  t.like(done.status, { completedIndexes: "0", succeeded: 1 });
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).length, 1));
});

clusterTest("pods that vanish, managers that die at every write: each success is counted once", async (t, cluster) => {
  let kills = 0;
  await cluster.admin.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: "default", name: "default" } });
  const start = (nth: number) => {
    const manager = cluster.startManager({ only: ["job-controller"] });
    let writes = 0;
    manager[nth % 2 === 0 ? "beforeWrite" : "afterWrite"] = (request) => {
      if (request.url.includes("/events") || kills >= 40 || ++writes !== nth) return;
      kills++;
      manager.kill();
      cluster.clock.after(60, () => start((nth % 4) + 1));
      throw new Error("killed");
    };
  };
  start(3);
  cluster.startNodes({ behaviour: ending(() => 0) });
  await cluster.admin.create(jobs, aJob({ completions: 12, parallelism: 4 }));
  const seen = new Set<string | undefined>();
  const done = await cluster.eventually(async () => {
    for (const pod of await podsOf(cluster)) {
      seen.add(pod.metadata.uid);
      if (pod.status?.phase === "Succeeded" && pod.metadata.deletionTimestamp === undefined) await cluster.admin.delete(pods, { namespace: "default", name: pod.metadata.name ?? "" }).catch(() => undefined);
    }
    const job = await read(cluster);
    assert.ok(conditionOf(job, "Complete"));
    return job;
  }, 120_000);
  t.is(done.status?.succeeded, 12);
  t.is(done.status?.failed, undefined);
  t.is(seen.size, 12, "none was made for a success that was counted");
  t.true(kills >= 6, `${kills} kills`);
});

clusterTest("a deleted job lets its pods go; a finished one goes when its time to live is over", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: ending(() => 0) });
  await cluster.admin.create(jobs, aJob({ ttlSecondsAfterFinished: 100 }));
  await untilCondition(cluster, "Complete");
  await cluster.pass(95_000, 1000);
  t.is((await podsOf(cluster)).length, 1);
  await cluster.eventually(() => assert.rejects(read(cluster), (error) => isReason(error, "NotFound")));
  await cluster.eventually(async () => assert.equal((await podsOf(cluster)).length, 0));
});

const aCron = (spec: Partial<NonNullable<CronJob["spec"]>> = {}): CronJob => ({ apiVersion: "batch/v1", kind: "CronJob", metadata: key, spec: { schedule: "*/10 * * * *", jobTemplate: { spec: { template: { spec: podSpec() } } }, ...spec } });
const jobsOf = async (cluster: TestCluster) => [...(await cluster.admin.list(jobs, { namespace: "default" })).items];

clusterTest("a job at each time, once; the history is kept short", async (t, cluster) => {
  cluster.startManager();
  cluster.startNodes({ behaviour: ending(() => 0) });
  await cluster.admin.create(cronjobs, aCron({ successfulJobsHistoryLimit: 2 }));
  await cluster.pass(9 * 60_000, 5000);
  t.is((await jobsOf(cluster)).length, 0);
  await cluster.pass(90_000, 1000);
  const [first] = await jobsOf(cluster);
  t.is(first?.metadata.name, `work-${Date.parse("2026-01-01T00:10:00Z") / 60_000}`);
  t.is(first?.metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"], "2026-01-01T00:10:00Z");
  await cluster.pass(41 * 60_000, 5000);
  const kept = await cluster.eventually(async () => {
    const list = await jobsOf(cluster);
    assert.equal(list.length, 2);
    return list;
  });
  t.deepEqual(kept.map(({ metadata }) => metadata.name).sort(), ["00:40", "00:50"].map((time) => `work-${Date.parse(`2026-01-01T${time}:00Z`) / 60_000}`));
  const { status } = await cluster.admin.get(cronjobs, key);
  t.is(status?.lastScheduleTime, "2026-01-01T00:50:00Z");
  t.truthy(status?.lastSuccessfulTime);
  t.is(status?.active, undefined);
});

for (const [concurrencyPolicy, running] of [["Allow", 3], ["Forbid", 1], ["Replace", 1]] as const) {
  clusterTest(`jobs that take longer than the time between them: ${concurrencyPolicy}`, async (t, cluster) => {
    cluster.startManager();
    cluster.startNodes();
    await cluster.admin.create(cronjobs, aCron({ concurrencyPolicy }));
    await cluster.pass(31 * 60_000, 5000);
    const list = await cluster.eventually(async () => {
      const found = await jobsOf(cluster);
      assert.equal(found.length, running);
      return found;
    });
    t.is((await cluster.admin.get(cronjobs, key)).status?.active?.length, running);
    t.is(list.some(({ metadata }) => metadata.name === `work-${Date.parse("2026-01-01T00:30:00Z") / 60_000}`), concurrencyPolicy !== "Forbid");
  });
}

clusterTest("suspended, and after a time away: the latest missed time is made up for, older ones are not", async (t, cluster) => {
  await cluster.admin.create(cronjobs, aCron({ suspend: true }));
  const manager = cluster.startManager();
  cluster.startNodes();
  await cluster.pass(15 * 60_000, 5000);
  t.is((await jobsOf(cluster)).length, 0);
  await cluster.admin.patch(cronjobs, key, "merge", { spec: { suspend: false } });
  await cluster.eventually(async () => assert.equal((await jobsOf(cluster)).length, 1));
  await manager.stop();
  await cluster.pass(34 * 60_000, 10_000);
  cluster.startManager();
  await cluster.eventually(async () => assert.equal((await jobsOf(cluster)).length, 2));
  await cluster.pass(5000);
  t.deepEqual((await jobsOf(cluster)).map(({ metadata }) => metadata.name).sort(), ["00:10", "00:40"].map((time) => `work-${Date.parse(`2026-01-01T${time}:00Z`) / 60_000}`));
});
