import test from "ava";
import type { Container, Pod } from "../../api/wire.ts";
import { CriError } from "../cri/cri-client.ts";
import { conditionOf, PodBench, podOf } from "../testing/pod-bench.ts";

const asks = (cpu: string, memory = "64Mi"): Partial<Container> => ({ resources: { requests: { cpu, memory: "20Mi" }, limits: { cpu: "1", memory } } });
const wants = (bench: PodBench, container: Partial<Container>): Pod["spec"] => ({ ...bench.pod.spec, containers: (bench.pod.spec?.containers ?? []).map((old) => ({ ...old, ...container })) });
const RUNS = "Running | c=running ready started r0";
const saysOf = (bench: PodBench, reason: string) => bench.events.filter((event) => event.reason === reason).map((event) => event.message);
const cpuOf = (bench: PodBench) => bench.last?.containerStatuses?.[0]?.allocatedResources?.["cpu"];
const SUMMARY = (cpu: string, memory = "64Mi") => `{"containers":[{"name":"c","resources":{"limits":{"cpu":"1","memory":"${memory}"},"requests":{"cpu":"${cpu}","memory":"20Mi"}}}],"generation":2`;

test("other CPU requests are written as the container runs; both ends are said", async (t) => {
  const bench = await PodBench.start(podOf({}, asks("10m")));
  try {
    await bench.reaches(t, RUNS);
    bench.update({ spec: wants(bench, asks("100m")) as never });
    await bench.until("it is over", () => bench.reasons.includes("ResizeCompleted"));
    t.deepEqual(saysOf(bench, "ResizeStarted"), [`Pod resize started: ${SUMMARY("100m")}}`]);
    t.deepEqual(saysOf(bench, "ResizeCompleted"), [`Pod resize completed: ${SUMMARY("100m")}}`]);
    t.is(bench.runtime.containers("c")[0]?.config.linux?.resources?.cpuShares, 102);
    await bench.settle();
    t.is(cpuOf(bench), "100m");
    t.is(conditionOf(bench.last, "PodResizeInProgress"), undefined);
    t.true(bench.statuses.some((status) => conditionOf(status, "PodResizeInProgress") === "True"));
    t.is(bench.path.at(-1), RUNS);
  } finally {
    await bench.close();
  }
});

test("where the policy says so the container is started anew, whatever the pod's restart policy", async (t) => {
  const policy: Partial<Container> = { resizePolicy: [{ resourceName: "memory", restartPolicy: "RestartContainer" }] };
  const bench = await PodBench.start(podOf({ restartPolicy: "OnFailure" }, { ...asks("10m"), ...policy }));
  try {
    await bench.reaches(t, RUNS);
    bench.update({ spec: wants(bench, asks("10m", "128Mi")) as never });
    await bench.until("it is over", () => bench.reasons.includes("ResizeCompleted"));
    await bench.reaches(t, "Running | c=running ready started r1");
    t.deepEqual(saysOf(bench, "Killing"), ["Container c resize requires restart"]);
    t.is(bench.runtime.containers("c").at(-1)?.config.linux?.resources?.memoryLimitInBytes, 128 * 1024 * 1024);
  } finally {
    await bench.close();
  }
});

test("what the node has no room for is put off, said once, and granted when there is room", async (t) => {
  const bench = await PodBench.start(podOf({}, asks("10m")), (prepared) => {
    prepared.refuseResize = () => ({ reason: "Deferred", word: "OutOfcpu", message: "no room" });
  });
  try {
    await bench.reaches(t, RUNS);
    bench.update({ spec: wants(bench, asks("1800m")) as never });
    bench.worker.considerResize();
    await bench.until("it is said", () => conditionOf(bench.last, "PodResizePending") === "True(Deferred)");
    t.deepEqual(saysOf(bench, "ResizeDeferred"), [`Pod resize OutOfcpu: ${SUMMARY("1800m")},"error":"no room"}`]);
    t.is(cpuOf(bench), "10m");
    bench.refuseResize = () => undefined;
    bench.worker.considerResize();
    await bench.until("it is over", () => bench.reasons.includes("ResizeCompleted"));
    await bench.settle();
    t.is(cpuOf(bench), "1800m");
    t.is(conditionOf(bench.last, "PodResizePending"), undefined);
  } finally {
    await bench.close();
  }
});

test("a wish that is taken back is forgotten; limits that cannot be written are tried again", async (t) => {
  const bench = await PodBench.start(podOf({}, asks("10m")), (prepared) => {
    prepared.refuseResize = () => ({ reason: "Infeasible", word: "infeasible", message: "never" });
  });
  try {
    await bench.reaches(t, RUNS);
    bench.update({ spec: wants(bench, asks("9")) as never });
    await bench.until("it is said", () => conditionOf(bench.last, "PodResizePending") === "True(Infeasible)");
    bench.update({ spec: wants(bench, asks("10m")) as never });
    await bench.until("it is forgotten", () => conditionOf(bench.last, "PodResizePending") === undefined);
    bench.refuseResize = () => undefined;
    let failures = 1;
    bench.runtime.before = (verb) => {
      if (verb === "UpdateContainerResources" && failures-- > 0) throw new CriError("Unknown", "busy");
    };
    bench.update({ spec: wants(bench, asks("200m")) as never });
    await bench.until("it failed", () => conditionOf(bench.last, "PodResizeInProgress") === "True(Error)");
    t.is(saysOf(bench, "ResizeError").length, 1);
    await bench.advance(11_000);
    await bench.until("it is over", () => bench.reasons.includes("ResizeCompleted"));
  } finally {
    await bench.close();
  }
});

test("an agent that starts while a wish is put off keeps what was granted", async (t) => {
  const bench = await PodBench.start(podOf({}, asks("10m")), (prepared) => {
    prepared.refuseResize = () => ({ reason: "Deferred", word: "OutOfcpu", message: "no room" });
  });
  try {
    await bench.reaches(t, RUNS);
    bench.update({ spec: wants(bench, asks("1800m")) as never, status: bench.last ?? {} });
    await bench.until("it is said", () => conditionOf(bench.last, "PodResizePending") === "True(Deferred)");
    bench.pod = { ...bench.pod, status: bench.last ?? {} };
    await bench.restartAgent();
    bench.worker.considerResize();
    await bench.settle();
    t.is(cpuOf(bench), "10m");
    t.is(bench.worker.state.pod.spec?.containers[0]?.resources?.requests?.["cpu"], "10m");
    bench.refuseResize = () => undefined;
    bench.worker.considerResize();
    await bench.until("it is over", () => bench.reasons.includes("ResizeCompleted"));
    t.is(bench.runtime.containers("c").length, 1);
  } finally {
    await bench.close();
  }
});
