import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { adminKubeconfigPath } from "../cli/kubeconfig.ts";
import { BERTH } from "../e2e/harness/cluster.ts";
import { runOk } from "../e2e/harness/run.ts";
import { createBenchMachine } from "./harness/machine.ts";
import { usageOf } from "./harness/processes.ts";
import { report, say } from "./harness/report.ts";

/**
 * How long `make up` takes to a Ready node (packages and node_modules there, data folder empty, nothing runs), and what the idle
 * cluster with hello costs after five minutes. BENCH_IDLE_S shortens the wait.
 */
const IDLE_S = Number(process.env.BENCH_IDLE_S ?? 300);
const CPU_WINDOW_S = 60;
const ROOT = dirname(dirname(BERTH));

const machine = createBenchMachine();
try {
  say("warming the compile cache: one run that is not measured");
  await runOk(machine.host, [BERTH, "up", "--no-hello"], { env: machine.env });
  await runOk(machine.host, [BERTH, "purge"], { env: machine.env });
  for (let runs = 1; runs <= 3; runs++) {
    const ready_s = await measureUp();
    report({ bench: "up", figure: "ready_seconds", value: ready_s, unit: "s", conditions: { run: runs, from: "make up", to: "node Ready", dataFolder: "empty" } });
    if (runs < 3) await runOk(machine.host, [BERTH, "purge"], { env: machine.env });
  }
  say(`waiting ${IDLE_S} s with hello running`);
  await sleep_s(Math.max(0, IDLE_S - CPU_WINDOW_S));
  const before = usageOf(machine.dataDir);
  await sleep_s(Math.min(CPU_WINDOW_S, IDLE_S));
  const after = usageOf(machine.dataDir);
  const conditions = { afterSeconds: IDLE_S, pods: 3, ...Object.fromEntries(Object.entries(after.processes).map(([name, mib]) => [`${name}_mib`, Math.round(mib)])) };
  report({ bench: "up", figure: "idle_rss_mib", value: after.rss_mib, unit: "MiB", conditions });
  const window_s = Math.min(CPU_WINDOW_S, IDLE_S);
  const percent = (from_s: number, to_s: number) => ((to_s - from_s) / window_s) * 100;
  const [own, children] = [percent(before.cpu_s, after.cpu_s), percent(before.children_cpu_s, after.children_cpu_s)];
  // Hello's probes are commands: most of what a cluster with hello costs at rest is the OCI runtime that starts them.
  report({ bench: "up", figure: "idle_cpu_percent", value: own + children, unit: "% of a core", conditions: { windowSeconds: window_s, pods: 3, execProbesPerSecond: 0.9, ofBerthsProcesses: Math.round(own * 100) / 100, ofProgramsTheyRan: Math.round(children * 100) / 100 } });
} finally {
  await machine.close();
}

function sleep_s(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Seconds from the start of `make up` to the node's Ready; returns when `make up` has ended. */
async function measureUp(): Promise<number> {
  const start = performance.now();
  const child = spawn("nsenter", [`--net=/run/netns/${machine.host.namespace}`, "--", "make", "-C", ROOT, "up"], { env: { ...process.env, ...machine.env }, stdio: ["ignore", 2, 2] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const probe = spawn("nsenter", [`--net=/run/netns/${machine.host.namespace}`, "--", process.execPath, new URL("harness/wait-for-node.ts", import.meta.url).pathname], { env: { ...process.env, BENCH_KUBECONFIG: adminKubeconfigPath(machine.dataDir) }, stdio: ["ignore", "ignore", 2] });
  const code = await new Promise<number | null>((resolve) => probe.once("exit", resolve));
  const ready_s = (performance.now() - start) / 1000;
  const upCode = await ended;
  if (code !== 0 || upCode !== 0) throw new Error(`make up ended with ${upCode}, the probe with ${code}`);
  return ready_s;
}
