import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { CriError } from "../cri/cri-client.ts";
import { conditionOf, containerOf, PodBench, podOf } from "../testing/pod-bench.ts";
import { terminationLogPath } from "./paths.ts";

const LIVES = "Running | c=running ready started r0";

test("a pod comes up: states and events in kubelet's order", async (t) => {
  const bench = await PodBench.start(podOf({ containers: [containerOf("c"), containerOf("d")] }));
  try {
    await bench.until("both run", () => bench.last?.phase === "Running");
    t.deepEqual(bench.path, ["Pending | c=waiting(ContainerCreating) r0 | d=waiting(ContainerCreating) r0", "Running | c=running ready started r0 | d=running ready started r0"]);
    t.deepEqual(
      bench.events.map((event) => `${event.type} ${event.reason} ${event.fieldPath}: ${event.message}`),
      ["c", "d"].flatMap((name) => [
        `Normal Pulled spec.containers{${name}}: Container image "img" already present on machine and can be accessed by the pod`,
        `Normal Created spec.containers{${name}}: Container created`,
        `Normal Started spec.containers{${name}}: Container started`,
      ]),
    );
    const { last } = bench;
    t.is(conditionOf(last, "Ready"), "True");
    t.is(conditionOf(last, "PodReadyToStartContainers"), "True");
    t.deepEqual([last?.podIP, last?.hostIP, last?.qosClass, last?.observedGeneration], ["10.88.0.1", "192.0.2.1", "BestEffort", 1]);
    t.regex(last?.containerStatuses?.[0]?.containerID ?? "", /^fake:\/\/container-/);
  } finally {
    await bench.close();
  }
});

test("a container that ends at once was running all the same; the phase ends only when nothing is left", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never" }), (prepared) => {
    prepared.runtime.program = () => ({ runs_ms: 0, exitCode: 0 });
  });
  try {
    await bench.until("it succeeded", () => bench.last?.phase === "Succeeded");
    t.deepEqual(bench.path, ["Pending | c=waiting(ContainerCreating) r0", LIVES, "Running | c=terminated(Completed 0) r0", "Succeeded | c=terminated(Completed 0) r0"]);
    t.is(conditionOf(bench.last, "Initialized"), "True(PodCompleted)");
    t.is(conditionOf(bench.last, "PodReadyToStartContainers"), "False");
    await bench.until("all is removed", () => bench.runtime.sandboxes().length === 0);
    t.deepEqual(bench.runtime.containers("c"), []);
    await bench.settle();
    t.deepEqual(await readdir(join(bench.dir, "pods")).catch(() => []), []);
    t.is(bench.deleted.length, 0);
    bench.delete();
    await bench.until("its deletion is confirmed", () => bench.deleted.length === 1);
    t.deepEqual(bench.deleted[0]?.options, { gracePeriodSeconds: 0, preconditions: { uid: bench.pod.metadata.uid ?? "" } });
    bench.worker.remove();
    t.true(bench.isGone);
  } finally {
    await bench.close();
  }
});

test("crash loop: the first restart is immediate, then after 10, 20, 40 … 300 s; the waiting reason shows at the end of each wait", async (t) => {
  const starts_ms: number[] = [];
  const bench = await PodBench.start(podOf(), (prepared) => {
    prepared.runtime.program = () => ({ runs_ms: 0, exitCode: 1 });
    prepared.runtime.before = (verb) => {
      if (verb === "StartContainer") starts_ms.push(prepared.clock.now_ms());
    };
  });
  try {
    await bench.advance(500);
    t.is(starts_ms.length, 2);
    await bench.reaches(t, "Running | c=terminated(Error 1) r1");
    for (const [index, wait_s] of [10, 20, 40, 80, 160, 300, 300].entries()) {
      await bench.advance((wait_s + 1) * 1000);
      await bench.until(`start ${index + 3}`, () => starts_ms.length === index + 3);
    }
    const waits_s = starts_ms.slice(1).map((at_ms, index) => Math.floor((at_ms - (starts_ms[index] ?? 0)) / 1000));
    t.is(waits_s.length, 8);
    // Time moves in steps here: a start may be up to one step late.
    for (const [index, least_s] of [0, 10, 20, 40, 80, 160, 300, 300].entries()) t.true((waits_s[index] ?? 0) >= least_s && (waits_s[index] ?? 0) <= least_s + 8, `${waits_s}`);
    t.true(bench.path.includes("Running | c=waiting(CrashLoopBackOff) r1"));
    t.true(bench.events.some((event) => event.reason === "BackOff" && event.message === `Back-off restarting failed container c in pod p_ns(${bench.pod.metadata.uid})`));
    t.is(bench.runtime.containers("c").length, 2, "older containers are removed");
  } finally {
    await bench.close();
  }
});

test("crash loop: ten quiet minutes and the back-off starts anew", async (t) => {
  let runs_ms = 0;
  const bench = await PodBench.start(podOf(), (prepared) => {
    prepared.runtime.program = () => ({ runs_ms, exitCode: 1 });
  });
  try {
    await bench.advance(1000);
    runs_ms = 11 * 60_000;
    const starts = () => bench.runtime.calls.filter((verb) => verb === "StartContainer").length;
    await bench.advance(11_000);
    await bench.until("it runs for long", () => bench.path.at(-1) === "Running | c=running ready started r2");
    runs_ms = 0;
    await bench.advance(11 * 60_000);
    await bench.until("restarted at once after the long run", () => starts() === 4);
    await bench.advance(11_000);
    await bench.until("and then after ten seconds", () => starts() === 5);
    t.is(starts(), 5);
  } finally {
    await bench.close();
  }
});

test("OnFailure restarts what failed and lets what succeeded be", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "OnFailure", containers: [containerOf("bad"), containerOf("good")] }), (prepared) => {
    prepared.runtime.program = (config) => ({ runs_ms: 0, exitCode: config.metadata?.name === "bad" && config.metadata.attempt === 0 ? 1 : 0 });
  });
  try {
    await bench.advance(1000);
    await bench.reaches(t, "Succeeded | bad=terminated(Completed 0) r1 | good=terminated(Completed 0) r0");
    t.is(bench.last?.containerStatuses?.find((status) => status.name === "bad")?.lastState?.terminated?.exitCode, 1);
  } finally {
    await bench.close();
  }
});

test("a command that is not there: StartError, Failed for Never; RunContainerError and CrashLoopBackOff for Always", async (t) => {
  const broken = (prepared: PodBench) => {
    prepared.runtime.program = () => ({ startError: "no such file" });
  };
  const never = await PodBench.start(podOf({ restartPolicy: "Never" }), broken);
  const always = await PodBench.start(podOf(), broken);
  try {
    await never.until("it failed", () => never.last?.phase === "Failed");
    t.deepEqual(never.path.filter((point) => point.startsWith("Running")), [], "it never ran");
    t.is(never.last?.containerStatuses?.[0]?.state?.terminated?.message, "no such file");
    await always.advance(11_000);
    await always.reaches(t, "Running | c=waiting(RunContainerError) r2");
    const seen = ["Pending | c=waiting(ContainerCreating) r0", "Running | c=waiting(RunContainerError) r0", "Running | c=waiting(RunContainerError) r1", "Running | c=waiting(CrashLoopBackOff) r1", "Running | c=waiting(RunContainerError) r2"];
    t.deepEqual(always.path, seen);
    t.is(always.last?.containerStatuses?.[0]?.lastState?.terminated?.reason, "StartError");
  } finally {
    await never.close();
    await always.close();
  }
});

test("configuration that is missing is waited for, and heals", async (t) => {
  const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "m", key: "a" } } }];
  const bench = await PodBench.start(podOf({}, { env }));
  try {
    await bench.until("it says why", () => bench.path.at(-1) === "Pending | c=waiting(CreateContainerConfigError) r0");
    t.is(bench.last?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "m" not found');
    t.true(bench.events.some((event) => event.reason === "Failed" && event.message === 'Error: configmap "m" not found'));
    bench.configMaps.set("m", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { a: "x" } });
    await bench.advance(16_000);
    await bench.reaches(t, LIVES);
    const [container] = bench.runtime.containers("c");
    t.deepEqual(container?.config.envs.map((variable) => [variable.key, Buffer.from(variable.value).toString()]), [["A", "x"]]);
  } finally {
    await bench.close();
  }
});

test("a volume whose source is missing holds the pod back; it is tried again with back-off", async (t) => {
  const spec = { volumes: [{ name: "v", configMap: { name: "m" } }] };
  const bench = await PodBench.start(podOf(spec, { volumeMounts: [{ name: "v", mountPath: "/v" }] }));
  try {
    await bench.until("it says why", () => bench.reasons.includes("FailedMount"));
    t.is(bench.events[0]?.message, 'MountVolume.SetUp failed for volume "v" : configmap "m" not found');
    t.is(conditionOf(bench.last, "PodReadyToStartContainers"), "False");
    bench.configMaps.set("m", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { a: "x" } });
    await bench.advance(2_000);
    await bench.until("it runs", () => bench.path.at(-1) === LIVES);
    const mount = bench.runtime.containers("c")[0]?.config.mounts.find((candidate) => candidate.containerPath === "/v");
    t.is(await readFile(join(mount?.hostPath ?? "", "a"), "utf8"), "x");
    t.true(mount?.readonly);
  } finally {
    await bench.close();
  }
});

test("a sandbox that cannot be made is said and tried again; a network that is not ready is waited for", async (t) => {
  let failures = 2;
  const bench = await PodBench.start(podOf(), (prepared) => {
    prepared.networkProblem = "no network yet";
    prepared.runtime.before = (verb) => {
      if (verb === "RunPodSandbox" && failures-- > 0) throw new CriError("Unknown", "no room");
    };
  });
  try {
    await bench.until("it waits for the network", () => bench.events.some((event) => event.message === "network is not ready: no network yet"));
    bench.networkProblem = undefined;
    await bench.advance(1_500);
    await bench.until("it failed", () => bench.events.some((event) => event.message === "Failed to create pod sandbox: rpc error: code = Unknown desc = no room"));
    await bench.advance(35_000);
    await bench.reaches(t, LIVES);
  } finally {
    await bench.close();
  }
});

test("a pod that wants a user namespace of its own is not run without one; a RuntimeClass names the runtime's handler", async (t) => {
  const alone = await PodBench.start(podOf({ hostUsers: false }));
  try {
    await alone.until("it is said", () => alone.reasons.includes("FailedCreatePodSandBox"));
    t.is(alone.events[0]?.message, "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces");
    t.deepEqual(alone.runtime.sandboxes(), []);
  } finally {
    await alone.close();
  }
  let handler: string | undefined;
  const classed = await PodBench.start(podOf({ runtimeClassName: "small" }), (bench) => {
    bench.runtimeClasses.set("small", "tiny");
    bench.runtime.before = (verb, request) => {
      if (verb === "RunPodSandbox") handler = (request as { runtimeHandler: string }).runtimeHandler;
    };
  });
  try {
    await classed.reaches(t, LIVES);
    t.is(handler, "tiny");
  } finally {
    await classed.close();
  }
});

test("a sandbox that dies is made again, and the containers in it restart", async (t) => {
  const bench = await PodBench.start(podOf());
  try {
    await bench.until("it runs", () => bench.path.at(-1) === LIVES);
    bench.runtime.killSandbox(bench.runtime.sandboxes()[0]?.id ?? "");
    await bench.until("it runs again", () => bench.path.at(-1) === "Running | c=running ready started r1");
    t.true(bench.reasons.includes("SandboxChanged"));
    t.deepEqual(bench.runtime.sandboxes().filter((sandbox) => sandbox.ready).map((sandbox) => sandbox.config.metadata?.attempt), [1]);
    t.is(bench.last?.podIP, "10.88.0.3");
  } finally {
    await bench.close();
  }
});

test("a pod of policy Never whose sandbox dies has failed", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never" }));
  try {
    await bench.until("it runs", () => bench.path.at(-1) === LIVES);
    bench.runtime.killSandbox(bench.runtime.sandboxes()[0]?.id ?? "");
    await bench.until("it failed", () => bench.path.at(-1) === "Failed | c=terminated(Error 137) r0");
    t.is(bench.runtime.calls.filter((verb) => verb === "RunPodSandbox").length, 1);
  } finally {
    await bench.close();
  }
});

test("a new image of a running container replaces it", async (t) => {
  const bench = await PodBench.start(podOf());
  try {
    await bench.until("it runs", () => bench.path.at(-1) === LIVES);
    bench.runtime.images.set("other", {});
    bench.update({ spec: { ...bench.pod.spec, containers: [containerOf("c", { image: "other" })] } });
    await bench.until("it was replaced", () => bench.path.at(-1) === "Running | c=running ready started r1");
    t.is(bench.last?.containerStatuses?.[0]?.image, "other");
    t.true(bench.events.some((event) => event.reason === "Killing" && event.message === "Container c definition changed, will be restarted"));
  } finally {
    await bench.close();
  }
});

test("another image replaces the container of a Never pod too, and a sidecar's event does not promise it", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", initContainers: [containerOf("s", { restartPolicy: "Always" })] }), (prepared) => {
    prepared.runtime.images.set("img2", {});
  });
  try {
    await bench.until("it runs", () => bench.last?.phase === "Running");
    const to = (image: string) => ({ ...bench.pod.spec, initContainers: [containerOf("s", { restartPolicy: "Always", image })], containers: [containerOf("c", { image })] });
    bench.update({ spec: to("img2") });
    await bench.advance(3_000);
    await bench.reaches(t, "Running | s=running ready started r1 | c=running ready started r1");
    t.deepEqual(bench.path.filter((point) => point.includes("terminated")), [], "the API server would not let a container of a Never pod come back from its end");
    t.deepEqual(bench.events.filter((event) => event.reason === "Killing").map((event) => event.message).sort(), ["Container c definition changed, will be restarted", "Init container s definition changed"]);
  } finally {
    await bench.close();
  }
});

test("termination messages share 12 KiB; ephemeral containers are listed by name", async (t) => {
  const names = ["a", "b", "c", "d", "e"];
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", containers: [...names.map((name) => containerOf(name)), containerOf("z")] }), (prepared) => {
    prepared.runtime.program = () => ({ onTerm: 0 });
  });
  try {
    await bench.until("all run", () => bench.last?.phase === "Running" && bench.last.containerStatuses?.every((status) => status.ready) === true);
    for (const name of names) {
      await writeFile(terminationLogPath(bench.context.paths, bench.pod.metadata.uid ?? "", name, 0), name.repeat(5_000));
      bench.runtime.exit(bench.runtime.containers(name)[0]?.id ?? "", 1);
    }
    await bench.until("they have ended", () => bench.last?.containerStatuses?.filter((status) => status.state?.terminated !== undefined).length === names.length);
    t.deepEqual(bench.last?.containerStatuses?.slice(0, 5).map((status) => status.state?.terminated?.message), names.map((name) => name.repeat(2_048)));
    bench.update({ spec: { ...bench.pod.spec, containers: bench.pod.spec?.containers ?? [], ephemeralContainers: [containerOf("y"), containerOf("x")] } });
    await bench.until("they are there", () => bench.last?.ephemeralContainerStatuses !== undefined);
    t.deepEqual(bench.last?.ephemeralContainerStatuses?.map((status) => status.name), ["x", "y"]);
  } finally {
    await bench.close();
  }
});

test("what is said of sub paths that cannot be mounted", async (t) => {
  const wordsOf = async (mount: object, env: { name: string; value: string }[] = []) => {
    const bench = await PodBench.start(podOf({ volumes: [{ name: "v", emptyDir: {} }] }, { env, volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] }));
    try {
      await bench.until("it says why", () => bench.path.at(-1)?.includes("CreateContainerConfigError") === true);
      return bench.last?.containerStatuses?.[0]?.state?.waiting?.message;
    } finally {
      await bench.close();
    }
  };
  const of = (value: string) => wordsOf({ subPathExpr: "$(X)" }, [{ name: "X", value }]);
  t.is(await of("/etc"), "error SubPath `/etc` must not be an absolute path");
  t.is(await of("../y"), "unable to provision SubPath `../y`: must not contain '..'");
  t.is(await of(""), "missing value for X");
});

test("a pod that was initialized once stays so while its sidecar is restarted", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", initContainers: [containerOf("s", { restartPolicy: "Always" })] }, { image: "slow", imagePullPolicy: "Always" }), (prepared) => {
    prepared.runtime.pull = () => new Promise(() => {});
  });
  try {
    await bench.advance(300);
    await bench.until("initialized", () => conditionOf(bench.last, "Initialized") === "True");
    bench.runtime.exit(bench.runtime.containers("s")[0]?.id ?? "", 1);
    await bench.until("the sidecar was restarted", () => bench.runtime.containers("s").length === 2);
    await bench.advance(500);
    t.deepEqual([...new Set(bench.statuses.map((status) => conditionOf(status, "Initialized")))], ["False(ContainersNotInitialized)", "True"]);
  } finally {
    await bench.close();
  }
});

test("after a restart of the agent the same containers run on, and nothing is said that was said before", async (t) => {
  const probe = { exec: { command: ["true"] }, periodSeconds: 5 };
  const bench = await PodBench.start(podOf({}, { readinessProbe: probe, startupProbe: probe }));
  try {
    await bench.advance(1_000);
    await bench.reaches(t, LIVES);
    const before = { ids: bench.runtime.containers("c").map((container) => container.id), statuses: bench.statuses.length, events: bench.events.length };
    bench.pod = { ...bench.pod, status: bench.last ?? {} };
    await bench.restartAgent();
    await bench.settle();
    t.deepEqual(bench.runtime.containers("c").map((container) => container.id), before.ids);
    t.is(bench.statuses.length, before.statuses, "still ready: nothing to write");
    t.is(bench.events.length, before.events);
    bench.runtime.exit(before.ids[0] ?? "", 1);
    await bench.advance(6_000);
    await bench.reaches(t, "Running | c=running ready started r1");
  } finally {
    await bench.close();
  }
});

test("a pod that was over before the agent came keeps its status", async (t) => {
  const pod = podOf({ restartPolicy: "Never" });
  const bench = await PodBench.start({ ...pod, status: { phase: "Failed", reason: "Evicted", message: "elsewhere" } });
  try {
    await bench.settle();
    t.deepEqual(bench.statuses, []);
    t.deepEqual(bench.runtime.calls, []);
    bench.delete();
    await bench.until("its deletion is confirmed", () => bench.deleted.length === 1);
  } finally {
    await bench.close();
  }
});
