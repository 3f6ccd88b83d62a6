import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { systemClock } from "../lib/clock.ts";
import { failpointNames, type FailpointName } from "./failpoint.ts";
import { buildImage } from "./image/build.ts";
import { detectCgroups } from "./os/cgroups.ts";
import { listMounts } from "./os/mounts.ts";
import { run } from "./os/processes.ts";
import { containerConfig, execText, runContainer, runSandbox, whenExited } from "./testing/pods.ts";
import { startRegistry, type TestRegistry } from "./testing/registry.ts";
import { startShim, type TestShim } from "./testing/start-shim.ts";

let shim: TestShim;
let registry: TestRegistry;
let round = 0;

test.before(async () => {
  shim = await startShim();
  registry = await startRegistry({ namespace: shim.networkNamespace });
});
test.after.always(async () => {
  await registry?.close();
  await shim.stop();
});

/** Everything that a node asks of its runtime, once; returns what lives at the end. Ends early, rejecting, when the shim is killed. */
async function everyVerb(): Promise<void> {
  const call = shim.client.call;
  const tag = `r${round++}`;
  await call("UpdateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr: `10.${100 + (round % 50)}.0.0/24` } } });
  registry.add("image", tag, buildImage({ name: "x", arch: process.arch, cmd: ["/a"], layers: [[{ path: "a", content: Buffer.from(tag) }]] }), "gzip");
  await call("PullImage", { image: { image: `${registry.host}/image:${tag}` } });
  await call("RemoveImage", { image: { image: `${registry.host}/image:${tag}` } });
  const pidsShared = { securityContext: { namespaceOptions: { pid: "POD" as const } } };
  const pod = await runSandbox(shim, { linux: { cgroupParent: `${shim.cgroupParent}/${tag}`, ...pidsShared } });
  await runContainer(shim, pod, "sleep 1000", { linux: pidsShared });
  const quick = await runContainer(shim, pod, "exit 3");
  await whenExited(shim, quick);
  await call("RemoveContainer", { containerId: quick });
  const slow = await runContainer(shim, pod, "while :; do sleep 0.02; done");
  await call("StopContainer", { containerId: slow, timeout: 1 });
  await call("CreateContainer", { podSandboxId: pod, config: containerConfig(shim, "true"), sandboxConfig: {} });
  await call("StopPodSandbox", { podSandboxId: pod });
  await call("RemovePodSandbox", { podSandboxId: pod });
}

/** Nothing on the machine that does not belong to a listed sandbox or container; every listed one as its record says. */
async function checkWhole(t: { true(value: boolean, message?: string): void; deepEqual(a: unknown, b: unknown, message?: string): void }): Promise<void> {
  const { items } = await shim.client.call("ListPodSandbox", {});
  const { containers } = await shim.client.call("ListContainers", {});
  const sandboxIds = new Set(items.map(({ id }) => id));
  const ready = new Set(items.filter(({ state }) => state === "SANDBOX_READY").map(({ id }) => id));
  const known = (text: string) => [...sandboxIds, ...containers.map(({ id }) => id), ...internalIds()].some((id) => text.includes(id));
  for (const container of containers) t.true(sandboxIds.has(container.podSandboxId), "a container without its sandbox");
  for (const { target } of listMounts()) if (target.startsWith(`${shim.dataDir}/`)) t.true(known(target), `mount ${target} belongs to nothing`);
  for (const name of readdirSync(join(shim.dataDir, "run/ns"))) t.true(ready.has(name.slice(0, 64)), `namespace ${name} belongs to no ready sandbox`);
  for (const name of readdirSync(join(shim.dataDir, "cni/attached"))) t.true(ready.has(name), `attachment ${name} belongs to no ready sandbox`);
  for (const lease of leases()) t.true(ready.has(lease), `lease of ${lease} belongs to no ready sandbox`);
  for (const name of readdirSync(join(shim.dataDir, "run/runc"))) t.true(known(name), `the OCI runtime knows ${name}`);
  for (const command of monitors()) t.true(known(command), `monitor ${command} watches nothing`);
  t.deepEqual(readdirSync(join(shim.dataDir, "trash")), []);
  t.deepEqual(readdirSync(join(shim.dataDir, "ingest")).filter((name) => !name.startsWith("partial-")), []);
  for (const { id, state } of containers) {
    const { status } = await shim.client.call("ContainerStatus", { containerId: id });
    if (state === "CONTAINER_EXITED") t.true((status?.finishedAt ?? 0) > 0);
    if (state === "CONTAINER_RUNNING") t.deepEqual((await shim.client.call("ExecSync", { containerId: id, cmd: ["true"], timeout: 10 })).exitCode, 0);
  }
}

async function removeAll(t: { deepEqual(a: unknown, b: unknown, message?: string): void; is(a: unknown, b: unknown, message?: string): void }): Promise<void> {
  for (const { id } of (await shim.client.call("ListPodSandbox", {})).items) {
    await shim.client.call("StopPodSandbox", { podSandboxId: id });
    await shim.client.call("RemovePodSandbox", { podSandboxId: id });
  }
  t.deepEqual(listMounts().map(({ target }) => target).filter((target) => target.startsWith(`${shim.dataDir}/`)), []);
  t.deepEqual([...readdirSync(join(shim.dataDir, "containers")), ...readdirSync(join(shim.dataDir, "sandboxes")), ...monitors(), ...leases()], []);
  const ports = await run("nsenter", [`--net=${shim.networkNamespace}`, "ip", "-o", "link", "show", "type", "veth"], { clock: systemClock });
  t.is(ports.stdout.toString(), "", "no veth is left");
  const cgroups = detectCgroups();
  const pods = cgroups.path("memory", shim.cgroupParent) ?? "";
  const left = existsSync(pods) ? readdirSync(pods, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory() && /^[0-9a-f]{64}$/.test(entry.name)) : [];
  t.deepEqual(left.map(({ name }) => name), [], "no container's cgroup is left");
}

function monitors(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    })
    .filter((command) => command.includes("conmon\0") && command.includes(shim.dataDir));
}

function leases(): string[] {
  const directory = join(shim.dataDir, "cni/leases/berth");
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => /^[0-9.]+$/.test(name)) : [];
  return names.map((name) => readFileSync(join(directory, name), "utf8").split(/\s/)[0] ?? "");
}

function internalIds(): string[] {
  return readdirSync(join(shim.dataDir, "containers")).filter((id) => JSON.parse(readFileSync(join(shim.dataDir, "containers", id, "state.json"), "utf8")).internal === true);
}

for (const name of failpointNames) {
  test.serial(`killed at ${name}: the next start leaves everything whole`, async (t) => {
    await shim.restart(name);
    await t.throwsAsync(everyVerb(), { message: /UNAVAILABLE|ended/ }, "the failpoint was not reached");
    await shim.ended();
    await shim.restart();
    await checkWhole(t);
    t.is(await execText(shim, await runContainer(shim, await runSandbox(shim), "sleep 1000"), "echo", "works"), "works");
    await removeAll(t);
  });
}

test.serial("killed again while it repairs", async (t) => {
  for (const [first, second] of [["sandbox.remove.intent", "container.remove.rootfs"], ["container.start.created", "container.remove.intent"], ["sandbox.stop.intent", "sandbox.stop.network"]] as [FailpointName, FailpointName][]) {
    await shim.restart(first);
    await t.throwsAsync(everyVerb());
    await shim.ended();
    await t.throwsAsync(shim.restart(second), { message: /ended before it served/ }, second).catch(() => {});
    await shim.restart();
    await checkWhole(t);
    await removeAll(t);
  }
});

test.serial("containers, their logs and exit codes survive the shim's death", async (t) => {
  const pod = await runSandbox(shim);
  const running = await runContainer(shim, pod, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done");
  const ending = await runContainer(shim, pod, "while ! test -e /dev/shm/end; do sleep 0.01; done; exit 7");
  const before = await shim.client.call("ContainerStatus", { containerId: running, verbose: true });
  process.kill(shim.pid(), "SIGKILL");
  await shim.ended();
  const shm = listMounts().find(({ target }) => target.includes(pod) && target.endsWith("/shm"))?.target ?? "";
  await run("touch", [join(shm, "end")], { clock: systemClock });
  while (!existsSync(join(shim.dataDir, "run/exits", ending))) await new Promise((resolve) => setImmediate(resolve));
  await shim.restart();
  const after = await shim.client.call("ContainerStatus", { containerId: running, verbose: true });
  t.is(after.status?.state, "CONTAINER_RUNNING");
  t.is(JSON.parse(after.info["info"] ?? "{}").pid, JSON.parse(before.info["info"] ?? "{}").pid);
  t.is(after.status?.startedAt, before.status?.startedAt);
  t.like((await shim.client.call("ContainerStatus", { containerId: ending })).status, { state: "CONTAINER_EXITED", exitCode: 7 });
  const log = readFileSync(after.status?.logPath ?? "", "utf8").trim().split("\n").map((line) => Number(line.split(" ").at(-1)));
  t.deepEqual(log, log.map((_, index) => index + 1), "no line is lost");
  await shim.client.call("StopContainer", { containerId: running, timeout: 0 });
  t.is((await shim.client.call("ContainerStatus", { containerId: running })).status?.exitCode, 137);
  await removeAll(t);
});

test.serial("a command whose caller went with the shim is ended", async (t) => {
  const id = await runContainer(shim, await runSandbox(shim), "sleep 1000");
  const pending = shim.client.call("ExecSync", { containerId: id, cmd: ["sh", "-c", "sleep 4321; true"], timeout: 100 });
  pending.catch(() => {});
  await execText(shim, id, "sh", "-c", "until ps | grep -q '[s]leep 4321'; do sleep 0.02; done");
  await shim.restart();
  await execText(shim, id, "sh", "-c", "while ps | grep -q '[s]leep 4321'; do sleep 0.02; done");
  await t.throwsAsync(pending);
  await removeAll(t);
});

test.serial("a monitor that is killed: its container ends, and says so", async (t) => {
  const pod = await runSandbox(shim);
  const id = await runContainer(shim, pod, "sleep 1000");
  const { info } = await shim.client.call("ContainerStatus", { containerId: id, verbose: true });
  process.kill(JSON.parse(info["info"] ?? "{}").monitorPid, "SIGKILL");
  t.like(await whenExited(shim, id), { exitCode: 137, reason: "ContainerStatusUnknown" });
  await removeAll(t);
});

test.serial("one data directory belongs to one shim", async (t) => {
  await t.throwsAsync(startShim({ podCidr: null, importImage: false, networkNamespace: shim.networkNamespace, options: { dataDir: shim.dataDir } }), { message: /another runtime shim is using/ });
});
