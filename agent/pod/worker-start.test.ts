import test from "ava";
import { CriError } from "../cri/cri-client.ts";
import { conditionOf, containerOf, PodBench, podOf } from "../testing/pod-bench.ts";
import { withDefaultTag } from "./config/image-name.ts";

test("init containers run one after another, then the others; each end is ready", async (t) => {
  const init = [containerOf("i1"), containerOf("i2")];
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", initContainers: init }), (prepared) => {
    prepared.runtime.program = (config) => (config.metadata?.name === "c" ? { onTerm: 0 } : { runs_ms: 1_000, exitCode: 0 });
  });
  try {
    await bench.until("the first runs", () => bench.path.at(-1) === "Pending | i1=running started r0 | i2=waiting(PodInitializing) r0 | c=waiting(PodInitializing) r0");
    t.is(bench.last?.conditions?.find((condition) => condition.type === "Initialized")?.message, "containers with incomplete status: [i1 i2]");
    await bench.advance(1_000);
    await bench.reaches(t, "Pending | i1=terminated(Completed 0) ready r0 | i2=running started r0 | c=waiting(PodInitializing) r0");
    await bench.advance(1_000);
    await bench.reaches(t, "Running | i1=terminated(Completed 0) ready r0 | i2=terminated(Completed 0) ready r0 | c=running ready started r0");
    t.is(conditionOf(bench.last, "Initialized"), "True");
    t.deepEqual(bench.events.filter((event) => event.reason === "Started").map((event) => event.fieldPath), ["spec.initContainers{i1}", "spec.initContainers{i2}", "spec.containers{c}"]);
  } finally {
    await bench.close();
  }
});

test("an init container that fails ends a Never pod; the others stay PodInitializing", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", initContainers: [containerOf("i"), containerOf("j")] }), (prepared) => {
    prepared.runtime.program = () => ({ runs_ms: 100, exitCode: 1 });
  });
  try {
    await bench.advance(500);
    await bench.reaches(t, "Failed | i=terminated(Error 1) r0 | j=waiting(PodInitializing) r0 | c=waiting(PodInitializing) r0");
    t.is(conditionOf(bench.last, "Initialized"), "False(ContainersNotInitialized)");
  } finally {
    await bench.close();
  }
});

test("before a pod that failed by itself is over, its status says why while the sandbox is still up", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", initContainers: [containerOf("i")] }), (prepared) => {
    prepared.runtime.program = () => ({ runs_ms: 0, exitCode: 1 });
  });
  try {
    await bench.until("it failed", () => bench.last?.phase === "Failed");
    t.true(bench.statuses.some((status) => status.phase === "Pending" && conditionOf(status, "Ready") === "False(PodFailed)" && conditionOf(status, "PodReadyToStartContainers") === "True"));
  } finally {
    await bench.close();
  }
});

test("a container that crashed at once restarts after those that were never tried", async (t) => {
  const bench = await PodBench.start(podOf({ containers: [containerOf("a"), containerOf("b", { image: "slow" })] }), (prepared) => {
    prepared.runtime.images.set("slow", {});
    prepared.runtime.program = (config) => (config.metadata?.name === "a" ? { runs_ms: 0, exitCode: 1 } : { onTerm: 0 });
    prepared.runtime.before = async (verb, request) => {
      if (verb === "ImageStatus" && (request as { image?: { image: string } }).image?.image.startsWith("slow")) await prepared.settle();
    };
  });
  try {
    await bench.until("a ended twice", () => bench.path.at(-1) === "Running | a=terminated(Error 1) r1 | b=running ready started r0");
    t.true(bench.path.includes("Running | a=running ready started r1 | b=running ready started r0"), bench.path.join("\n"));
  } finally {
    await bench.close();
  }
});

test("an init container that fails is restarted with back-off in an Always pod; those before it are not", async (t) => {
  let exitCode = 1;
  const bench = await PodBench.start(podOf({ initContainers: [containerOf("h"), containerOf("i")] }), (prepared) => {
    prepared.runtime.program = (config) => (config.metadata?.name === "c" ? { onTerm: 0 } : { runs_ms: 0, exitCode: config.metadata?.name === "i" ? exitCode : 0 });
  });
  try {
    await bench.advance(2_000);
    await bench.reaches(t, "Pending | h=terminated(Completed 0) ready r0 | i=terminated(Error 1) r1 | c=waiting(PodInitializing) r0");
    exitCode = 0;
    await bench.advance(11_000);
    await bench.reaches(t, "Running | h=terminated(Completed 0) ready r0 | i=terminated(Completed 0) ready r2 | c=running ready started r0");
    t.is(bench.runtime.containers("h").length, 1);
  } finally {
    await bench.close();
  }
});

test("a new sandbox runs the init containers again", async (t) => {
  const bench = await PodBench.start(podOf({ initContainers: [containerOf("i")] }), (prepared) => {
    prepared.runtime.program = (config) => (config.metadata?.name === "c" ? { onTerm: 0 } : { runs_ms: 0 });
  });
  try {
    await bench.advance(500);
    await bench.reaches(t, "Running | i=terminated(Completed 0) ready r0 | c=running ready started r0");
    bench.runtime.killSandbox(bench.runtime.sandboxes()[0]?.id ?? "");
    await bench.advance(500);
    await bench.reaches(t, "Running | i=terminated(Completed 0) ready r1 | c=running ready started r1");
  } finally {
    await bench.close();
  }
});

test("a sidecar starts first and gates what follows by its startup probe", async (t) => {
  let isUp = false;
  const sidecar = containerOf("s", { restartPolicy: "Always", startupProbe: { exec: { command: ["up"] }, periodSeconds: 1, failureThreshold: 30 } });
  const bench = await PodBench.start(podOf({ initContainers: [sidecar] }), (prepared) => {
    prepared.probe = () => (isUp ? { type: "success", output: "" } : { type: "failure", output: "not yet" });
  });
  try {
    await bench.advance(3_000);
    await bench.reaches(t, "Pending | s=running r0 | c=waiting(PodInitializing) r0");
    isUp = true;
    await bench.advance(1_500);
    await bench.reaches(t, "Running | s=running ready started r0 | c=running ready started r0");
    t.true(bench.events.some((event) => event.reason === "Unhealthy" && event.message === "Startup probe failed: not yet" && event.fieldPath === "spec.initContainers{s}"));
  } finally {
    await bench.close();
  }
});

test("a sidecar is restarted in a Never pod, and told to end when the containers have", async (t) => {
  const bench = await PodBench.start(podOf({ restartPolicy: "Never", initContainers: [containerOf("s", { restartPolicy: "Always" })] }), (prepared) => {
    prepared.runtime.program = (config) => (config.metadata?.name === "c" ? { runs_ms: 10_000 } : { onTerm: 0 });
  });
  try {
    await bench.until("all run", () => bench.last?.phase === "Running");
    bench.runtime.exit(bench.runtime.containers("s")[0]?.id ?? "", 1);
    await bench.reaches(t, "Running | s=running ready started r1 | c=running ready started r0");
    await bench.advance(10_500);
    await bench.reaches(t, "Succeeded | s=terminated(Completed 0) r1 | c=terminated(Completed 0) r0");
  } finally {
    await bench.close();
  }
});

test("an image that is not there: ErrImagePull, then ImagePullBackOff; pulled again after 10 and 20 s, and heals", async (t) => {
  const pulls_ms: number[] = [];
  let isThere = false;
  const bench = await PodBench.start(podOf({}, { image: "far:1" }), (prepared) => {
    prepared.runtime.pull = async () => {
      pulls_ms.push(prepared.clock.now_ms());
      if (!isThere) throw new CriError("NotFound", "no such image");
    };
  });
  try {
    await bench.reaches(t, "Pending | c=waiting(ErrImagePull) r0");
    t.is(bench.last?.containerStatuses?.[0]?.state?.waiting?.message, "rpc error: code = NotFound desc = no such image");
    t.deepEqual(
      bench.events.map((event) => `${event.type} ${event.reason}: ${event.message}`),
      [
        'Normal Pulling: Pulling image "far:1"',
        'Warning Failed: Failed to pull image "far:1": rpc error: code = NotFound desc = no such image',
        "Warning Failed: Error: ErrImagePull",
        'Normal BackOff: Back-off pulling image "far:1"',
        "Warning Failed: Error: ImagePullBackOff",
      ],
    );
    await bench.advance(11_000);
    t.true(bench.path.includes("Pending | c=waiting(ImagePullBackOff) r0"));
    await bench.until("second pull", () => pulls_ms.length === 2);
    isThere = true;
    await bench.advance(35_000);
    await bench.reaches(t, "Running | c=running ready started r0");
    t.true(bench.events.some((event) => /^Successfully pulled image "far:1" in .* \(.* including waiting\)\. Image size: 1234 bytes\.$/.test(event.message)));
    const waits_s = pulls_ms.slice(1).map((at_ms, index) => Math.round((at_ms - (pulls_ms[index] ?? 0)) / 1000));
    t.true((waits_s[0] ?? 0) >= 10 && (waits_s[1] ?? 0) >= 20, `${waits_s}`);
  } finally {
    await bench.close();
  }
});

test("what a failed pull says: a code that says nothing is left out, and two causes have reasons of their own", async (t) => {
  const told = async (error: CriError) => {
    const bench = await PodBench.start(podOf({}, { image: "far:1" }), (prepared) => {
      prepared.runtime.pull = async () => {
        throw error;
      };
    });
    try {
      await bench.until("it was said", () => bench.reasons.includes("BackOff") && bench.last?.containerStatuses?.[0]?.state?.waiting?.reason !== "ContainerCreating");
      return { ...bench.last?.containerStatuses?.[0]?.state?.waiting, event: bench.events[1]?.message };
    } finally {
      await bench.close();
    }
  };
  t.deepEqual(await told(new CriError("Unknown", "failed to resolve")), { reason: "ErrImagePull", message: "failed to resolve", event: 'Failed to pull image "far:1": failed to resolve' });
  t.deepEqual(await told(new CriError("Unknown", "RegistryUnavailable: no route")), {
    reason: "RegistryUnavailable",
    message: "image pull failed for far:1 because the registry is unavailable: no route",
    event: 'Failed to pull image "far:1": RegistryUnavailable: no route',
  });
});

test("while one container pulls its image the next waits, and one that ran restarts", async (t) => {
  let finish = () => {};
  const bench = await PodBench.start(podOf({ containers: [containerOf("a"), containerOf("b", { image: "far" }), containerOf("z")] }), (prepared) => {
    prepared.runtime.pull = () => new Promise((resolve) => (finish = resolve));
  });
  try {
    await bench.until("b pulls", () => bench.reasons.includes("Pulling"));
    t.deepEqual(bench.runtime.containers("z"), []);
    bench.runtime.exit(bench.runtime.containers("a")[0]?.id ?? "", 1);
    await bench.until("a is back", () => bench.runtime.containers("a").length === 2);
    finish();
    await bench.reaches(t, "Running | a=running ready started r1 | b=running ready started r0 | z=running ready started r0");
  } finally {
    await bench.close();
  }
});

function withDefaultTagWords(image: string): string {
  try {
    return withDefaultTag(image);
  } catch (error) {
    return (error as Error).message;
  }
}

test("imagePullPolicy Never, and names that are none", async (t) => {
  const never = await PodBench.start(podOf({}, { image: "far:1", imagePullPolicy: "Never" }));
  const invalid = await PodBench.start(podOf({}, { image: "registry.example/Upper:bad:name" }));
  try {
    await never.reaches(t, "Pending | c=waiting(ErrImageNeverPull) r0");
    await invalid.reaches(t, "Pending | c=waiting(InvalidImageName) r0");
    t.is(
      invalid.last?.containerStatuses?.[0]?.state?.waiting?.message,
      'Failed to apply default image tag "registry.example/Upper:bad:name": couldn\'t parse image name "registry.example/Upper:bad:name": invalid reference format: repository name (Upper) must be lowercase',
    );
    t.is(withDefaultTagWords("UPPER"), `Failed to apply default image tag "UPPER": couldn't parse image name "UPPER": invalid reference format: repository name (library/UPPER) must be lowercase`);
    t.false(never.runtime.calls.includes("PullImage") || invalid.runtime.calls.includes("PullImage"));
  } finally {
    await never.close();
    await invalid.close();
  }
});

test("pull secrets: those that fit the registry are tried one after another; missing ones are said", async (t) => {
  const config = { auths: { "far.example": { auth: Buffer.from("u:wrong").toString("base64") }, "far.example/team": { username: "u", password: "right" }, "other.example": { username: "x", password: "x" } } };
  const tried: string[] = [];
  const bench = await PodBench.start(podOf({ imagePullSecrets: [{ name: "s" }, { name: "nope" }] }, { image: "far.example/team/app:1" }), (prepared) => {
    prepared.secrets.set("s", { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { ".dockerconfigjson": Buffer.from(JSON.stringify(config)).toString("base64") } });
    prepared.runtime.before = (verb, request) => {
      if (verb !== "PullImage") return;
      const { auth } = request as { auth?: { password: string } };
      tried.push(auth?.password ?? "none");
      if (auth?.password !== "wrong") throw new CriError("Unknown", "denied");
    };
  });
  try {
    await bench.reaches(t, "Running | c=running ready started r0");
    t.deepEqual(tried, ["right", "wrong"]);
    t.is(bench.events[0]?.message, "Unable to retrieve some image pull secrets (nope); attempting to pull the image may not succeed.");
  } finally {
    await bench.close();
  }
});

test("runAsNonRoot refuses an image of root, and one whose user cannot be told", async (t) => {
  const nonRoot = { securityContext: { runAsNonRoot: true } };
  const root = await PodBench.start(podOf({}, nonRoot));
  const named = await PodBench.start(podOf({}, { ...nonRoot, image: "named" }), (prepared) => void prepared.runtime.images.set("named", { username: "app" }));
  const numbered = await PodBench.start(podOf({}, { ...nonRoot, image: "numbered" }), (prepared) => void prepared.runtime.images.set("numbered", { uid: 7 }));
  try {
    await root.reaches(t, "Pending | c=waiting(CreateContainerConfigError) r0");
    t.is(root.last?.containerStatuses?.[0]?.state?.waiting?.message, `container has runAsNonRoot and image will run as root (pod: "p_ns(${root.pod.metadata.uid})", container: c)`);
    await named.reaches(t, "Pending | c=waiting(CreateContainerConfigError) r0");
    await numbered.reaches(t, "Running | c=running ready started r0");
    t.is(numbered.runtime.containers("c")[0]?.config.linux?.securityContext?.runAsUser?.value, 7);
  } finally {
    await Promise.all([root.close(), named.close(), numbered.close()]);
  }
});

test("read-only with all below: where it is possible, and refused where it is asked for and the runtime cannot", async (t) => {
  const start = (recursiveReadOnly: string, canMount: boolean) =>
    PodBench.start(podOf({ volumes: [{ name: "v", emptyDir: {} }] }, { volumeMounts: [{ name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly }] }), (bench) => {
      bench.canMountRecursivelyReadOnly = canMount;
    });
  for (const [mode, canMount, expected] of [["IfPossible", true, "Enabled"], ["IfPossible", false, "Disabled"], ["Enabled", true, "Enabled"]] as const) {
    const bench = await start(mode, canMount);
    try {
      await bench.reaches(t, "Running | c=running ready started r0");
      t.is(bench.last?.containerStatuses?.[0]?.volumeMounts?.[0]?.recursiveReadOnly, expected);
      t.is(bench.runtime.containers("c")[0]?.config.mounts.find((mount) => mount.containerPath === "/v")?.recursiveReadOnly, expected === "Enabled");
    } finally {
      await bench.close();
    }
  }
  const refused = await start("Enabled", false);
  try {
    await refused.reaches(t, "Pending | c=waiting(CreateContainerConfigError) r0");
  } finally {
    await refused.close();
  }
});
