import { existsSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../../lib/clock.ts";
import { listMounts } from "../os/mounts.ts";
import { run } from "../os/processes.ts";
import { execText, runContainer, runSandbox, sandboxConfig, whenExited } from "../testing/pods.ts";
import { startShim, type TestShim } from "../testing/start-shim.ts";

let shim: TestShim;

test.before(async () => {
  shim = await startShim();
});
test.after.always(() => shim.stop());

const codeOf = (error: unknown) => (error as { code?: number }).code;
const inShimNetwork = async (...args: string[]) => (await run("nsenter", [`--net=${shim.networkNamespace}`, ...args], { clock: systemClock })).stdout.toString();

test("a sandbox has an address, a name, its own loopback, DNS and /dev/shm, and no process", async (t) => {
  const id = await runSandbox(shim, { labels: { app: "x" }, annotations: { note: "y" } });
  const { status } = await shim.client.call("PodSandboxStatus", { podSandboxId: id });
  t.is(status?.state, "SANDBOX_READY");
  t.regex(status?.network?.ip ?? "", /^10\.88\.0\.\d+$/);
  t.deepEqual({ ...status?.labels }, { app: "x" });
  t.deepEqual({ ...status?.annotations }, { note: "y" });
  const container = await runContainer(shim, id, "sleep 1000");
  t.is(await execText(shim, container, "hostname"), status?.metadata?.name ?? "");
  t.is(await execText(shim, container, "cat", "/etc/resolv.conf"), "search default.svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5");
  t.regex(await execText(shim, container, "cat", "/etc/hosts"), new RegExp(`^${status?.network?.ip}\\s${status?.metadata?.name}$`, "m"));
  t.regex(await execText(shim, container, "ip", "addr", "show", "lo"), /UP/);
  t.regex(await execText(shim, container, "df", "-k", "/dev/shm"), /65536 .*\/dev\/shm/);
  t.deepEqual((await execText(shim, container, "ps", "-o", "args")).split("\n").sort(), ["COMMAND", "ps -o args", "sleep 1000"]);
});

test("two containers of a pod share network, IPC and /dev/shm, not processes; pods share nothing", async (t) => {
  const pod = await runSandbox(shim);
  const [one, two] = [await runContainer(shim, pod, "sleep 1000"), await runContainer(shim, pod, "sleep 1000")];
  const other = await runContainer(shim, await runSandbox(shim), "sleep 1000");
  const namespace = (container: string, kind: string) => execText(shim, container, "readlink", `/proc/self/ns/${kind}`);
  for (const kind of ["net", "ipc"]) {
    t.is(await namespace(one, kind), await namespace(two, kind), kind);
    t.not(await namespace(one, kind), await namespace(other, kind), kind);
  }
  for (const kind of ["pid", "mnt"]) t.not(await namespace(one, kind), await namespace(two, kind), kind);
  await execText(shim, one, "sh", "-c", "echo hi > /dev/shm/file");
  t.is(await execText(shim, two, "cat", "/dev/shm/file"), "hi");
  await t.throwsAsync(execText(shim, other, "cat", "/dev/shm/file"));
});

test("a shared PID namespace: containers see one another, an orphan is reaped, the holder is not listed", async (t) => {
  const namespaceOptions = { pid: "POD" } as const;
  const linux = { securityContext: { namespaceOptions } };
  const pod = await runSandbox(shim, { linux: { cgroupParent: `${shim.cgroupParent}/shared`, ...linux } });
  const one = await runContainer(shim, pod, "sleep 1001", { linux });
  const two = await runContainer(shim, pod, "sleep 1002", { linux });
  t.regex(await execText(shim, two, "ps"), /sleep 1001/);
  t.is((await shim.client.call("ListContainers", { filter: { podSandboxId: pod } })).containers.length, 2);
  await execText(shim, one, "sh", "-c", "(sleep 0.05 &) ; sleep 0.2");
  await execText(shim, one, "sh", "-c", "while grep -q 'State:.Z' /proc/[0-9]*/status; do sleep 0.02; done");
  // Ending a container ends its processes only.
  await shim.client.call("StopContainer", { containerId: one, timeout: 0 });
  t.notRegex(await execText(shim, two, "ps"), /sleep 1001/);
});

test("host network, IPC and PIDs", async (t) => {
  const namespaceOptions = { network: "NODE", ipc: "NODE", pid: "NODE" } as const;
  const linux = { securityContext: { namespaceOptions } };
  const pod = await runSandbox(shim, { hostname: "", linux });
  const { status } = await shim.client.call("PodSandboxStatus", { podSandboxId: pod });
  t.is(status?.network?.ip, "");
  const container = await runContainer(shim, pod, "sleep 1000", { linux });
  t.is(await execText(shim, container, "hostname"), hostname());
  t.is(await execText(shim, container, "readlink", "/proc/self/ns/net"), (await inShimNetwork("readlink", "/proc/self/ns/net")).trim());
  t.is(await execText(shim, container, "readlink", "/proc/self/ns/ipc"), (await run("readlink", ["/proc/self/ns/ipc"], { clock: systemClock })).stdout.toString().trim());
  await execText(shim, container, "test", "-d", `/proc/${shim.pid()}`);
});

test("sysctls of the pod's namespaces are set, others refused", async (t) => {
  const linux = (sysctls: Record<string, string>) => ({ linux: { sysctls, securityContext: { namespaceOptions: { pid: "CONTAINER" as const } } } });
  const pod = await runSandbox(shim, linux({ "net.core.somaxconn": "777", "kernel.shm_rmid_forced": "1", "net/ipv4/ip_local_port_range": "10000 20000" }));
  const container = await runContainer(shim, pod, "sleep 1000");
  t.is(await execText(shim, container, "cat", "/proc/sys/net/core/somaxconn", "/proc/sys/kernel/shm_rmid_forced"), "777\n1");
  t.regex(await execText(shim, container, "cat", "/proc/sys/net/ipv4/ip_local_port_range"), /10000\s20000/);
  t.is(await execText(shim, container, "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"), "0");
  for (const name of ["vm.swappiness", "kernel.pid_max", "net.ipv4.../x", "net.no.such"]) t.is(codeOf(await t.throwsAsync(runSandbox(shim, linux({ [name]: "1" })))), 3, name);
});

test("stopped and removed sandboxes leave nothing; both verbs may be repeated", async (t) => {
  const id = await runSandbox(shim);
  const container = await runContainer(shim, id, "sleep 1000");
  const before = await shim.client.call("PodSandboxStatus", { podSandboxId: id });
  for (let i = 0; i < 2; i++) await shim.client.call("StopPodSandbox", { podSandboxId: id });
  const { status } = await shim.client.call("PodSandboxStatus", { podSandboxId: id });
  t.is(status?.state, "SANDBOX_NOTREADY");
  t.is((await shim.client.call("ContainerStatus", { containerId: container })).status?.state, "CONTAINER_EXITED");
  t.is(codeOf(await t.throwsAsync(runContainer(shim, id, "true"))), 9);
  t.false(listMounts().some(({ target }) => target.includes(id)));
  t.false(existsSync(join(shim.dataDir, "cni/leases/berth", before.status?.network?.ip ?? "")));
  for (let i = 0; i < 2; i++) await shim.client.call("RemovePodSandbox", { podSandboxId: id });
  t.is(codeOf(await t.throwsAsync(shim.client.call("PodSandboxStatus", { podSandboxId: id }))), 5);
  t.is(codeOf(await t.throwsAsync(shim.client.call("ContainerStatus", { containerId: container }))), 5);
  t.false(readdirSync(join(shim.dataDir, "sandboxes")).includes(id));
  t.false(listMounts().some(({ target }) => target.includes(container)));
});

test.serial("the same sandbox twice is refused; bad input names its field", async (t) => {
  const config = sandboxConfig(shim);
  await shim.client.call("RunPodSandbox", { config });
  t.is(codeOf(await t.throwsAsync(shim.client.call("RunPodSandbox", { config }))), 6);
  for (const bad of [{ metadata: { name: "" } }, { hostname: "a b" }, { hostname: "x".repeat(65) }, { linux: { cgroupParent: "/a/../../b" } }, { linux: { cgroupParent: "/system.slice" } }, { dnsConfig: { servers: ["1.2.3.4\nnameserver 6.6.6.6"] } }])
    t.is(codeOf(await t.throwsAsync(runSandbox(shim, bad))), 3, JSON.stringify(bad));
  t.is(codeOf(await t.throwsAsync(shim.client.call("RunPodSandbox", { config: sandboxConfig(shim), runtimeHandler: "kata" }))), 2);
  t.is(readdirSync(join(shim.dataDir, "sandboxes")).length, (await shim.client.call("ListPodSandbox", {})).items.length, "what failed left nothing");
});

test("lists are filtered by id, state and labels", async (t) => {
  const id = await runSandbox(shim, { labels: { filter: "a", more: "b" } });
  const ids = async (filter: object) => (await shim.client.call("ListPodSandbox", { filter })).items.map((item) => item.id);
  t.deepEqual(await ids({ labelSelector: { filter: "a" } }), [id]);
  t.deepEqual(await ids({ labelSelector: { filter: "b" } }), []);
  t.deepEqual(await ids({ id: id.slice(0, 20) }), [id]);
  t.deepEqual(await ids({ labelSelector: { filter: "a" }, state: { state: "SANDBOX_NOTREADY" } }), []);
});

test("the pod range is rejected where no pod answers, before the first and after the last pod", async (t) => {
  const own = await startShim({ podCidr: "10.99.0.0/24", importImage: false });
  t.teardown(() => own.stop());
  const routes = async () => (await run("nsenter", [`--net=${own.networkNamespace}`, "ip", "route", "show", "10.99.0.0/24"], { clock: systemClock })).stdout.toString();
  t.regex(await routes(), /^unreachable .* metric 4278198272/m);
  const id = await runSandbox(own);
  await own.client.call("RemovePodSandbox", { podSandboxId: id });
  t.regex(await routes(), /^unreachable/m);
  await own.restart();
  t.regex(await routes(), /^unreachable/m);
  await own.client.call("UpdateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr: "10.98.0.0/24" } } });
  t.is(await routes().then((text) => text.match(/unreachable/)), null);
});

test("without a pod range and a CNI configuration the network is not ready and sandboxes are refused", async (t) => {
  const own = await startShim({ podCidr: null, importImage: false });
  t.teardown(() => own.stop());
  const { status } = await own.client.call("Status", {});
  t.like(status?.conditions.find(({ type }) => type === "NetworkReady"), { status: false, reason: "NetworkPluginNotReady" });
  t.is(codeOf(await t.throwsAsync(runSandbox(own))), 9);
  const badRange = own.client.call("UpdateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr: "10.0.0.0/99" } } });
  t.is(codeOf(await t.throwsAsync(badRange)), 3);
});

test("a host port reaches the pod", async (t) => {
  const pod = await runSandbox(shim, { portMappings: [{ hostPort: 18080, containerPort: 8080, protocol: "TCP" }] });
  const { status } = await shim.client.call("PodSandboxStatus", { podSandboxId: pod });
  const container = await runContainer(shim, pod, "exec httpd -f -p 8080 -h /etc");
  await execText(shim, container, "sh", "-c", "until grep -q ':1F90 .* 0A ' /proc/net/tcp /proc/net/tcp6; do sleep 0.02; done");
  const rules = await inShimNetwork("iptables", "-t", "nat", "-S");
  t.regex(rules, new RegExp(`--dport 18080 .*--to-destination ${status?.network?.ip}:8080`));
  t.regex(await inShimNetwork("busybox", "wget", "-qO-", `http://${status?.network?.ip}:8080/passwd`), /root:/);
  await shim.client.call("RemovePodSandbox", { podSandboxId: pod });
  t.notRegex(await inShimNetwork("iptables", "-t", "nat", "-S"), /18080/);
});

test("events tell of every change, with the pod's state", async (t) => {
  const stream = shim.client.stream("GetContainerEvents", {});
  stream.on("error", () => {});
  t.teardown(() => stream.cancel());
  const seen: string[] = [];
  await shim.client.call("Version", {}); // the stream is open before what follows
  const pod = await runSandbox(shim);
  const done = new Promise<void>((resolve) => {
    stream.on("data", (event) => {
      if (event.containerId !== pod && event.podSandboxStatus?.id !== pod) return;
      seen.push(`${event.containerId === pod ? "sandbox" : "container"} ${event.containerEventType}`);
      if (event.containerId === pod && event.containerEventType === "CONTAINER_DELETED_EVENT") resolve();
    });
  });
  const container = await runContainer(shim, pod, "exit 3");
  await whenExited(shim, container);
  await shim.client.call("RemoveContainer", { containerId: container });
  await shim.client.call("StopPodSandbox", { podSandboxId: pod });
  await shim.client.call("RemovePodSandbox", { podSandboxId: pod });
  await done;
  const inOrder = ["sandbox CONTAINER_STARTED_EVENT", "container CONTAINER_CREATED_EVENT", "container CONTAINER_STARTED_EVENT", "container CONTAINER_STOPPED_EVENT", "container CONTAINER_DELETED_EVENT", "sandbox CONTAINER_STOPPED_EVENT", "sandbox CONTAINER_DELETED_EVENT"];
  t.deepEqual(seen.filter((event) => event !== "sandbox CONTAINER_CREATED_EVENT"), inOrder);
});
