import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfig } from "../../cli/kubeconfig.ts";
import type { Client } from "../../client/client.ts";
import { createHttpClient } from "../../client/http/client.ts";
import { type Connection, loadKubeconfig } from "../../client/kubeconfig.ts";
import { systemClock } from "../../lib/clock.ts";

const BERTH = new URL("../../bin/berth", import.meta.url).pathname;
/** On PATH. */
const ETCD = "etcd";
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** `berth server` on loopback over one of the stores, with no controllers that look at nodes. */
export interface BenchCluster {
  /** Over HTTPS, as the administrator. */
  readonly client: Client;
  /** How it reaches the server. */
  readonly connection: Connection;
  /** Of the server (and of etcd): CPU seconds so far and resident MiB. */
  usage(): { readonly cpu_s: number; readonly rss_mib: number };
  stop(): Promise<void>;
}

export async function startBenchCluster(store: "embedded" | "etcd"): Promise<BenchCluster> {
  const dir = mkdtempSync(join(tmpdir(), "bsched-"));
  const children: ChildProcess[] = [];
  const stop = async () => {
    for (const child of [...children].reverse()) await end(child);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const etcd = store === "etcd" ? await startEtcd(dir, children) : undefined;
    const port = await freePort();
    const dataDir = join(dir, "data");
    const server = spawn(BERTH, ["server", "--data-dir", dataDir, "--listen", `127.0.0.1:${port}`, "--controllers", "service-account-controller", "--log-level", "warn", ...(etcd === undefined ? [] : ["--etcd", etcd])], { stdio: ["ignore", "ignore", "inherit"] });
    children.push(server);
    const { client, connection } = await connect(dataDir, `https://127.0.0.1:${port}`, server);
    return {
      client,
      connection,
      usage: () => children.map((child) => usageOf(child.pid!)).reduce((a, b) => ({ cpu_s: a.cpu_s + b.cpu_s, rss_mib: a.rss_mib + b.rss_mib })),
      async stop() {
        client.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEtcd(dir: string, children: ChildProcess[]): Promise<string> {
  const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const dataDir = join(dir, "etcd");
  mkdirSync(dataDir, { mode: 0o700 });
  const args = ["--data-dir", dataDir, "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`, "--logger", "zap", "--log-level", "error"];
  children.push(spawn(ETCD, args, { stdio: ["ignore", "ignore", "inherit"] }));
  await poll(async () => (await fetch(`${client}/health`)).ok);
  return client;
}

async function connect(dataDir: string, server: string, process: ChildProcess): Promise<Pick<BenchCluster, "client" | "connection">> {
  const path = await poll(() => {
    if (process.exitCode !== null) throw new Error(`berth server ended with ${process.exitCode}`);
    return kubeconfig({ "data-dir": dataDir, "pki-dir": undefined, server, node: undefined, "node-ip": undefined });
  });
  const connection = await loadKubeconfig({ paths: [path], readFile: (name) => readFile(name, "utf8") });
  const client = createHttpClient(connection, { clock: systemClock, timeout_ms: 60_000 });
  await poll(async () => (await client.request({ path: "/readyz" })).status === 200);
  return { client, connection };
}

/** The first answer that is neither false nor an error. */
async function poll<T>(ask: () => Promise<T>): Promise<T> {
  const end_ms = systemClock.monotonic_ms() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== false) return answer;
    } catch (error) {
      if (systemClock.monotonic_ms() > end_ms) throw error;
    }
    await systemClock.sleep(POLL_MS);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
    systemClock.after(10_000, () => child.kill("SIGKILL"), { background: true });
  });
}

function usageOf(pid: number): { cpu_s: number; rss_mib: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const resident_kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  return { cpu_s: (Number(fields[11]) + Number(fields[12])) / 100, rss_mib: resident_kib / 1024 };
}
