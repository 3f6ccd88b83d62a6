import test from "ava";
import type { ProbeResult } from "../probe/outcome.ts";
import { conditionOf, containerOf, PodBench, podOf } from "../testing/pod-bench.ts";

const GOOD = { type: "success", output: "" } as const;
const bad = (output = "") => ({ type: "failure", output }) as const;
const exec = { exec: { command: ["check"] } };

test("a failing liveness probe kills the container, which restarts; the events say so", async (t) => {
  let result: ProbeResult = GOOD;
  const bench = await PodBench.start(podOf({}, { livenessProbe: { ...exec, periodSeconds: 1, failureThreshold: 2 } }), (prepared) => {
    prepared.probe = () => result;
  });
  try {
    await bench.advance(3_000);
    await bench.reaches(t, "Running | c=running ready started r0");
    result = bad("broken\n");
    await bench.advance(900);
    t.is(bench.path.at(-1), "Running | c=running ready started r0", "one failure is not enough");
    await bench.advance(1_000);
    result = GOOD;
    await bench.reaches(t, "Running | c=running ready started r1");
    t.deepEqual(
      bench.events.filter((event) => ["Unhealthy", "Killing"].includes(event.reason)).slice(0, 3).map((event) => event.message),
      ["Liveness probe failed: broken\n", "Liveness probe failed: broken\n", "Container c failed liveness probe, will be restarted"],
    );
  } finally {
    await bench.close();
  }
});

test("the probe's own grace counts for a restart, the pod's where the whole pod ends", async (t) => {
  const probe = { ...exec, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 3 };
  const timeouts = async (restartPolicy: string) => {
    const seen: number[] = [];
    const bench = await PodBench.start(podOf({ restartPolicy, terminationGracePeriodSeconds: 60 }, { livenessProbe: probe }), (prepared) => {
      prepared.probe = () => bad();
      prepared.runtime.before = (verb, request) => {
        if (verb === "StopContainer") seen.push((request as { timeout: number }).timeout);
      };
    });
    await bench.advance(2_000);
    await bench.until("it was stopped", () => seen.length > 0);
    const messages = bench.events.filter((event) => event.reason === "Killing").map((event) => event.message);
    await bench.close();
    return { first: seen[0], message: messages[0] };
  };
  t.deepEqual(await timeouts("Always"), { first: 3, message: "Container c failed liveness probe, will be restarted" });
  t.deepEqual(await timeouts("Never"), { first: 60, message: "Stopping container c" });
});

test("readiness goes up and down, and restarts nothing", async (t) => {
  let result: ProbeResult = bad("not yet");
  const bench = await PodBench.start(podOf({}, { readinessProbe: { ...exec, periodSeconds: 1, failureThreshold: 2, successThreshold: 2 } }), (prepared) => {
    prepared.probe = () => result;
  });
  try {
    await bench.advance(2_000);
    await bench.reaches(t, "Running | c=running started r0");
    t.is(bench.last?.conditions?.find((condition) => condition.type === "Ready")?.message, "containers with unready status: [c]");
    result = GOOD;
    await bench.advance(900);
    t.is(bench.path.at(-1), "Running | c=running started r0", "one success of two");
    await bench.advance(1_200);
    await bench.reaches(t, "Running | c=running ready started r0");
    result = bad("gone");
    await bench.advance(2_500);
    await bench.reaches(t, "Running | c=running started r0");
    t.is(bench.runtime.containers("c").length, 1);
  } finally {
    await bench.close();
  }
});

test("until the startup probe has succeeded there is no other probe; initialDelaySeconds counts from the start", async (t) => {
  const asked: string[] = [];
  let isUp = false;
  const probes = { startupProbe: { ...exec, periodSeconds: 1, failureThreshold: 100, initialDelaySeconds: 5 }, livenessProbe: { ...exec, periodSeconds: 1 }, readinessProbe: { ...exec, periodSeconds: 1 } };
  const bench = await PodBench.start(podOf({}, probes), (prepared) => {
    prepared.probe = (_target, kind) => {
      asked.push(kind);
      return kind === "startupProbe" && !isUp ? bad() : GOOD;
    };
  });
  try {
    await bench.advance(4_000);
    t.deepEqual(asked, []);
    await bench.advance(3_000);
    await bench.reaches(t, "Running | c=running r0");
    t.deepEqual([...new Set(asked)], ["startupProbe"]);
    isUp = true;
    await bench.advance(2_500);
    await bench.reaches(t, "Running | c=running ready started r0");
    const startups = asked.filter((kind) => kind === "startupProbe").length;
    await bench.advance(3_000);
    t.is(asked.filter((kind) => kind === "startupProbe").length, startups, "not asked again");
  } finally {
    await bench.close();
  }
});

test("a startup probe that fails for good kills the container", async (t) => {
  const bench = await PodBench.start(podOf({}, { startupProbe: { ...exec, periodSeconds: 1, failureThreshold: 3 } }), (prepared) => {
    prepared.probe = () => bad();
  });
  try {
    await bench.advance(3_500);
    await bench.reaches(t, "Running | c=running r1");
    t.true(bench.events.some((event) => event.message === "Container c failed startup probe, will be restarted"));
  } finally {
    await bench.close();
  }
});

test("a probe that cannot be made teaches nothing; it is tried three times and said", async (t) => {
  let asked = 0;
  const bench = await PodBench.start(podOf({}, { readinessProbe: { httpGet: { port: "nope" }, periodSeconds: 10 } }), (prepared) => {
    prepared.probe = () => {
      asked++;
      return { type: "unknown", error: 'strconv.Atoi: parsing "nope": invalid syntax' };
    };
  });
  try {
    await bench.advance(1_000);
    await bench.until("asked", () => bench.reasons.includes("Unhealthy"));
    t.is(asked, 3);
    t.is(bench.events.at(-1)?.message, 'Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing "nope": invalid syntax');
    t.is(bench.path.at(-1), "Running | c=running started r0");
  } finally {
    await bench.close();
  }
});

test("while a pod ends, readiness is still asked for and liveness is not", async (t) => {
  const asked: string[] = [];
  let isReady = true;
  const bench = await PodBench.start(podOf({}, { livenessProbe: { ...exec, periodSeconds: 1 }, readinessProbe: { ...exec, periodSeconds: 1 } }), (prepared) => {
    prepared.runtime.program = () => ({});
    prepared.probe = (_target, kind) => {
      asked.push(kind);
      return kind === "livenessProbe" || isReady ? GOOD : { type: "failure", output: "not now" };
    };
  });
  try {
    await bench.advance(2_000);
    bench.delete(20);
    await bench.settle();
    asked.length = 0;
    isReady = false;
    await bench.advance(5_000);
    t.deepEqual([...new Set(asked)], ["readinessProbe"]);
    t.is(bench.path.at(-1), "Running | c=running started r0");
    t.true(bench.events.some((event) => event.message === "Readiness probe failed: not now"));
  } finally {
    await bench.close();
  }
});

test("readiness gates wait for another's condition", async (t) => {
  const bench = await PodBench.start(podOf({ readinessGates: [{ conditionType: "example.com/gate" }] }));
  try {
    await bench.until("it runs", () => bench.last?.phase === "Running");
    t.is(conditionOf(bench.last, "Ready"), "False(ReadinessGatesNotReady)");
    t.is(conditionOf(bench.last, "ContainersReady"), "True");
    bench.update({ status: { ...bench.pod.status, conditions: [{ type: "example.com/gate", status: "True" }] } });
    t.is(conditionOf(bench.last, "Ready"), "True");
  } finally {
    await bench.close();
  }
});

test("two containers: one is killed by its probe in a Never pod, the other goes on", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", containers: [containerOf("a", { livenessProbe: { ...exec, periodSeconds: 1, failureThreshold: 1 } }), containerOf("b")] }), (prepared) => {
    prepared.probe = () => bad();
    prepared.runtime.program = () => ({ onTerm: 143 });
  });
  try {
    await bench.advance(2_000);
    await bench.reaches(t, "Running | a=terminated(Error 143) r0 | b=running ready started r0");
    t.true(bench.events.some((event) => event.message === "Container a failed liveness probe"));
  } finally {
    await bench.close();
  }
});

/** Starts of the container's first `count` runs, in milliseconds. */
async function startsOf(spec: Parameters<typeof podOf>[0], exitCode: number, count: number): Promise<{ bench: PodBench; starts_ms: number[] }> {
  const starts_ms: number[] = [];
  const bench = await PodBench.start(podOf(spec, { livenessProbe: { ...exec, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1 } }), (prepared) => {
    prepared.probe = () => bad();
    prepared.runtime.program = () => ({ onTerm: exitCode });
    prepared.runtime.before = (verb) => {
      if (verb === "StartContainer") starts_ms.push(prepared.clock.now_ms());
    };
  });
  for (let second = 0; second < 60 && starts_ms.length < count; second++) await bench.advance(1_000);
  return { bench, starts_ms };
}

test("who is killed by a probe is replaced at once; back-off counts from the end before it", async (t) => {
  const { bench, starts_ms } = await startsOf({}, 143, 4);
  try {
    const waits_s = starts_ms.slice(1).map((at_ms, index) => Math.round((at_ms - (starts_ms[index] ?? 0)) / 1000));
    // The third end is the first that has one before it to be backed off from.
    t.true((waits_s[0] ?? 99) <= 3 && (waits_s[1] ?? 99) <= 3, `${waits_s}`);
    t.true((waits_s[2] ?? 0) >= 8, `${waits_s}`);
    t.true(bench.path.includes("Running | c=waiting(CrashLoopBackOff) r2"));
  } finally {
    await bench.close();
  }
});

test("who is killed by a probe is replaced even where its exit code alone would be final", async (t) => {
  const { bench, starts_ms } = await startsOf({ restartPolicy: "OnFailure" }, 0, 2);
  try {
    t.is(starts_ms.length, 2);
    await bench.reaches(t, "Running | c=running ready started r1");
    t.false(bench.path.some((point) => point.includes("terminated")));
  } finally {
    await bench.close();
  }
});
