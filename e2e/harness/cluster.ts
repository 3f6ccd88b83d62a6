import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { killAll, mountsBelow, processesOf, removeCgroups, unmountBelow } from "../../cli/daemon/leftovers.ts";
import { systemClock } from "../../lib/clock.ts";
import { type EtcdMembers, startEtcd } from "./etcd.ts";
import { type HostProcess, startOnHost } from "./host-process.ts";
import { createNetworkLab, type NetworkLab } from "./network-lab.ts";
import { type RunOptions, type RunResult, run, runOk } from "./run.ts";

export const BERTH = fileURLToPath(new URL("../../bin/berth", import.meta.url));

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type StoreKind = "embedded" | "etcd";

/** Which stores a run covers: BERTH_E2E_STORES, `embedded` where unset. */
export function storesUnderTest(): StoreKind[] {
  const named = (process.env.BERTH_E2E_STORES ?? "embedded").split(",");
  return (["embedded", "etcd"] as const).filter((store) => named.includes(store));
}

export interface ClusterOptions {
  readonly store: StoreKind;
  readonly servers?: number;
  readonly nodes?: number;
  /** Passed to every server: `["--node-monitor-grace-period", "5s"]`. */
  readonly serverOptions?: readonly string[];
}

/** The processes of one node. */
export interface TestNode {
  readonly name: string;
  readonly dataDir: string;
  readonly address: string;
  readonly shimEndpoint: string;
  shim: HostProcess;
  agent: HostProcess;
  startShim(): HostProcess;
  startAgent(): HostProcess;
}

export interface TestServerProcess {
  readonly name: string;
  readonly url: string;
  process: HostProcess;
  start(): HostProcess;
}

/** A cluster of real processes on hosts of a lab; `stop` removes all that it made and says what was left behind. */
export interface TestCluster {
  readonly dir: string;
  readonly lab: NetworkLab;
  readonly servers: readonly TestServerProcess[];
  readonly nodes: readonly TestNode[];
  readonly etcd: EtcdMembers | undefined;
  /** The admin's kubeconfig, with every server in it. */
  readonly kubeconfig: string;
  /** kubectl on the first server's host. */
  kubectl(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  kubectlOk(args: readonly string[], options?: RunOptions): Promise<string>;
  /** `bin/berth` on the first server's host. */
  berth(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  berthOk(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Imports an OCI archive on every node. */
  importImage(path: string): Promise<void>;
  /** Copies the logs of all processes so far to build/e2e, for a failed test. @returns the folder */
  saveLogs(): string;
  /** Stops everything. @returns what was left behind after the runtime's own cleaning: mounts, processes, namespaces (empty when all is well) */
  stop(): Promise<string[]>;
}

const READY_TIMEOUT_MS = 60_000;
let count = 0;

/** Starts store, servers and nodes, and waits until every node is Ready. */
export async function startCluster(options: ClusterOptions): Promise<TestCluster> {
  const id = `${process.pid.toString(36).slice(-4)}${count++}`;
  const dir = mkdtempSync(join(tmpdir(), "be2e-"));
  const serverNames = Array.from({ length: options.servers ?? 1 }, (_, index) => `s${index + 1}`);
  const nodeNames = Array.from({ length: options.nodes ?? 2 }, (_, index) => `n${index + 1}`);
  const etcdNames = options.store === "etcd" ? ["e1", "e2", "e3"] : [];
  const lab = createNetworkLab(id, [...serverNames, ...nodeNames, ...etcdNames]);
  const logDir = join(dir, "log");
  mkdirSync(logDir);
  const cleanUp = async () => forceClean(dir, id, lab);
  try {
    const etcd = options.store === "etcd" ? await startEtcd(lab, etcdNames, dir) : undefined;
    const servers = serverNames.map((name) => serverOf(name, lab, dir, logDir, options, etcd));
    const kubeconfig = await makeKubeconfig(servers, lab, dir);
    const nodes: TestNode[] = [];
    for (const name of nodeNames) nodes.push(await startNode(name, id, servers, lab, dir, logDir));
    const cluster = assemble({ dir, id, lab, servers, nodes, etcd, kubeconfig, logDir });
    await waitForNodes(cluster, nodeNames);
    return cluster;
  } catch (error) {
    const logs = tails(logDir);
    await cleanUp();
    throw new Error(`${(error as Error).message}\n${logs}`, { cause: error });
  }
}

function serverOf(name: string, lab: NetworkLab, dir: string, logDir: string, options: ClusterOptions, etcd: EtcdMembers | undefined): TestServerProcess {
  const host = lab.host(name);
  const command = [BERTH, "server", "--data-dir", join(dir, name), "--pki-dir", join(dir, "pki"), "--listen", `${host.address}:6443`];
  const store = etcd === undefined ? [] : ["--etcd", etcd.endpoints.join(",")];
  const start = () => startOnHost(host, name, [...command, ...store, ...(options.serverOptions ?? [])], { logFile: join(logDir, `${name}.log`) });
  const server: TestServerProcess = { name, url: `https://${host.address}:6443`, process: start(), start: () => (server.process = start()) };
  return server;
}

async function makeKubeconfig(servers: readonly TestServerProcess[], lab: NetworkLab, dir: string): Promise<string> {
  await waitForFile(join(dir, "pki", "sa.key"));
  const urls = servers.map((server) => server.url).join(",");
  return (await runOk(lab.hosts[0], [BERTH, "kubeconfig", "--data-dir", join(dir, "admin"), "--pki-dir", join(dir, "pki"), "--server", urls])).trim();
}

async function startNode(name: string, id: string, servers: readonly TestServerProcess[], lab: NetworkLab, dir: string, logDir: string): Promise<TestNode> {
  const host = lab.host(name);
  const dataDir = join(dir, name);
  const urls = servers.map((server) => server.url).join(",");
  const kubeconfig = (await runOk(host, [BERTH, "kubeconfig", "--data-dir", dataDir, "--pki-dir", join(dir, "pki"), "--server", urls, "--node", name, "--node-ip", host.address])).trim();
  const shimEndpoint = `unix://${join(dataDir, "shim.sock")}`;
  const startShim = () => startOnHost(host, `${name}-shim`, [BERTH, "shim", "--data-dir", dataDir, "--listen", shimEndpoint, "--cni-conf-dir", join(dataDir, "cni-conf")], { logFile: join(logDir, `${name}-shim.log`) });
  const agentCommand = [BERTH, "agent", "--kubeconfig", kubeconfig, "--node-name", name, "--node-ip", host.address, "--data-dir", dataDir, "--cri-endpoint", shimEndpoint, "--cgroup-root", cgroupRoot(id, name)];
  const startAgent = () => startOnHost(host, `${name}-agent`, agentCommand, { logFile: join(logDir, `${name}-agent.log`) });
  const node: TestNode = {
    name,
    dataDir,
    address: host.address,
    shimEndpoint,
    shim: startShim(),
    agent: startAgent(),
    startShim: () => (node.shim = startShim()),
    startAgent: () => (node.agent = startAgent()),
  };
  return node;
}

function cgroupRoot(id: string, node: string): string {
  return `/be2e-${id}-${node}`;
}

interface Parts {
  readonly dir: string;
  readonly id: string;
  readonly lab: NetworkLab;
  readonly servers: readonly TestServerProcess[];
  readonly nodes: readonly TestNode[];
  readonly etcd: EtcdMembers | undefined;
  readonly kubeconfig: string;
  readonly logDir: string;
}

function assemble(parts: Parts): TestCluster {
  const { dir, id, lab, servers, nodes, etcd, kubeconfig, logDir } = parts;
  const host = lab.hosts[0];
  const withConfig = (options: RunOptions = {}): RunOptions => ({ ...options, env: { ...options.env, KUBECONFIG: kubeconfig, HOME: dir } });
  return {
    dir,
    lab,
    servers,
    nodes,
    etcd,
    kubeconfig,
    kubectl: (args, options) => run(host, ["kubectl", ...args], withConfig(options)),
    kubectlOk: (args, options) => runOk(host, ["kubectl", ...args], withConfig(options)),
    berth: (args, options) => run(host, [BERTH, ...args], withConfig(options)),
    berthOk: (args, options) => runOk(host, [BERTH, ...args], withConfig(options)),
    async importImage(path) {
      await Promise.all(nodes.map((node) => runOk(undefined, [BERTH, "image", "import", "--cri-endpoint", node.shimEndpoint, path])));
    },
    saveLogs: () => {
      const folder = join(ROOT, "build/e2e", id);
      cpSync(logDir, folder, { recursive: true });
      return folder;
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.agent.stop()));
      await Promise.all(nodes.map((node) => node.shim.stop()));
      await Promise.all(nodes.map((node) => purgeNode(node, lab)));
      await Promise.all(servers.map((server) => server.process.stop()));
      await etcd?.stop();
      const left = leftBehind(dir, id);
      await forceClean(dir, id, lab);
      return left;
    },
  };
}

/** The runtime's own cleaning, in the node's network namespace. */
async function purgeNode(node: TestNode, lab: NetworkLab): Promise<void> {
  await run(lab.host(node.name), [BERTH, "shim", "--remove-all", "--data-dir", node.dataDir, "--cni-conf-dir", join(node.dataDir, "cni-conf")]);
}

/**
 * What a cluster must not leave once its runtimes have removed their pods: mounts, processes, pods' cgroups. An agent's own tmpfs and the
 * cgroups of the QoS classes stay for its next start (`berth purge` removes them).
 */
function leftBehind(dir: string, id: string): string[] {
  const cgroups = readdirSync("/sys/fs/cgroup").flatMap((hierarchy) => {
    const folder = join("/sys/fs/cgroup", hierarchy);
    if (!existsSync(join(folder, "cgroup.procs"))) return [];
    const roots = readdirSync(folder).filter((name) => name.startsWith(`be2e-${id}-`));
    return roots.flatMap((name) => podCgroups(join(folder, name))).map((path) => `cgroup ${path}`);
  });
  const mounts = mountsBelow(dir).filter((point) => !point.endsWith("/agent/secrets"));
  return [...mounts.map((point) => `mount ${point}`), ...processesOf(dir).map((one) => `process ${one.pid} ${commandLine(one.pid)}`), ...cgroups];
}

/** Folders below a node's cgroup that are a pod's (kubelet's names: `pod` and the uid). */
function podCgroups(root: string): string[] {
  const below = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return below.flatMap((entry) => [...(/^pod[0-9a-f]/.test(entry.name) ? [join(root, entry.name)] : []), ...podCgroups(join(root, entry.name))]);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Whatever is left, in whatever state: processes, mounts, cgroups, namespaces, files. */
async function forceClean(dir: string, id: string, lab: NetworkLab): Promise<void> {
  await killAll(processesOf(dir), systemClock, 5000);
  for (const host of lab.hosts) await removeCgroups(cgroupRoot(id, host.name), systemClock).catch(() => undefined);
  unmountBelow(dir);
  lab.close();
  if (mountsBelow(dir).length === 0) rmSync(dir, { recursive: true, force: true });
}

function tails(logDir: string): string {
  return readdirSync(logDir)
    .map((name) => `--- ${name}\n${readFileSync(join(logDir, name), "utf8").slice(-4000)}`)
    .join("\n");
}

async function waitForFile(path: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!existsSync(path)) {
    if (Date.now() > deadline) throw new Error(`${path} was not made in time`);
    await systemClock.sleep(50);
  }
}

/** kubectl wait needs the objects to be there: a node registers a moment after its agent starts. */
async function waitForNodes(cluster: TestCluster, names: readonly string[]): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const result = await cluster.kubectl(["wait", "--for=condition=Ready", "--timeout=30s", ...names.map((name) => `node/${name}`)]);
    if (result.code === 0) return;
    if (Date.now() > deadline) throw new Error(`the nodes did not become Ready: ${result.stdout}${result.stderr}`);
    await systemClock.sleep(100);
  }
}
