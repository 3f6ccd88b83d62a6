import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildImage } from "../runtime-shim/image/build.ts";
import { detectCgroups, removeCgroup } from "../runtime-shim/os/cgroups.ts";
import { containerConfig, runSandbox } from "../runtime-shim/testing/pods.ts";
import { startRegistry } from "../runtime-shim/testing/registry.ts";
import { startShim, type TestShim } from "../runtime-shim/testing/start-shim.ts";
import { percentile, report, say } from "./harness/report.ts";

/**
 * The runtime shim alone, over its socket, beside what the same steps cost without it in the same run: `ip netns add`, the bridge
 * plugin, conmon with the OCI runtime's create, its start.
 */
const COUNT = Number(process.env.BENCH_COUNT ?? 30);
const HELD = Number(process.env.BENCH_HELD ?? 200);
const execute = promisify(execFile);
/** Bare containers that are there now. */
const bareIds = new Set<string>();
const conmonEnv = { PATH: process.env.PATH ?? "", _OCI_SYNCPIPE: "3" };

const shim = await startShim({ podCidr: "10.88.0.0/16" });
const bare = mkdtempSync(join(tmpdir(), "berth-bare-"));
try {
  const runtime = await chosenRuntime(shim);
  await prepareBare(shim);
  say("warming up");
  for (let i = 0; i < 3; i++) {
    await startOne(shim);
    await bareStart(runtime, `warm${i}`);
  }
  await measureStarts(runtime);
  await measureExec(runtime);
  await measureParallel(runtime);
  await measurePull();
  await measureHeld();
} finally {
  for (const id of bareIds) await bareStop(await chosenRuntime(shim), id).catch(() => {});
  await shim.stop();
  removeCgroup(detectCgroups(), `/berth-bare-${process.pid}`);
  rmSync(bare, { recursive: true, force: true });
}

async function measureStarts(runtime: string): Promise<void> {
  say(`${COUNT} starts one after another, and as many bare ones in turn with them`);
  const samples = { start: [] as number[], run: [] as number[], create: [] as number[], launch: [] as number[], stop: [] as number[], floor: [] as number[] };
  for (let i = 0; i < COUNT; i++) {
    const one = await startOne(shim);
    samples.start.push(one.total_ms);
    samples.run.push(one.run_ms);
    samples.create.push(one.create_ms);
    samples.launch.push(one.launch_ms);
    samples.stop.push(await timed(() => removeOne(shim, one.pod)));
    samples.floor.push(await bareStart(runtime, `bare${i}`));
    await bareStop(runtime, `bare${i}`);
  }
  const conditions = { starts: COUNT, oneAfterAnother: true, runtime, image: "busybox, local" };
  for (const [figure, share] of [["shim_start_p50_ms", 0.5], ["shim_start_p99_ms", 0.99]] as const) {
    const [value, floor] = [percentile(samples.start, share), percentile(samples.floor, share)];
    report({ bench: "shim", figure, value, unit: "ms", conditions, floor, ratio: value / floor });
  }
  for (const [figure, values] of [["run_pod_sandbox_p50_ms", samples.run], ["create_container_p50_ms", samples.create], ["start_container_p50_ms", samples.launch], ["stop_remove_p50_ms", samples.stop]] as const)
    report({ bench: "shim", figure, value: percentile(values, 0.5), unit: "ms", conditions });
}

async function measureExec(runtime: string): Promise<void> {
  say("exec");
  const { pod, container } = await startOne(shim);
  const [samples, floors] = [[] as number[], [] as number[]];
  const root = join(shim.dataDir, "run", runtime);
  for (let i = 0; i < COUNT; i++) {
    samples.push(await timed(() => shim.client.call("ExecSync", { containerId: container, cmd: ["true"], timeout: 10 })));
    floors.push(await timed(() => execute(runtime, ["--root", root, "exec", container, "true"])));
  }
  const [value, floor] = [percentile(samples, 0.5), percentile(floors, 0.5)];
  report({ bench: "shim", figure: "exec_sync_p50_ms", value, unit: "ms", conditions: { runs: COUNT, runtime }, floor, ratio: value / floor });
  await removeOne(shim, pod);
}

async function measureParallel(runtime: string): Promise<void> {
  say("eight at a time");
  const pods: string[] = [];
  const total_ms = await timed(() => inParallel(COUNT, 8, async () => void pods.push((await startOne(shim)).pod)));
  await inParallel(pods.length, 8, async (i) => removeOne(shim, pods[i] as string));
  const floor_ms = await timed(() => inParallel(COUNT, 8, async (i) => void (await bareStart(runtime, `par${i}`))));
  await inParallel(COUNT, 8, (i) => bareStop(runtime, `par${i}`));
  const [value, floor] = [(COUNT * 1000) / total_ms, (COUNT * 1000) / floor_ms];
  report({ bench: "shim", figure: "parallel_starts_per_s", value, unit: "1/s", conditions: { atATime: 8, starts: COUNT, runtime }, floor, ratio: value / floor });
}

/** An image of five layers, from a registry on loopback. */
async function measurePull(): Promise<void> {
  const layer_mib = Number(process.env.BENCH_LAYER_MIB ?? 60);
  const registry = await startRegistry({ namespace: shim.networkNamespace });
  try {
    for (const compression of ["gzip", "zstd"] as const) {
      say(`pulling five layers of ${layer_mib} MiB, ${compression}`);
      const layers = Array.from({ length: 5 }, (_, layer) => Array.from({ length: layer_mib }, (_, file) => ({ path: `d${layer}/f${file}`, content: halfRandom(layer * 1000 + file + (compression === "gzip" ? 0 : 7)) })));
      const image = buildImage({ name: "x", arch: process.arch, layers });
      registry.add("big", compression, image, compression);
      const pull_ms = await timed(() => shim.client.call("PullImage", { image: { image: `${registry.host}/big:${compression}` } }, 600_000));
      report({ bench: "shim", figure: `pull_${compression}_mib_per_s`, value: (layer_mib * 5 * 1000) / pull_ms, unit: "MiB/s", conditions: { layers: 5, unpacked_mib: layer_mib * 5, registry: "loopback" } });
      await shim.client.call("RemoveImage", { image: { image: image.id } });
    }
  } finally {
    await registry.close();
  }
}

async function measureHeld(): Promise<void> {
  say(`holding ${HELD} containers`);
  const before = memory_mib(shim.pid());
  await inParallel(HELD, 4, async () => void (await startOne(shim)));
  const monitors = await monitorPss_mib();
  report({ bench: "shim", figure: "monitor_per_container_mib", value: monitors / HELD, unit: "MiB", conditions: { containers: HELD, memory: "proportional set size" } });
  report({ bench: "shim", figure: "shim_resident_mib", value: memory_mib(shim.pid()), unit: "MiB", conditions: { containers: HELD, before: Math.round(before) } });
  const [cpuBefore, window_ms] = [cpu_ms(shim.pid()), 10_000];
  await new Promise((resolve) => setTimeout(resolve, window_ms));
  report({ bench: "shim", figure: "idle_cpu_percent", value: ((cpu_ms(shim.pid()) - cpuBefore) / window_ms) * 100, unit: "% of a core", conditions: { containers: HELD, window_s: window_ms / 1000 } });
}

async function startOne(on: TestShim) {
  const begin = performance.now();
  const pod = await runSandbox(on);
  const ran = performance.now();
  const { containerId } = await on.client.call("CreateContainer", { podSandboxId: pod, config: containerConfig(on, "exec sleep 10000"), sandboxConfig: {} });
  const created = performance.now();
  await on.client.call("StartContainer", { containerId });
  const end = performance.now();
  return { pod, container: containerId, total_ms: end - begin, run_ms: ran - begin, create_ms: created - ran, launch_ms: end - created };
}

async function removeOne(on: TestShim, podSandboxId: string): Promise<void> {
  await on.client.call("StopPodSandbox", { podSandboxId });
  await on.client.call("RemovePodSandbox", { podSandboxId });
}

async function chosenRuntime(on: TestShim): Promise<string> {
  const { info } = await on.client.call("Status", { verbose: true });
  return (JSON.parse(info["config"] ?? "{}") as { runtime: { name: string } }).runtime.name;
}

/** The bare containers' root filesystem: a copy of the image's one layer. */
async function prepareBare(on: TestShim): Promise<void> {
  mkdirSync(join(bare, "exits"));
  cpSync(join(on.dataDir, "layers/1"), join(bare, "rootfs"), { recursive: true, verbatimSymlinks: true });
}

async function bareStart(runtime: string, id: string): Promise<number> {
  const bundle = join(bare, id);
  const netns = `berth-${process.pid}-${id}`;
  mkdirSync(bundle);
  await execute(runtime, ["spec", "--bundle", bundle]);
  const spec = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8"));
  spec.process.args = ["sleep", "10000"];
  spec.process.terminal = false;
  spec.root = { path: join(bare, "rootfs"), readonly: false };
  spec.linux.cgroupsPath = `/berth-bare-${process.pid}/${id}`;
  spec.linux.namespaces = spec.linux.namespaces.map((one: { type: string }) => (one.type === "network" ? { type: "network", path: `/run/netns/${netns}` } : one));
  writeFileSync(join(bundle, "config.json"), JSON.stringify(spec));
  bareIds.add(id);
  return timed(async () => {
    await execute("ip", ["netns", "add", netns]);
    await bridgePlugin("ADD", netns, id);
    const args = ["-c", id, "-u", id, "-b", bundle, "-r", `/usr/${runtime === "runc" ? "s" : ""}bin/${runtime}`, "-p", join(bundle, "pid"), "-P", join(bundle, "conmon.pid"), "-l", `k8s-file:${join(bundle, "log")}`, "--exit-dir", join(bare, "exits"), "--full-attach", `--runtime-arg=--root=${join(bare, "state")}`];
    const child = spawn("conmon", args, { env: conmonEnv, stdio: ["ignore", "ignore", "ignore", "pipe"] });
    await new Promise<void>((resolve, reject) => {
      child.stdio[3]?.once("data", (answer: Buffer) => (answer.toString().includes("-1") ? reject(new Error(answer.toString())) : resolve()));
      child.once("error", reject);
    });
    await execute(runtime, ["--root", join(bare, "state"), "start", id]);
  });
}

async function bareStop(runtime: string, id: string): Promise<void> {
  bareIds.delete(id);
  const netns = `berth-${process.pid}-${id}`;
  await execute(runtime, ["--root", join(bare, "state"), "delete", "--force", id]).catch(() => {});
  await bridgePlugin("DEL", netns, id).catch(() => {});
  await execute("ip", ["netns", "del", netns]).catch(() => {});
}

function bridgePlugin(command: "ADD" | "DEL", netns: string, id: string): Promise<void> {
  const conf = { cniVersion: "1.0.0", name: "bare", type: "bridge", bridge: "bare0", isGateway: true, hairpinMode: true, ipam: { type: "host-local", ranges: [[{ subnet: "10.89.0.0/16" }]], dataDir: join(bare, "leases") } };
  const env = { PATH: conmonEnv.PATH, CNI_COMMAND: command, CNI_CONTAINERID: id, CNI_NETNS: `/run/netns/${netns}`, CNI_IFNAME: "eth0", CNI_PATH: "/usr/lib/cni" };
  return new Promise((resolve, reject) => {
    const child = spawn("nsenter", [`--net=${shim.networkNamespace}`, "/usr/lib/cni/bridge"], { env, stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.end(JSON.stringify(conf));
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`bridge ${command}: ${code}`))));
  });
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await action();
  return performance.now() - begin;
}

async function inParallel(count: number, width: number, action: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) await action(next++);
  }));
}

/** A mebibyte, half of it noise: what compresses to about half. */
function halfRandom(seed: number): Buffer {
  const content = Buffer.alloc(1 << 20);
  let state = seed * 2654435761 + 1;
  for (let at = 0; at < content.length / 2; at += 4) content.writeUInt32LE((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), at);
  return content;
}

function memory_mib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

async function monitorPss_mib(): Promise<number> {
  const { stdout } = await execute("sh", ["-c", `for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q "^/[^ ]*conmon .*${shim.dataDir}" && grep ^Pss: $p/smaps_rollup; done; true`]);
  return stdout.split("\n").filter(Boolean).reduce((sum, line) => sum + Number(/(\d+) kB/.exec(line)?.[1]), 0) / 1024;
}

function cpu_ms(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
