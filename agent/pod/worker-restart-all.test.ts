import test from "ava";
import type { Container } from "../../api/wire.ts";
import { conditionOf, containerOf, PodBench, podOf } from "../testing/pod-bench.ts";

const RULE: Partial<Container> = { restartPolicy: "Never", restartPolicyRules: [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }] };

test("one exit restarts every container, init containers too: stopped, forgotten, started anew with their counts", async (t) => {
  const pod = podOf({ restartPolicy: "Never", initContainers: [containerOf("i")], containers: [containerOf("a", RULE), containerOf("b")] });
  const bench = await PodBench.start(pod, (prepared) => {
    prepared.runtime.program = (config) => (config.metadata?.name === "i" ? { runs_ms: 0 } : { onTerm: 0 });
  });
  try {
    await bench.reaches(t, "Running | i=terminated(Completed 0) ready r0 | a=running ready started r0 | b=running ready started r0");
    t.is(conditionOf(bench.last, "AllContainersRestarting"), "False");
    bench.runtime.exit(bench.runtime.containers("a")[0]?.id ?? "", 42);
    await bench.reaches(t, "Running | i=terminated(Completed 0) ready r1 | a=running ready started r1 | b=running ready started r1");
    t.deepEqual(bench.events.filter((event) => event.reason === "Killing"), [{ type: "Normal", reason: "Killing", message: "killing", fieldPath: "spec.containers{b}" }]);
    t.true(bench.statuses.some((status) => conditionOf(status, "AllContainersRestarting") === "True(RestartAllContainersStarted)"));
    t.true(bench.path.some((point) => point.endsWith("a=waiting(RestartingAllContainers) r1 | b=waiting(RestartingAllContainers) r1")), bench.path.join("\n"));
    const last = { exitCode: 137, reason: "RestartingAllContainers", message: "The container is removed because RestartAllContainers in place" };
    t.deepEqual(bench.last?.containerStatuses?.map((status) => status.lastState), [{ terminated: last }, { terminated: last }]);
    t.is(conditionOf(bench.last, "AllContainersRestarting"), "False");
    t.deepEqual(["i", "a", "b"].map((name) => bench.runtime.containers(name).length), [1, 1, 1]);
  } finally {
    await bench.close();
  }
});

test("an end that no rule names is final; a second round keeps a distance from the first", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", containers: [containerOf("a", RULE), containerOf("b")] }));
  const end = (code: number) => bench.runtime.exit(bench.runtime.containers("a")[0]?.id ?? "", code);
  try {
    await bench.until("all run", () => bench.last?.phase === "Running");
    end(42);
    await bench.reaches(t, "Running | a=running ready started r1 | b=running ready started r1");
    end(42);
    await bench.advance(1_000);
    t.is(bench.path.at(-1), "Running | a=terminated(Error 42) r1 | b=running ready started r1");
    await bench.advance(1_500);
    await bench.reaches(t, "Running | a=running ready started r2 | b=running ready started r2");
    end(1);
    await bench.reaches(t, "Running | a=terminated(Error 1) r2 | b=running ready started r2");
  } finally {
    await bench.close();
  }
});

test("an agent that starts in the middle goes on counting", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", containers: [containerOf("a", RULE), containerOf("b")] }));
  try {
    await bench.until("all run", () => bench.last?.phase === "Running");
    bench.runtime.before = (verb) => (verb === "CreateContainer" && bench.runtime.containers("a").length === 0 ? new Promise(() => {}) : undefined);
    bench.runtime.exit(bench.runtime.containers("a")[0]?.id ?? "", 42);
    await bench.until("all are forgotten", () => bench.path.at(-1)?.endsWith("a=waiting(RestartingAllContainers) r1 | b=waiting(RestartingAllContainers) r1") === true);
    bench.runtime.before = () => {};
    bench.pod = { ...bench.pod, status: bench.last ?? {} };
    bench.startWorker();
    await bench.reaches(t, "Running | a=running ready started r1 | b=running ready started r1");
  } finally {
    await bench.close();
  }
});

test("a container that ends before its neighbour was ever started waits for it: all count one restart", async (t) => {
  let round = 0;
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", containers: [containerOf("a", RULE), containerOf("b")] }), (prepared) => {
    prepared.runtime.program = (config) => (config.metadata?.name === "a" && round++ === 0 ? { runs_ms: 0, exitCode: 42 } : { onTerm: 0 });
  });
  try {
    await bench.reaches(t, "Running | a=running ready started r1 | b=running ready started r1");
  } finally {
    await bench.close();
  }
});

test("those that are stopped for it get no grace, and no preStop hook is run", async (t) => {
  const seen: number[] = [];
  const lifecycle = { preStop: { exec: { command: ["hook"] } } };
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", terminationGracePeriodSeconds: 60, containers: [containerOf("a", RULE), containerOf("b", { lifecycle })] }), (prepared) => {
    prepared.runtime.before = (verb, request) => {
      if (verb === "StopContainer") seen.push((request as { timeout: number }).timeout);
      if (verb === "ExecSync") seen.push(-1);
    };
  });
  try {
    await bench.until("all run", () => bench.last?.phase === "Running");
    bench.runtime.exit(bench.runtime.containers("a")[0]?.id ?? "", 42);
    await bench.advance(3_000);
    await bench.reaches(t, "Running | a=running ready started r1 | b=running ready started r1");
    t.deepEqual(seen, [2], "the least that every container has");
  } finally {
    await bench.close();
  }
});
