import { request } from "node:https";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import anyTest, { type TestFn } from "ava";
import { leases, nodes, pods } from "../api/resources.ts";
import type { ContainerStatus, Node } from "../api/wire.ts";
import { CriError } from "./cri/cri-client.ts";
import { NodeBench } from "./testing/node-bench.ts";

const test = anyTest as TestFn<NodeBench>;
test.beforeEach(async (t) => {
  t.context = await NodeBench.start();
});
test.afterEach.always((t) => t.context.stop());

const isReady = (node: Node | undefined) => node?.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;

test.serial("registers its Node and Lease, and hands the pod range to the runtime", async (t) => {
  const bench = t.context;
  const node = await bench.until(nodes, undefined, "n1", isReady);
  t.is(node?.metadata.labels?.["kubernetes.io/hostname"], "n1");
  t.is(node?.metadata.labels?.["example.com/rack"], "r1");
  t.is(node?.status?.daemonEndpoints?.kubeletEndpoint?.Port, bench.agent.port);
  t.deepEqual(node?.status?.addresses, [{ type: "InternalIP", address: "127.0.0.1" }, { type: "Hostname", address: "n1" }]);
  t.is(node?.status?.nodeInfo?.containerRuntimeVersion, "fake://1.0.0");
  t.is(node?.status?.capacity?.["pods"], "110");
  t.deepEqual(node?.status?.conditions?.map((condition) => `${condition.type}=${condition.status}`).sort(), ["DiskPressure=False", "MemoryPressure=False", "PIDPressure=False", "Ready=True"]);
  const lease = await bench.until(leases, "kube-node-lease", "n1", (found) => found !== undefined);
  t.is(lease?.spec?.holderIdentity, "n1");
  t.is(lease?.metadata.ownerReferences?.[0]?.uid, node?.metadata.uid);
  await bench.admin.patch(nodes, { name: "n1" }, "merge", { spec: { podCIDR: "10.244.7.0/24", podCIDRs: ["10.244.7.0/24"] } });
  await bench.until(nodes, undefined, "n1", () => true);
  while (bench.runtime.podCidr === "") await new Promise<void>((resolve) => setImmediate(resolve));
  t.is(bench.runtime.podCidr, "10.244.7.0/24");
});

test.serial("runs a pod, tells of it, and removes it when it is deleted", async (t) => {
  const bench = t.context;
  await bench.createPod("p");
  const running = await bench.pod("p", (pod) => pod?.status?.phase === "Running");
  t.is(running?.status?.containerStatuses?.[0]?.ready, true);
  t.is(running?.status?.conditions?.find((condition) => condition.type === "Ready")?.status, "True");
  t.regex(running?.status?.podIP ?? "", /^10\.88\./);
  t.deepEqual(await bench.eventsOf("p", "Started"), ['Pulled: Container image "img" already present on machine and can be accessed by the pod', "Created: Container created", "Started: Container started"]);
  await bench.admin.delete(pods, { namespace: "default", name: "p" });
  await bench.pod("p", (pod) => pod === undefined);
  t.deepEqual(bench.runtime.sandboxes(), []);
});

test.serial("a deletion without grace is followed, too", async (t) => {
  const bench = t.context;
  await bench.createPod("p");
  await bench.pod("p", (pod) => pod?.status?.phase === "Running");
  await bench.admin.delete(pods, { namespace: "default", name: "p" }, { gracePeriodSeconds: 0 });
  while (bench.runtime.sandboxes().length > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  t.pass();
});

test.serial("refuses what the node cannot run, with nothing but the reason, and lets it be deleted", async (t) => {
  const bench = t.context;
  await bench.until(nodes, undefined, "n1", isReady);
  await bench.createPod("picky", { nodeSelector: { no: "such" } });
  const refused = await bench.pod("picky", (pod) => pod?.status?.phase === "Failed");
  t.is(refused?.status?.reason, "NodeAffinity");
  t.is(refused?.status?.message, "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
  t.is(refused?.status?.conditions, undefined);
  await bench.createPod("big", {}, { resources: { requests: { cpu: "1k" } } });
  t.is((await bench.pod("big", (pod) => pod?.status?.phase === "Failed"))?.status?.reason, "OutOfcpu");
  t.deepEqual(await bench.eventsOf("picky", "NodeAffinity"), ["NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"]);
  t.deepEqual(bench.runtime.calls.filter((verb) => verb === "RunPodSandbox"), []);
  await bench.admin.delete(pods, { namespace: "default", name: "picky" });
  await bench.pod("picky", (pod) => pod === undefined);
});

test.serial("with the API server away pods are kept, and what happened is told afterwards", async (t) => {
  const bench = t.context;
  await bench.createPod("p");
  await bench.pod("p", (pod) => pod?.status?.phase === "Running");
  bench.cut();
  const [first] = bench.runtime.containers("c");
  bench.runtime.exit(first?.id ?? "", 7);
  while (bench.runtime.containers("c").length < 2 || bench.runtime.containers("c")[1]?.state !== "CONTAINER_RUNNING") await new Promise<void>((resolve) => setImmediate(resolve));
  bench.mend();
  const after = await bench.pod("p", (pod) => pod?.status?.containerStatuses?.[0]?.restartCount === 1 && pod.status.containerStatuses[0].ready);
  t.is(after?.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 7);
});

test.serial("after a restart what ran goes on; what was deleted meanwhile is stopped, what came meanwhile is started", async (t) => {
  const bench = t.context;
  await bench.createPod("stays");
  await bench.createPod("goes");
  await bench.pod("stays", (pod) => pod?.status?.phase === "Running");
  await bench.pod("goes", (pod) => pod?.status?.phase === "Running");
  const before = await bench.pod("stays", () => true);
  const idOf = (name: string) => bench.runtime.containers("c").find((container) => container.config.labels["io.kubernetes.pod.name"] === name)?.id;
  const kept = idOf("stays");
  await bench.stopAgent();
  await bench.admin.delete(pods, { namespace: "default", name: "goes" }, { gracePeriodSeconds: 0 });
  await bench.createPod("comes");
  bench.startAgent();
  await bench.pod("comes", (pod) => pod?.status?.phase === "Running");
  while (idOf("goes") !== undefined) await new Promise<void>((resolve) => setImmediate(resolve));
  t.is(idOf("stays"), kept);
  t.is((await bench.pod("stays", () => true))?.metadata.resourceVersion, before?.metadata.resourceVersion, "nothing was written");
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(port: number, path: string, identity: { certificate?: string; key?: string; ca: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { certificate, key, ca } = identity;
    const call = request({ host: "127.0.0.1", port, path, ca, agent: false, ...(certificate === undefined ? {} : { cert: certificate, key }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    call.once("error", reject);
    call.end();
  });
}

test.serial("the node's API is for those whom the cluster's CA names administrators", async (t) => {
  const bench = t.context;
  const { ca, admin } = bench.server;
  await bench.createPod("p");
  const pod = await bench.pod("p", (found) => found?.status?.phase === "Running");
  const stranger = await bench.server.clientCertificate({ commonName: "somebody", organizations: ["system:authenticated"] });
  const as = (identity: object) => (path: string) => get(bench.agent.port, path, { ca, ...identity });
  t.deepEqual(await as({})("/pods"), { status: 401, body: "Unauthorized\n" });
  t.is((await as(stranger)("/pods")).status, 403);
  const admins = as(admin);
  t.deepEqual(await admins("/healthz"), { status: 200, body: "ok" });
  t.deepEqual(JSON.parse((await admins("/pods")).body).items.map((item: { metadata: { name: string } }) => item.metadata.name), ["p"]);
  t.is((await admins("/nope")).status, 404);
  t.regex((await admins("/metrics")).body, /^kubelet_running_containers\{container_state="running"\} 1$/m);
  t.is(JSON.parse((await admins("/stats/summary")).body).node.nodeName, "n1");
  const folder = join(bench.dir, "logs", `default_p_${pod?.metadata.uid}`, "c");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "0.log"), "2026-01-01T00:00:01.000000001Z stdout F one\n2026-01-01T00:00:02.000000001Z stdout F two\n");
  t.deepEqual(await admins("/containerLogs/default/p/c?tailLines=1"), { status: 200, body: "two\n" });
  t.deepEqual(await admins("/containerLogs/default/p/nope"), { status: 400, body: "container nope is not valid for pod p\n" });
  t.deepEqual(await admins("/containerLogs/default/p/c?previous=true"), { status: 400, body: 'previous terminated container "c" in pod "p" not found\n' });
  t.deepEqual(await admins("/containerLogs/default/gone/c"), { status: 404, body: 'pod "gone" not found\n' });
  t.is((await admins("/containerLogs/default/p/c?tailLines=x")).status, 400);
  t.is((await admins("/exec/default/p/c?command=true")).status, 400);
});

test.serial("logs: why there are none yet, and which run is the previous one of a container that waits", async (t) => {
  const bench = t.context;
  const { ca, admin } = bench.server;
  const logs = (path: string) => get(bench.agent.port, `/containerLogs/default/${path}`, { ca, ...admin });
  bench.runtime.pull = async () => {
    throw new CriError("NotFound", "no such image");
  };
  await bench.createPod("absent", {}, { image: "absent" });
  await bench.pod("absent", (pod) => pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason === "ErrImagePull");
  t.deepEqual(await logs("absent/c"), { status: 400, body: 'container "c" in pod "absent" is waiting to start: image can\'t be pulled\n' });
  t.deepEqual(await logs("absent/c?previous=true"), { status: 400, body: 'previous terminated container "c" in pod "absent" not found\n' });
  bench.runtime.exec = () => ({ exitCode: 1 });
  await bench.createPod("hooked", {}, { lifecycle: { postStart: { exec: { command: ["no"] } } } });
  const isBackedOff = ([status]: readonly ContainerStatus[]) => status?.restartCount === 1 && status.state?.waiting?.reason === "PostStartHookError";
  const pod = await bench.pod("hooked", (found) => isBackedOff(found?.status?.containerStatuses ?? []));
  const folder = join(bench.dir, "logs", `default_hooked_${pod?.metadata.uid}`, "c");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "1.log"), "2026-01-01T00:00:01.000000001Z stdout F last\n");
  t.deepEqual(await logs("hooked/c?previous=true"), { status: 200, body: "last\n" });
});
