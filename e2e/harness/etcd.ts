import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { type HostProcess, startOnHost } from "./host-process.ts";
import type { NetworkLab } from "./network-lab.ts";
import { run } from "./run.ts";

/** A three-member etcd on hosts of the lab. */
export interface EtcdMembers {
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdMember[];
  stop(): Promise<void>;
}

export interface EtcdMember {
  readonly name: string;
  process: HostProcess;
  start(): HostProcess;
}

const READY_TIMEOUT_MS = 30_000;

/** Starts a member on each host and waits until all are healthy. */
export async function startEtcd(lab: NetworkLab, names: readonly string[], dir: string): Promise<EtcdMembers> {
  const peers = names.map((name) => `${name}=http://${lab.host(name).address}:2380`).join(",");
  const members = names.map((name): EtcdMember => {
    const host = lab.host(name);
    const dataDir = join(dir, name);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const client = `http://${host.address}:2379`;
    const peer = `http://${host.address}:2380`;
    const command = [
      ...["etcd", "--name", name, "--data-dir", dataDir, "--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", peers, "--initial-cluster-state", "new"],
      ...["--max-request-bytes", "8388608", "--logger", "zap", "--log-level", "warn"],
    ];
    const start = () => startOnHost(host, name, command, { logFile: join(dir, "log", `${name}.log`) });
    const member: EtcdMember = { name, process: start(), start: () => (member.process = start()) };
    return member;
  });
  const endpoints = names.map((name) => `http://${lab.host(name).address}:2379`);
  await waitUntilHealthy(lab, endpoints);
  return {
    endpoints,
    members,
    stop: async () => {
      await Promise.all(members.map((member) => member.process.stop()));
    },
  };
}

async function waitUntilHealthy(lab: NetworkLab, endpoints: readonly string[]): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const result = await run(lab.hosts[0], ["etcdctl", "--endpoints", endpoints.join(","), "endpoint", "health"], { env: { ETCDCTL_API: "3" } });
    if (result.code === 0) return;
    if (Date.now() > deadline) throw new Error(`etcd did not become healthy: ${result.stderr}`);
    await systemClock.sleep(200);
  }
}
