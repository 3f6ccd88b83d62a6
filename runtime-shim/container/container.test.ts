import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { Init } from "../../cri/vocabulary.ts";
import { detectCgroups } from "../os/cgroups.ts";
import { containerConfig, execText, runContainer, runSandbox, whenExited } from "../testing/pods.ts";
import { startShim, type TestShim } from "../testing/start-shim.ts";

let shim: TestShim;
let pod: string;
let scratch: string;

test.before(async () => {
  shim = await startShim();
  pod = await runSandbox(shim);
  scratch = mkdtempSync(join(tmpdir(), "berth-mounts-"));
});
test.after.always(async () => {
  await shim.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const codeOf = (error: unknown) => (error as { code?: number }).code;
const env = (key: string, value: string) => ({ key, value: Buffer.from(value) });
const logOf = async (id: string) => {
  const { status } = await shim.client.call("ContainerStatus", { containerId: id });
  return readFileSync(status?.logPath ?? "", "utf8");
};
/** What a script prints, run as a container to its end. */
async function output(script: string, extra: Init<"ContainerConfig"> = {}): Promise<string> {
  const id = await runContainer(shim, pod, script, extra);
  await whenExited(shim, id);
  // A line that was written in parts has the tag P on all of them but the last.
  const parts = (await logOf(id)).split("\n").filter(Boolean).map((line) => line.split(" "));
  await shim.client.call("RemoveContainer", { containerId: id });
  return parts.map((words) => words.slice(3).join(" ") + (words[2] === "P" ? "" : "\n")).join("").replace(/\n$/, "");
}
const secure = (securityContext: Init<"LinuxContainerSecurityContext">, resources?: Init<"LinuxContainerResources">): Init<"ContainerConfig"> => ({ linux: { securityContext, ...(resources === undefined ? {} : { resources }) } });

/** A container that goes on until a signal ends it, once its traps are set: until then the first process of a container hears none. */
async function runTrapping(traps: string, extra: Init<"ContainerConfig"> = {}): Promise<string> {
  const id = await runContainer(shim, pod, `${traps}; : >/trapped; while :; do sleep 0.05; done`, extra);
  await execText(shim, id, "sh", "-c", "until [ -e /trapped ]; do sleep 0.02; done");
  return id;
}

test("command, arguments, environment, working directory", async (t) => {
  t.is(await output("", { command: ["/bin/echo"], args: ["a b", "c"] }), "a b c");
  t.is(await output("echo $A-$B; pwd; echo $HOSTNAME; echo $PATH", { envs: [env("A", "1"), env("B", "x y"), env("A", "2")], workingDir: "/var/made/here" }).then((text) => text.split("\n").slice(0, 2).join("|")), "2-x y|/var/made/here");
  t.is(await output("", { command: [], args: ["-c", "echo from the image's own command"] }).catch((error) => String(error.code)), "2", "sh is the image's cmd, which args replace");
});

test("exit codes, times and reasons", async (t) => {
  for (const [script, exitCode, reason] of [["exit 0", 0, "Completed"], ["exit 3", 3, "Error"], ["sh -c 'kill -9 $$'; exit $?", 137, "Error"]] as const) {
    const id = await runContainer(shim, pod, script);
    const status = await whenExited(shim, id);
    t.like(status, { exitCode, reason, state: "CONTAINER_EXITED" }, script);
    t.true(status.createdAt <= status.startedAt && status.startedAt <= status.finishedAt, script);
    t.true(status.createdAt > 1.7e18);
  }
});

test("a program that is not there: StartError 128, as every runtime has it", async (t) => {
  const { containerId } = await shim.client.call("CreateContainer", { podSandboxId: pod, config: containerConfig(shim, "", { command: ["nope"] }), sandboxConfig: {} });
  t.is((await shim.client.call("ContainerStatus", { containerId })).status?.state, "CONTAINER_CREATED");
  await t.throwsAsync(shim.client.call("StartContainer", { containerId }), { message: /failed to create containerd task: failed to create shim task: OCI runtime create failed: .*"nope": executable file not found.*: unknown$/ });
  t.like((await shim.client.call("ContainerStatus", { containerId })).status, { state: "CONTAINER_EXITED", exitCode: 128, reason: "StartError" });
  t.is(codeOf(await t.throwsAsync(shim.client.call("StartContainer", { containerId }))), 9);
});

test("stop: the signal, then the kill after the grace; the image's and the caller's signal", async (t) => {
  const polite = await runTrapping("trap 'exit 42' TERM");
  await shim.client.call("StopContainer", { containerId: polite, timeout: 20 });
  t.is((await shim.client.call("ContainerStatus", { containerId: polite })).status?.exitCode, 42);
  const deaf = await runTrapping("trap '' TERM");
  const started = performance.now();
  await shim.client.call("StopContainer", { containerId: deaf, timeout: 1 });
  t.true(performance.now() - started >= 1000);
  t.is((await shim.client.call("ContainerStatus", { containerId: deaf })).status?.exitCode, 137);
  const usr1 = await runTrapping("trap 'exit 10' USR1; trap '' TERM", { stopSignal: "SIGNAL_SIGUSR1" });
  await shim.client.call("StopContainer", { containerId: usr1, timeout: 20 });
  t.like((await shim.client.call("ContainerStatus", { containerId: usr1 })).status, { exitCode: 10, stopSignal: "SIGNAL_SIGUSR1" });
});

test("a stop with a shorter grace overtakes one that waits; stop and remove may be repeated", async (t) => {
  const deaf = await runTrapping("trap '' TERM");
  const patient = shim.client.call("StopContainer", { containerId: deaf, timeout: 1000 });
  await shim.client.call("StopContainer", { containerId: deaf, timeout: 0 });
  await patient;
  await shim.client.call("StopContainer", { containerId: deaf, timeout: 0 });
  for (let i = 0; i < 2; i++) await shim.client.call("RemoveContainer", { containerId: deaf });
  await shim.client.call("StopContainer", { containerId: deaf, timeout: 0 });
  t.is(codeOf(await t.throwsAsync(shim.client.call("ContainerStatus", { containerId: deaf }))), 5);
});

test("users: by number and by name, groups of the image, supplemental groups and their policy", async (t) => {
  t.is(await output("id -u; id -g; id -G"), "0\n0\n0");
  t.is(await output("id -u; id -g", secure({ runAsUser: { value: 1234 } })), "1234\n0");
  t.is(await output("id -u; id -g", secure({ runAsUsername: "nobody" })), "65534\n65534");
  t.is(await output("id -u; id -g; id -G", secure({ runAsUser: { value: 7 }, runAsGroup: { value: 8 }, supplementalGroups: [9, 10] })), "7\n8\n8 9 10");
  t.is(await output("id -G", secure({ runAsUsername: "nobody", supplementalGroups: [9], supplementalGroupsPolicy: "Strict" })), "65534 9");
  t.is(codeOf(await t.throwsAsync(output("id", secure({ runAsUsername: "missing" })))), 3);
  t.is(codeOf(await t.throwsAsync(output("id", secure({ runAsUser: { value: -1 } })))), 3);
});

test("capabilities, no-new-privileges, privileged, masked and read-only paths", async (t) => {
  const effective = "sed -n 's/^CapEff:.0*//p' /proc/self/status";
  t.is(await output(effective), "a80425fb");
  t.is(await output(effective, secure({ capabilities: { dropCapabilities: ["ALL"], addCapabilities: ["NET_BIND_SERVICE"] } })), "400");
  t.is(await output(effective, secure({ capabilities: { addCapabilities: ["CAP_SYS_TIME"], dropCapabilities: ["KILL"] } })), "aa0425db");
  t.is(codeOf(await t.throwsAsync(output("", secure({ capabilities: { addCapabilities: ["NOT_ONE"] } })))), 3);
  t.is(await output("sed -n 's/^NoNewPrivs:.//p' /proc/self/status", secure({ noNewPrivs: true })), "1");
  t.is(await output("exec 2>&1; cat /proc/keys | wc -c; echo x > /proc/sys/kernel/domainname").then((text) => text.replace(/\n$/, "")), "0\n/bin/sh: can't create /proc/sys/kernel/domainname: Read-only file system");
  t.is(await output("test -e /dev/null && ls /dev | wc -l; echo $(($(ls /dev | wc -l) > 20))", secure({ privileged: true })).then((text) => text.split("\n")[1]), "1");
  t.is(await output("touch /x 2>&1 || echo no; touch /tmp/x 2>&1 || echo no", secure({ readonlyRootfs: true })), "touch: /x: Read-only file system\nno\ntouch: /tmp/x: Read-only file system\nno");
});

test("seccomp: the default profile stops what containers must not do, unconfined and a file's do not", async (t) => {
  const unshare = "unshare -r true 2>&1 || true; grep ^Seccomp: /proc/self/status";
  t.regex(await output(unshare), /Operation not permitted[\s\S]*Seccomp:\t2/);
  t.regex(await output(unshare, secure({ seccomp: { profileType: "Unconfined" } })), /^Seccomp:\t0/);
  const profile = join(scratch, "profile.json");
  writeFileSync(profile, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }));
  t.regex(await output("mkdir /x 2>&1", secure({ seccomp: { profileType: "Localhost", localhostRef: profile } })), /not permitted/);
  await t.throwsAsync(output("", secure({ seccomp: { profileType: "Localhost", localhostRef: "/no/such" } })), { message: /failed to create containerd container: cannot load seccomp profile "\/no\/such": open \/no\/such: no such file or directory$/ });
  t.is(codeOf(await t.throwsAsync(output("", secure({ apparmor: { profileType: "Localhost", localhostRef: "p" } })))), 9);
});

test("mounts: read-only and writable, files, over defaults, made where missing; bad ones refused", async (t) => {
  const directory = join(scratch, "dir");
  mkdirSync(directory);
  writeFileSync(join(directory, "file"), "content\n");
  const mount = (extra: Init<"Mount">) => ({ mounts: [{ containerPath: "/mnt/x", hostPath: directory, ...extra }] });
  t.is(await output("cat /mnt/x/file; echo more > /mnt/x/new && echo written", mount({})), "content\nwritten");
  t.is(readFileSync(join(directory, "new"), "utf8"), "more\n");
  t.regex(await output("echo more > /mnt/x/ro 2>&1", mount({ readonly: true })), /Read-only/);
  t.is(await output("cat /etc/hosts", { mounts: [{ containerPath: "/etc/hosts", hostPath: join(directory, "file") }] }), "content");
  await output("true", mount({ hostPath: join(scratch, "made") }));
  t.true(existsSync(join(scratch, "made")));
  for (const bad of [{ containerPath: "relative" }, { containerPath: "/a/../../b" }, { containerPath: "/" }, { hostPath: "relative" }, { hostPath: join(directory, "file", "below") }]) t.is(codeOf(await t.throwsAsync(output("", mount(bad)))), 3, JSON.stringify(bad));
  t.is(codeOf(await t.throwsAsync(output("", mount({ propagation: "PROPAGATION_BIDIRECTIONAL" })))), 9, "the host's mount is private here");
});

test("an image as a volume is read-only, with a path in it that can't lead out", async (t) => {
  const mount = (imageSubPath: string) => ({ mounts: [{ containerPath: "/image", image: { image: shim.image }, imageSubPath, readonly: true }] });
  t.is(await output("ls /image | head -2; touch /image/x 2>&1 | sed 's/.*: //'", mount("")), "bin\ndev\nRead-only file system");
  t.is(await output("ls /image", mount("etc")), "group\npasswd");
  t.is(await output("ls /image", mount("../../../../etc")), "group\npasswd");
  t.is(codeOf(await t.throwsAsync(output("", mount("absent")))), 3);
});

test("devices: what is asked for, and nothing else", async (t) => {
  t.is(await output("head -c 3 /dev/mine | wc -c", { devices: [{ containerPath: "/dev/mine", hostPath: "/dev/zero", permissions: "r" }] }), "3");
  t.regex(await output("mknod /disk b 254 0 && cat /disk 2>&1 >/dev/null"), /not permitted/);
  t.is(codeOf(await t.throwsAsync(output("", { devices: [{ containerPath: "/dev/x", hostPath: "/no/such", permissions: "r" }] }))), 3);
});

test("limits: set in the cgroup, changed while it runs, kept in the status", async (t) => {
  const cgroups = detectCgroups();
  const resources = { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimitInBytes: 64 << 20, oomScoreAdj: 500, cpusetCpus: "0" };
  const id = await runContainer(shim, pod, "sleep 1000", { linux: { resources } });
  t.is(await execText(shim, id, "cat", "/proc/1/oom_score_adj"), "500");
  const { info } = await shim.client.call("ContainerStatus", { containerId: id, verbose: true });
  const cgroup = JSON.parse(info["info"] ?? "{}").runtimeSpec.linux.cgroupsPath as string;
  const read = (controller: string, v1: string, v2: string) => readFileSync(join(cgroups.path(cgroups.version === 1 ? controller : "", cgroup) ?? "", cgroups.version === 1 ? v1 : v2), "utf8").trim();
  t.is(read("memory", "memory.limit_in_bytes", "memory.max"), String(64 << 20));
  t.is(read("cpuset", "cpuset.cpus", "cpuset.cpus"), "0");
  if (cgroups.version === 1) t.deepEqual([read("cpu", "cpu.shares", ""), read("cpu", "cpu.cfs_quota_us", "")], ["512", "50000"]);
  await shim.client.call("UpdateContainerResources", { containerId: id, linux: { memoryLimitInBytes: 128 << 20, cpuShares: 1024 } });
  t.is(read("memory", "memory.limit_in_bytes", "memory.max"), String(128 << 20));
  t.like((await shim.client.call("ContainerStatus", { containerId: id })).status?.resources?.linux, { memoryLimitInBytes: 128 << 20, cpuShares: 1024, cpuQuota: 50_000 });
});

test("out of memory: OOMKilled", async (t) => {
  const id = await runContainer(shim, pod, "exec tail /dev/zero", { linux: { resources: { memoryLimitInBytes: 16 << 20 } } });
  t.like(await whenExited(shim, id), { reason: "OOMKilled", exitCode: 137 });
  const survivor = await runContainer(shim, pod, "tail /dev/zero; exit 0", { linux: { resources: { memoryLimitInBytes: 16 << 20 } } });
  t.like(await whenExited(shim, survivor), { reason: "OOMKilled", exitCode: 0 }, "a child was killed");
});

test("logs: CRI's lines, both streams, long and unfinished lines; opened anew after a rotation", async (t) => {
  const id = await runContainer(shim, pod, "echo out; echo err >&2; head -c 40000 /dev/zero | tr '\\0' x; while ! test -e /go; do sleep 0.02; done; echo after; sleep 1000");
  await execText(shim, id, "sh", "-c", "until false; do test -e /proc/1 && break; done");
  const { status } = await shim.client.call("ContainerStatus", { containerId: id });
  const path = status?.logPath ?? "";
  renameSync(path, `${path}.1`);
  await shim.client.call("ReopenContainerLog", { containerId: id });
  await execText(shim, id, "touch", "/go");
  while (!existsSync(path) || !readFileSync(path, "utf8").includes("after")) await new Promise((resolve) => setImmediate(resolve));
  const old = readFileSync(`${path}.1`, "utf8");
  t.regex(old, /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) stdout F out$/m);
  t.regex(old, / stderr F err$/m);
  t.regex(old, / stdout P x{1000,}$/m);
  t.regex(readFileSync(path, "utf8"), / stdout F .*after$/m);
});

test("a log path that is a link is refused: it would be written to as root", async (t) => {
  const canary = join(scratch, "canary");
  writeFileSync(canary, "untouched");
  const { containerId } = await shim.client.call("CreateContainer", { podSandboxId: pod, config: containerConfig(shim, "echo x", { logPath: "linked.log" }), sandboxConfig: {} });
  const { status } = await shim.client.call("ContainerStatus", { containerId });
  mkdirSync(join(status?.logPath ?? "", ".."), { recursive: true });
  symlinkSync(canary, status?.logPath ?? "");
  await t.throwsAsync(shim.client.call("StartContainer", { containerId }), { message: /not a regular file/ });
  t.is(readFileSync(canary, "utf8"), "untouched");
});

test("exec: output, exit code, the container's user and environment, a timeout kills", async (t) => {
  const id = await runContainer(shim, pod, "sleep 1000", { envs: [env("E", "from the container")], ...secure({ runAsUser: { value: 5 } }) });
  t.is(await execText(shim, id, "sh", "-c", "echo $E; id -u"), "from the container\n5");
  const failed = await shim.client.call("ExecSync", { containerId: id, cmd: ["sh", "-c", "echo out; echo err >&2; exit 9"], timeout: 5 });
  t.deepEqual([failed.exitCode, Buffer.from(failed.stdout).toString(), Buffer.from(failed.stderr).toString()], [9, "out\n", "err\n"]);
  t.is(codeOf(await t.throwsAsync(shim.client.call("ExecSync", { containerId: id, cmd: ["sleep", "4321"], timeout: 1 }))), 4);
  await execText(shim, id, "sh", "-c", "while ps | grep -q '[s]leep 4321'; do sleep 0.02; done");
  const background = await shim.client.call("ExecSync", { containerId: id, cmd: ["sh", "-c", "sleep 1000 & echo done"], timeout: 10 });
  t.is(Buffer.from(background.stdout).toString(), "done\n", "what it leaves behind does not hold it up");
  const endless = await shim.client.call("ExecSync", { containerId: id, cmd: ["sh", "-c", "head -c 30000000 /dev/zero"], timeout: 20 });
  t.true(endless.stdout.length < 16 << 20);
});

test("working directories below /proc are refused, through links too", async (t) => {
  for (const workingDir of ["/proc/self/fd/8", "/proc/../proc/1", "relative"]) t.is(codeOf(await t.throwsAsync(output("pwd", { workingDir }))), 3, workingDir);
});

test("the container inherits no descriptor of ours", async (t) => {
  t.is(await output("ls /proc/self/fd"), "0\n1\n2\n3", "3 is ls' own");
});

test("statistics", async (t) => {
  const id = await runContainer(shim, pod, "head -c 3000000 /dev/zero > /written; exec sleep 1000", { labels: { s: "1" } });
  await execText(shim, id, "sh", "-c", "until test $(stat -c %s /written) = 3000000; do sleep 0.01; done");
  const { stats } = await shim.client.call("ContainerStats", { containerId: id });
  t.true((stats?.cpu?.usageCoreNanoSeconds?.value ?? 0) > 0);
  t.true((stats?.memory?.workingSetBytes?.value ?? 0) > 0);
  t.true((stats?.writableLayer?.usedBytes?.value ?? 0) >= 3_000_000);
  const listed = await shim.client.call("ListContainerStats", { filter: { labelSelector: { s: "1" } } });
  t.deepEqual(listed.stats.map(({ attributes }) => attributes?.id), [id]);
  const { stats: podStats } = await shim.client.call("PodSandboxStats", { podSandboxId: pod });
  t.is(podStats?.linux?.network?.defaultInterface?.name, "eth0");
  t.true(podStats?.linux?.containers.some(({ attributes }) => attributes?.id === id));
});

test("what is not there is NOT_FOUND; what is there twice ALREADY_EXISTS; lists are filtered", async (t) => {
  t.is(codeOf(await t.throwsAsync(shim.client.call("ContainerStatus", { containerId: "f".repeat(64) }))), 5);
  t.is(codeOf(await t.throwsAsync(shim.client.call("ExecSync", { containerId: "", cmd: ["x"] }))), 5);
  const config = containerConfig(shim, "true", { labels: { twice: "yes" } });
  const { containerId } = await shim.client.call("CreateContainer", { podSandboxId: pod, config, sandboxConfig: {} });
  t.is(codeOf(await t.throwsAsync(shim.client.call("CreateContainer", { podSandboxId: pod, config, sandboxConfig: {} }))), 6);
  t.is(codeOf(await t.throwsAsync(shim.client.call("CreateContainer", { podSandboxId: pod, config: containerConfig(shim, "", { image: { image: "localhost/absent:1" } }), sandboxConfig: {} }))), 5);
  const { containers } = await shim.client.call("ListContainers", { filter: { labelSelector: { twice: "yes" }, state: { state: "CONTAINER_CREATED" } } });
  t.deepEqual(containers.map(({ id }) => id), [containerId]);
});
