import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { cgroupRoot } from "../../cli/daemon/layout.ts";
import { killAll, mountsBelow, processesOf, removeCgroups, unmountBelow } from "../../cli/daemon/leftovers.ts";
import { systemClock } from "../../lib/clock.ts";
import { BERTH } from "../harness/cluster.ts";
import { createNetworkLab } from "../harness/network-lab.ts";
import { until } from "../harness/objects.ts";
import { run, runOk } from "../harness/run.ts";

const root = dirname(dirname(BERTH));
const dir = mkdtempSync(join(tmpdir(), "bnew-"));
const dataDir = join(dir, "data");
const lab = createNetworkLab(`nw${process.pid.toString(36).slice(-4)}`, ["m"]);
const host = lab.host("m");
const env = { BERTH_DATA_DIR: dataDir, HOME: dir, KUBECONFIG: "" };

test.after.always(async () => {
  await run(host, [BERTH, "purge"], { env });
  await killAll(processesOf(dataDir), systemClock, 5000);
  unmountBelow(dir);
  await removeCgroups(cgroupRoot(dataDir), systemClock).catch(() => undefined);
  lab.close();
  rmSync(dir, { recursive: true, force: true });
});

test.serial("up makes a cluster with hello in it and ends with what to do next", async (t) => {
  const result = await run(host, [BERTH, "up"], { env });
  t.is(result.code, 0, result.stderr);
  t.regex(result.stderr.trimEnd(), /bin\/berth port-forward deploy\/hello 8080:80$/);
  t.notRegex(result.stderr, /\u001b/);
  const pods = await runOk(host, [BERTH, "get", "pods", "-l", "app=hello"], { env });
  t.is(pods.match(/hello-\S+ +1\/1 +Running/g)?.length, 3);
  const node = JSON.parse(await runOk(host, [BERTH, "get", "nodes", "-o", "json"], { env })).items[0];
  t.is(node.status.addresses.find((one: { type: string }) => one.type === "InternalIP").address, "127.0.0.1");
});

test.serial("the kubeconfig works with kubectl", async (t) => {
  const path = (await runOk(host, [BERTH, "kubeconfig"], { env })).trim();
  t.regex(await runOk(host, ["kubectl", "--kubeconfig", path, "get", "nodes,pods", "-o", "wide"]), /hello-/);
  await runOk(host, ["kubectl", "--kubeconfig", path, "scale", "deploy/hello", "--replicas=5"]);
  await runOk(host, ["kubectl", "--kubeconfig", path, "rollout", "status", "deploy/hello", "--timeout=60s"]);
});

test.serial("up again finds the cluster running", async (t) => {
  const result = await run(host, [BERTH, "up", "--no-hello"], { env });
  t.is(result.code, 0, result.stderr);
  t.regex(result.stderr, /runs already/);
});

test.serial("beside a cluster of another checkout it says so and changes nothing", async (t) => {
  const other = join(dir, "other");
  cpSync(root, other, { recursive: true, filter: (path) => !/\/(node_modules|\.git|build)$/.test(path) });
  symlinkSync(join(root, "node_modules"), join(other, "node_modules"));
  const result = await run(host, [join(other, "bin/berth"), "up"], { env: { ...env, BERTH_DATA_DIR: join(dir, "other-data") } });
  t.is(result.code, 1);
  t.regex(result.stderr, /a cluster of another checkout runs on this machine/);
  t.false(existsSync(join(dir, "other-data")));
});

test.serial("a supervised process that is killed comes back, containers keep running", async (t) => {
  const uids = async () => (JSON.parse(await runOk(host, [BERTH, "get", "pods", "-o", "json"], { env })).items as { metadata: { uid: string }; status: { containerStatuses: { restartCount: number }[] } }[]).map((pod) => [pod.metadata.uid, pod.status.containerStatuses[0]?.restartCount]);
  const before = await uids();
  for (const component of ["agent", "shim", "server"]) process.kill(Number(readFileSync(join(dataDir, "run", `${component}.pid`), "utf8")), "SIGKILL");
  const deadline = Date.now() + 30_000;
  while ((await run(host, [BERTH, "get", "nodes"], { env })).code !== 0) if (Date.now() > deadline) return t.fail("the server did not come back");
  t.deepEqual(await uids(), before);
});

test.serial("down stops all of it; up starts from what is there", async (t) => {
  const commandLines = processesOf(dataDir).map((one) => readFileSync(`/proc/${one.pid}/cmdline`, "utf8").replaceAll("\0", " "));
  for (const component of ["server", "agent", "shim"]) t.true(commandLines.some((line) => line.includes(`/cli/main.ts ${component} `)), `${component} is not seen among ${commandLines.join("\n")}`);
  t.true(commandLines.some((line) => line.includes("conmon")));
  await runOk(host, [BERTH, "down"], { env });
  t.deepEqual(processesOf(dataDir).map((one) => readFileSync(`/proc/${one.pid}/cmdline`, "utf8")), []);
  t.deepEqual(mountsBelow(dataDir), []);
  await runOk(host, [BERTH, "up"], { env });
  t.regex(await runOk(host, [BERTH, "get", "deploy", "hello"], { env }), /hello +3\/3/);
});

test.serial("a taken port is named with the fix", async (t) => {
  const taken = await run(host, [BERTH, "down"], { env });
  t.is(taken.code, 0);
  const { startOnHost } = await import("../harness/host-process.ts");
  const listener = 'require("node:net").createServer().listen(6443, "127.0.0.1", () => console.log("listening"))';
  const blocker = startOnHost(host, "blocker", [process.execPath, "-e", listener], { logFile: join(dir, "blocker.log") });
  try {
    await until("the port is taken", async () => blocker.log(), (text) => text.includes("listening"));
    const result = await run(host, [BERTH, "up"], { env });
    t.is(result.code, 1);
    t.is(result.stderr.trim().split("\n").length, 1);
    t.regex(result.stderr, /port 6443 on 127\.0\.0\.1 is taken by another program.*BERTH_LISTEN=/);
  } finally {
    await blocker.kill();
  }
});

test.serial("purge leaves nothing", async (t) => {
  await runOk(host, [BERTH, "up"], { env });
  await runOk(host, [BERTH, "purge"], { env });
  t.false(existsSync(dataDir));
  t.deepEqual(mountsBelow(dir), []);
  t.deepEqual(processesOf(dataDir), []);
  t.false(existsSync(join("/sys/fs/cgroup/memory", cgroupRoot(dataDir))));
  const links = await runOk(host, ["ip", "-o", "link"]);
  t.notRegex(links, /berth|veth/);
  t.is((await runOk(host, ["ip", "route", "show", "table", "all", "type", "unreachable"])).trim(), "");
  const rules = await run(host, ["iptables-save"]);
  t.notRegex(rules.stdout, /berth|CNI|10\.244/i);
});
