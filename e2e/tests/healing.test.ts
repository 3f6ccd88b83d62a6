import type { CoreEvent, Pod } from "../../api/wire.ts";
import type { TestCluster } from "../harness/cluster.ts";
import { storesUnderTest } from "../harness/cluster.ts";
import { BUSYBOX } from "../harness/images.ts";
import { applyText, getJson, isReady, pidsOfPod, until } from "../harness/objects.ts";
import { suiteOn } from "../harness/suite.ts";

function pod(name: string, container: object, spec: object = {}): object {
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { terminationGracePeriodSeconds: 1, ...spec, containers: [{ name: "c", image: BUSYBOX, ...container }] } };
}

const look = (cluster: TestCluster, name: string) => () => getJson<Pod>(cluster, ["pod", name]);

async function eventsOf(cluster: TestCluster, name: string): Promise<CoreEvent[]> {
  return (await getJson<{ items: CoreEvent[] }>(cluster, ["events", "--field-selector", `involvedObject.name=${name}`])).items;
}

suiteOn(storesUnderTest(), { nodes: 1 }, ({ test }) => {
  test("a killed process is restarted, once, and the event says so", async (t, cluster) => {
    await applyText(cluster, pod("victim", { command: ["sleep", "100000"] }));
    const running = await until("running", look(cluster, "victim"), isReady);
    const [pid] = pidsOfPod(running.metadata.uid ?? "");
    t.truthy(pid);
    process.kill(pid as number, "SIGKILL");
    const again = await until("restarted", look(cluster, "victim"), (one) => one.status?.containerStatuses?.[0]?.restartCount === 1 && isReady(one));
    t.is(again.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
    const events = await eventsOf(cluster, "victim");
    t.is(events.filter((event) => event.reason === "Started").reduce((sum, event) => sum + (event.count ?? 1), 0), 2);
  });

  test("a failing liveness probe restarts the container", async (t, cluster) => {
    await applyText(cluster, pod("sick", { command: ["sh", "-c", "touch /tmp/well; sleep 3; rm /tmp/well; sleep 100000"], livenessProbe: { exec: { command: ["test", "-e", "/tmp/well"] }, periodSeconds: 1, failureThreshold: 1 } }));
    await until("restarted", look(cluster, "sick"), (one) => (one.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    const events = await eventsOf(cluster, "sick");
    t.true(events.some((event) => event.reason === "Unhealthy" && /^Liveness probe failed/.test(event.message ?? "")));
    t.true(events.some((event) => event.reason === "Killing" && event.message === "Container c failed liveness probe, will be restarted"));
    await cluster.kubectlOk(["delete", "pod", "sick"]);
  });

  test("a failing readiness probe makes the pod not Ready and restarts nothing", async (t, cluster) => {
    await applyText(cluster, pod("unready", { command: ["sleep", "100000"], readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 1 } }));
    await until("running", look(cluster, "unready"), (one) => one.status?.phase === "Running");
    await cluster.kubectlOk(["exec", "unready", "--", "touch", "/tmp/ready"]);
    await until("ready", look(cluster, "unready"), isReady);
    await cluster.kubectlOk(["exec", "unready", "--", "rm", "/tmp/ready"]);
    const down = await until("not ready", look(cluster, "unready"), (one) => !isReady(one));
    t.is(down.status?.phase, "Running");
    t.is(down.status?.containerStatuses?.[0]?.restartCount, 0);
    await cluster.kubectlOk(["delete", "pod", "unready"]);
  });

  test("out of memory is OOMKilled", async (t, cluster) => {
    await applyText(cluster, pod("hungry", { command: ["sh", "-c", "head -c 200000000 /dev/zero | tail"], resources: { limits: { memory: "24Mi" } } }, { restartPolicy: "Never" }));
    const dead = await until("dead", look(cluster, "hungry"), (one) => one.status?.containerStatuses?.[0]?.state?.terminated !== undefined);
    t.is(dead.status?.containerStatuses?.[0]?.state?.terminated?.reason, "OOMKilled");
  });

  test("a container that ignores SIGTERM is killed after its grace period", async (t, cluster) => {
    await applyText(cluster, pod("stubborn", { command: ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"] }, { terminationGracePeriodSeconds: 2 }));
    await until("running", look(cluster, "stubborn"), isReady);
    const began = Date.now();
    await cluster.kubectlOk(["delete", "pod", "stubborn", "--timeout=30s"]);
    t.true(Date.now() - began >= 2000);
    t.is((await cluster.kubectl(["get", "pod", "stubborn"])).code, 1);
  });

  test("a hostPath that is not there, and an image that is not there, are said in the pod's events", async (t, cluster) => {
    await applyText(cluster, pod("mountless", { command: ["true"], volumeMounts: [{ name: "h", mountPath: "/h" }] }, { volumes: [{ name: "h", hostPath: { path: "/nonexistent-folder", type: "Directory" } }] }));
    await applyText(cluster, pod("imageless", { image: "localhost:1/absent:1" }));
    await until("FailedMount", () => eventsOf(cluster, "mountless"), (events) => events.some((event) => event.reason === "FailedMount" && /nonexistent-folder/.test(event.message ?? "")));
    const waiting = await until("the image is refused", look(cluster, "imageless"), (one) => /^(ErrImagePull|ImagePullBackOff)$/.test(one.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? ""));
    t.is(waiting.status?.phase, "Pending");
    await cluster.kubectlOk(["delete", "pod", "mountless", "imageless"]);
  });

  test("init containers run in order before the others", async (t, cluster) => {
    const init = (name: string) => ({ name, image: BUSYBOX, command: ["sh", "-c", `echo ${name} >> /work/order`], volumeMounts: [{ name: "work", mountPath: "/work" }] });
    await applyText(cluster, pod("staged", { command: ["sh", "-c", "cat /work/order; sleep 100000"], volumeMounts: [{ name: "work", mountPath: "/work" }] }, { initContainers: [init("first"), init("second")], volumes: [{ name: "work", emptyDir: {} }] }));
    await until("running", look(cluster, "staged"), isReady);
    t.is(await cluster.kubectlOk(["logs", "staged"]), "first\nsecond\n");
    await cluster.kubectlOk(["delete", "pod", "staged"]);
  });
});
