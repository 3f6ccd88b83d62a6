import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { CriError } from "../cri/cri-client.ts";
import { conditionOf, containerOf, PodBench, podOf } from "../testing/pod-bench.ts";

const LIVES = "Running | c=running ready started r0";

async function running(...args: Parameters<typeof PodBench.start>): Promise<PodBench> {
  const bench = await PodBench.start(...args);
  await bench.until("it runs", () => bench.last?.phase === "Running");
  return bench;
}

test("deleted and obeying: Succeeded, all removed, then the deletion confirmed", async (t) => {
  const bench = await running(podOf({ terminationGracePeriodSeconds: 20 }));
  try {
    bench.delete();
    await bench.until("confirmed", () => bench.deleted.length === 1);
    await bench.reaches(t, "Succeeded | c=terminated(Completed 0) r0");
    t.is(bench.last?.observedGeneration, 2);
    t.deepEqual(bench.runtime.sandboxes(), []);
    t.deepEqual(bench.events.filter((event) => event.reason === "Killing").map((event) => event.message), ["Stopping container c"]);
  } finally {
    await bench.close();
  }
});

test("deleted and deaf: killed when the grace is over, Failed with 137", async (t) => {
  const bench = await running(podOf({ terminationGracePeriodSeconds: 5 }), (prepared) => {
    prepared.runtime.program = () => ({});
  });
  try {
    bench.delete();
    await bench.advance(4_900);
    t.is(bench.last?.phase, "Running");
    await bench.advance(300);
    await bench.until("confirmed", () => bench.deleted.length === 1);
    await bench.reaches(t, "Failed | c=terminated(Error 137) r0");
  } finally {
    await bench.close();
  }
});

test("a shorter grace that comes later counts", async (t) => {
  const bench = await running(podOf({ terminationGracePeriodSeconds: 600 }), (prepared) => {
    prepared.runtime.program = () => ({});
  });
  try {
    bench.delete();
    await bench.advance(10_000);
    t.is(bench.last?.phase, "Running");
    bench.delete(3);
    await bench.advance(3_200);
    await bench.until("confirmed", () => bench.deleted.length === 1);
    t.is(bench.reasons.filter((reason) => reason === "Killing").length, 1, "said once");
  } finally {
    await bench.close();
  }
});

test("gone from the API server: stopped and removed, nothing is written", async (t) => {
  const bench = await running(podOf());
  try {
    const written = bench.statuses.length;
    bench.worker.remove();
    await bench.until("gone", () => bench.isGone);
    t.deepEqual(bench.runtime.sandboxes(), []);
    t.is(bench.statuses.length, written);
    t.is(bench.deleted.length, 0);
  } finally {
    await bench.close();
  }
});

test("preStop runs first and its time counts; when it fails that is said", async (t) => {
  const hooked = (extra: object) => podOf({ terminationGracePeriodSeconds: 20 }, { lifecycle: { preStop: extra } });
  const bench = await running(hooked({ exec: { command: ["bye"] } }), (prepared) => {
    prepared.runtime.program = () => ({});
    prepared.runtime.exec = async () => {
      await prepared.clock.sleep(5_000);
      return { exitCode: 1, output: "oops" };
    };
  });
  try {
    bench.delete();
    await bench.advance(4_000);
    t.false(bench.runtime.calls.includes("StopContainer"));
    await bench.advance(2_000);
    t.true(bench.runtime.calls.includes("StopContainer"));
    t.true(bench.events.some((event) => event.reason === "FailedPreStopHook" && event.message === "PreStopHook failed"));
    await bench.advance(13_000);
    t.is(bench.last?.phase, "Running", "five of the twenty seconds went to the hook");
    await bench.advance(1_500);
    await bench.until("confirmed", () => bench.deleted.length === 1);
  } finally {
    await bench.close();
  }
});

test("postStart: not running before it is done; when it fails the container is killed", async (t) => {
  let exitCode = 0;
  const bench = await PodBench.start(podOf({ terminationGracePeriodSeconds: 1 }, { lifecycle: { postStart: { exec: { command: ["sh", "-c", "echo oops"] } } } }), (prepared) => {
    prepared.runtime.exec = async () => {
      await prepared.clock.sleep(3_000);
      return { exitCode, output: "oops" };
    };
  });
  try {
    await bench.advance(2_500);
    await bench.reaches(t, "Pending | c=waiting(ContainerCreating) r0");
    t.is(conditionOf(bench.last, "PodReadyToStartContainers"), "True");
    await bench.advance(1_000);
    await bench.reaches(t, LIVES);
    exitCode = 7;
    bench.runtime.exit(bench.runtime.containers("c")[0]?.id ?? "", 0);
    await bench.advance(4_000);
    await bench.until("it says so", () => bench.path.at(-1) === "Running | c=waiting(PostStartHookError) r1");
    t.regex(bench.last?.containerStatuses?.[0]?.state?.waiting?.message ?? "", /^Exec lifecycle hook \(\[sh -c echo oops\]\) for Container "c" in Pod "p_ns\(.*\)" failed - error: command 'sh -c echo oops' exited with 7: , message: "oops"$/);
    t.deepEqual(bench.events.slice(-4, -1).map((event) => `${event.reason}: ${event.message}`), ["Started: Container started", "FailedPostStartHook: PostStartHook failed", "Killing: FailedPostStartHook"]);
  } finally {
    await bench.close();
  }
});

test("an https hook whose server speaks http is asked again over http, and that is said", async (t) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization, request.headers["x-own"] as string | undefined);
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const httpHeaders = [{ name: "Authorization", value: "secret" }, { name: "X-Own", value: "1" }];
  const bench = await PodBench.start(podOf({}, { lifecycle: { postStart: { httpGet: { host: "127.0.0.1", port, path: "/", scheme: "HTTPS", httpHeaders } } } }));
  try {
    await bench.reaches(t, LIVES);
    t.deepEqual(seen, [undefined, "1"]);
    t.deepEqual(bench.events.at(-1), { type: "Warning", reason: "LifecycleHTTPFallback", message: `request to HTTPS lifecycle hook 127.0.0.1:${port} got HTTP response, retry with HTTP succeeded` });
  } finally {
    await bench.close();
    server.closeAllConnections();
    server.close();
  }
});

test("activeDeadlineSeconds ends the pod as Failed, with a last Running state that says so", async (t) => {
  const bench = await running(podOf({ activeDeadlineSeconds: 30 }));
  try {
    await bench.advance(29_000);
    await bench.reaches(t, LIVES);
    await bench.advance(2_000);
    await bench.until("it failed", () => bench.last?.phase === "Failed");
    t.is(bench.last?.reason, "DeadlineExceeded");
    t.is(bench.last?.message, "Pod was active on the node longer than the specified deadline");
    t.true(bench.statuses.some((status) => status.phase === "Running" && conditionOf(status, "Ready") === "False(PodFailed)" && status.containerStatuses?.[0]?.ready === true));
    t.deepEqual(bench.events.slice(-2).map((event) => `${event.type} ${event.reason}`), ["Normal DeadlineExceeded", "Normal Killing"]);
  } finally {
    await bench.close();
  }
});

test("deleted before a container ever ran: lost, Failed, and no Killing", async (t) => {
  const bench = await PodBench.start(podOf({ volumes: [{ name: "v", configMap: { name: "nope" } }] }, { volumeMounts: [{ name: "v", mountPath: "/v" }] }));
  try {
    await bench.until("it waits", () => bench.reasons.includes("FailedMount"));
    bench.delete(1);
    await bench.until("confirmed", () => bench.deleted.length === 1);
    await bench.reaches(t, "Failed | c=terminated(ContainerStatusUnknown 137) r0");
    t.is(conditionOf(bench.last, "Ready"), "False(ContainersNotReady)");
    t.false(bench.reasons.includes("Killing"));
  } finally {
    await bench.close();
  }
});

test("deleted before the first init container ran: that one is lost, the others wait on", async (t) => {
  const volumes = [{ name: "v", configMap: { name: "absent" } }];
  const bench = await PodBench.start(podOf({ volumes, initContainers: [containerOf("i", { volumeMounts: [{ name: "v", mountPath: "/v" }] }), containerOf("j")] }));
  try {
    await bench.until("it waits", () => bench.reasons.includes("FailedMount"));
    bench.delete();
    await bench.reaches(t, "Failed | i=terminated(ContainerStatusUnknown 137) r0 | j=waiting(PodInitializing) r0 | c=waiting(PodInitializing) r0");
  } finally {
    await bench.close();
  }
});

test("deleted while its last init container runs: the containers wait on", async (t) => {
  const initContainers = [containerOf("s", { restartPolicy: "Always" }), containerOf("i")];
  const bench = await PodBench.start(podOf({ initContainers }), (prepared) => {
    prepared.runtime.program = (config) => ({ onTerm: config.metadata?.name === "i" ? 137 : 0 });
  });
  try {
    await bench.advance(300);
    await bench.reaches(t, "Pending | s=running ready started r0 | i=running started r0 | c=waiting(PodInitializing) r0");
    t.deepEqual(bench.last?.initContainerStatuses?.map((status) => status.resources), [{}, {}], "said even where nothing is asked for");
    bench.pod = { ...bench.pod, status: bench.last ?? {} };
    bench.delete();
    await bench.reaches(t, "Failed | s=terminated(Completed 0) r0 | i=terminated(Error 137) r0 | c=waiting(PodInitializing) r0");
  } finally {
    await bench.close();
  }
});

test("an ephemeral container that cannot be started waits for ever where the pod's policy is Always", async (t) => {
  const bench = await PodBench.start(podOf(), (prepared) => {
    prepared.runtime.program = (config) => (config.metadata?.name === "e" ? { startError: "no such file" } : { onTerm: 0 });
  });
  try {
    await bench.until("it runs", () => bench.last?.phase === "Running");
    bench.update({ spec: { ...bench.pod.spec, containers: bench.pod.spec?.containers ?? [], ephemeralContainers: [containerOf("e")] } });
    await bench.reaches(t, "Running | c=running ready started r0 | e=waiting(RunContainerError) r0");
    t.is(bench.last?.ephemeralContainerStatuses?.[0]?.lastState?.terminated?.reason, "StartError");
    await bench.advance(30_000);
    t.is(bench.runtime.containers("e").length, 1);
  } finally {
    await bench.close();
  }
});

test("deleted with its last sidecar up, before a container ran: all count as lost", async (t) => {
  const bench = await PodBench.start(podOf({ initContainers: [containerOf("s", { restartPolicy: "Always" })] }, { image: "slow", imagePullPolicy: "Always" }), (prepared) => {
    prepared.runtime.pull = () => new Promise(() => {});
  });
  try {
    await bench.advance(300);
    await bench.reaches(t, "Pending | s=running ready started r0 | c=waiting(PodInitializing) r0");
    bench.pod = { ...bench.pod, status: bench.last ?? {} };
    bench.delete();
    await bench.reaches(t, "Failed | s=terminated(Completed 0) r0 | c=terminated(ContainerStatusUnknown 137) r0");
  } finally {
    await bench.close();
  }
});

test("deleted during a pull: the pull is given up", async (t) => {
  let wasAborted = false;
  const bench = await PodBench.start(podOf({}, { image: "far" }), (prepared) => {
    prepared.runtime.pull = (_image, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          wasAborted = true;
          reject(signal.reason);
        });
      });
  });
  try {
    await bench.until("it pulls", () => bench.reasons.includes("Pulling"));
    bench.delete();
    await bench.until("confirmed", () => bench.deleted.length === 1);
    t.true(wasAborted);
    t.false(bench.reasons.includes("Failed"));
  } finally {
    await bench.close();
  }
});

test("a runtime that refuses to stop a container is asked again", async (t) => {
  let refusals = 3;
  const bench = await running(podOf(), (prepared) => {
    prepared.runtime.before = (verb) => {
      if (verb === "StopContainer" && refusals-- > 0) throw new CriError("Unavailable", "later");
    };
  });
  try {
    bench.delete();
    await bench.advance(5_000);
    await bench.until("confirmed", () => bench.deleted.length === 1);
    await bench.reaches(t, "Succeeded | c=terminated(Completed 0) r0");
  } finally {
    await bench.close();
  }
});

test("sidecars stop after the containers, the last started first", async (t) => {
  const sidecar = (name: string) => containerOf(name, { restartPolicy: "Always" });
  const order: string[] = [];
  const bench = await running(podOf({ initContainers: [sidecar("s1"), sidecar("s2")] }), (prepared) => {
    prepared.runtime.before = (verb, request) => {
      if (verb === "StopContainer") order.push(prepared.runtime.sandboxes().length > 0 ? (request as { containerId: string }).containerId : "");
    };
  });
  try {
    const name = (id: string) => ["s1", "s2", "c"].find((candidate) => bench.runtime.containers(candidate).some((container) => container.id === id)) ?? names.get(id);
    const names = new Map(["s1", "s2", "c"].flatMap((candidate) => bench.runtime.containers(candidate).map((container) => [container.id, candidate] as const)));
    bench.delete(10);
    await bench.until("confirmed", () => bench.deleted.length === 1);
    t.deepEqual(order.map(name), ["c", "s2", "s1"]);
    await bench.reaches(t, "Succeeded | s1=terminated(Completed 0) r0 | s2=terminated(Completed 0) r0 | c=terminated(Completed 0) r0");
  } finally {
    await bench.close();
  }
});
