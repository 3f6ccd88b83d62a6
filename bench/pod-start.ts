import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { adminKubeconfigPath } from "../cli/kubeconfig.ts";
import { layoutOf } from "../cli/daemon/layout.ts";
import { BERTH } from "../e2e/harness/cluster.ts";
import { run, runOk } from "../e2e/harness/run.ts";
import { systemClock } from "../lib/clock.ts";
import { buildImageArchive } from "../runtime-shim/image/build.ts";
import { busyboxFiles } from "../runtime-shim/image/busybox.ts";
import { prepareBareContainers } from "./harness/bare-container.ts";
import { createBenchMachine } from "./harness/machine.ts";
import { percentile, report, say } from "./harness/report.ts";

/** POST of a pod with a local image → a watch shows Running, over 50 pods one after another, beside the bare runtime and CNI plugin in the same run. */
const COUNT = Number(process.env.BENCH_COUNT ?? 50);
const IMAGE = "localhost/busybox:1";

const machine = createBenchMachine();
try {
  say("starting a cluster");
  await runOk(machine.host, [BERTH, "up", "--no-hello"], { env: machine.env });
  const archive = join(machine.dir, "busybox.tar");
  writeFileSync(archive, buildImageArchive({ name: IMAGE, arch: process.arch, layers: [await busyboxFiles(systemClock)], cmd: ["sh"] }));
  await runOk(machine.host, [BERTH, "image", "import", "--cri-endpoint", layoutOf(machine.dataDir).shimEndpoint, archive]);
  const client = [process.execPath, new URL("harness/pod-start-client.ts", import.meta.url).pathname];
  const measure = async (count: number): Promise<number[]> =>
    JSON.parse(await runOk(machine.host, client, { timeout_ms: 600_000, env: { BENCH_KUBECONFIG: adminKubeconfigPath(machine.dataDir), BENCH_COUNT: String(count), BENCH_IMAGE: IMAGE } }));
  say("warming up: five pods");
  await measure(5);
  say(`measuring ${COUNT} pods`);
  const samples = await measure(COUNT);
  say(`measuring the floor, ${COUNT} bare containers`);
  // runc where crun refuses this machine's cgroups, as the runtime itself chooses.
  const runtime = (await run(undefined, ["sh", "-c", "command -v runc || command -v crun"])).stdout.trim();
  const bare = await prepareBareContainers(machine.host, machine.dir, runtime);
  const floors: { network_ms: number; run_ms: number }[] = [];
  for (let index = 0; index < COUNT; index++) floors.push(await bare.start(index));
  const sums = floors.map((one) => one.network_ms + one.run_ms);
  const conditions = { pods: COUNT, oneAfterAnother: true, image: "local", runtime: runtime.split("/").at(-1) ?? runtime };
  for (const [figure, share] of [["running_p50_ms", 0.5], ["running_p99_ms", 0.99]] as const) {
    const value = percentile(samples, share);
    const floor = percentile(sums, share);
    report({ bench: "pod-start", figure, value, unit: "ms", conditions: { ...conditions, floor: "runtime run + bridge plugin" }, floor, ratio: value / floor });
  }
} finally {
  await machine.close();
}
