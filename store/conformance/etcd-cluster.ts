import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { systemRandom } from "../../lib/random.ts";
import { EtcdMember, PEER_PORT } from "./etcd-member.ts";
import { type EtcdTls, makeEtcdTls } from "./etcd-tls.ts";

export interface EtcdClusterOptions {
  /** How many members (default 1). */
  readonly members?: number;
  /** Clients and peers by TLS with client certificates (default false). */
  readonly tls?: boolean;
  /** What the members' certificates are for (default: their addresses). */
  readonly certificateAddresses?: readonly string[];
  /** More flags for every member. */
  readonly flags?: readonly string[];
  /** One address for each member (default: loopback addresses picked at random, so that clusters never meet). */
  readonly addresses?: readonly string[];
  /** Put before the command, such as `ip netns exec NAME`. */
  readonly commandPrefix?: readonly string[];
}

export interface EtcdCluster {
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdMember[];
  /** What a client needs, and one of another CA, which must be refused; absent without TLS. */
  readonly tls?: EtcdTls;
  readonly strangerTls?: EtcdTls;
  /** Waits until there is one, and returns it. */
  leader(): Promise<EtcdMember>;
  /** Ends every member and removes the data. */
  stop(): Promise<void>;
}

const LEADER_LIMIT_MS = 60_000;
const POLL_MS = 25;

/** Starts a real etcd (Debian's etcd-server) and waits until all of it serves. */
export async function startEtcdCluster(options: EtcdClusterOptions = {}): Promise<EtcdCluster> {
  const addresses = options.addresses ?? loopbackAddresses(options.members ?? 1);
  const folder = mkdtempSync(join(tmpdir(), "berth-etcd-"));
  const scheme = options.tls ? "https" : "http";
  const tls = options.tls ? makeEtcdTls(folder, options.certificateAddresses ?? addresses) : undefined;
  const initial = addresses.map((address, i) => `m${i}=${scheme}://${address}:${PEER_PORT}`).join(",");
  const flags = [`--initial-cluster=${initial}`, `--initial-cluster-token=${folder}`, "--logger=zap", "--log-level=warn", ...(options.flags ?? [])];
  if (tls !== undefined) flags.push(...tlsFlags(tls.server, ""), ...tlsFlags(tls.server, "peer-"));
  const members = addresses.map(
    (address, i) => new EtcdMember({ name: `m${i}`, address, folder, scheme, flags, commandPrefix: options.commandPrefix ?? [] }),
  );
  // A test that ends by an uncaught error or a timeout does not get to stop it.
  const onExit = () => {
    for (const member of members) if (member.pid !== undefined) process.kill(member.pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", onExit);
  const stop = async () => {
    await Promise.all(members.map((member) => member.kill()));
    rmSync(folder, { recursive: true, force: true });
    process.off("exit", onExit);
  };
  try {
    for (const member of members) member.spawn();
    await Promise.all(members.map((member) => member.healthy()));
  } catch (error) {
    await stop();
    throw error;
  }
  const endpoints = members.map(({ endpoint }) => endpoint);
  const certificates = tls === undefined ? {} : { tls: tls.client, strangerTls: tls.stranger };
  return { endpoints, members, ...certificates, leader: () => findLeader(members), stop };
}

async function findLeader(members: readonly EtcdMember[]): Promise<EtcdMember> {
  const deadline_ms = systemClock.monotonic_ms() + LEADER_LIMIT_MS;
  while (systemClock.monotonic_ms() < deadline_ms) {
    for (const member of members) if (await member.isLeader()) return member;
    await systemClock.sleep(POLL_MS);
  }
  throw new Error("the etcd cluster has no leader");
}

function loopbackAddresses(count: number): string[] {
  const byte = (from: number) => from + Math.floor(systemRandom.next() * (255 - from));
  const network = `127.${byte(64)}.${byte(1)}`;
  return Array.from({ length: count }, (_, i) => `${network}.${i + 1}`);
}

function tlsFlags(files: { caFile: string; certFile: string; keyFile: string }, prefix: string): string[] {
  return [`--${prefix}trusted-ca-file=${files.caFile}`, `--${prefix}cert-file=${files.certFile}`, `--${prefix}key-file=${files.keyFile}`, `--${prefix}client-cert-auth`];
}
