import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Message } from "../../cri/vocabulary.ts";
import { CriError } from "../errors.ts";
import type { ShimContext } from "../context.ts";
import { mount, mountFlags, unmountAll } from "../os/mounts.ts";
import { readIfExists } from "../os/files.ts";
import type { SandboxRecord } from "../state/records.ts";
import { hostnameOf, shmOf } from "./placement.ts";

/** What other runtimes give a pod's /dev/shm. */
const SHM_OPTIONS = "mode=1777,size=65536k";

/** Writes the files that a sandbox's containers share (resolv.conf, hosts, hostname) and mounts its /dev/shm. */
export function writeSandboxFiles(context: ShimContext, record: SandboxRecord): void {
  const directory = context.paths.sandbox(record.id);
  const dns = record.config.dnsConfig;
  const write = (name: string, content: string) => writeFileSync(join(directory, name), content, { mode: 0o644 });
  write("resolv.conf", dns === undefined ? (readIfExists("/etc/resolv.conf") ?? "") : resolvConf(dns));
  write("hosts", hostsFile(record));
  write("hostname", `${hostnameOf(record)}\n`);
  const shm = shmOf(context, record);
  if (shm === "/dev/shm") return;
  mkdirSync(shm, { recursive: true, mode: 0o755 });
  mount("shm", shm, "tmpfs", mountFlags.nosuid | mountFlags.nodev | mountFlags.noexec, SHM_OPTIONS);
}

/** Takes the mount away; the files go with the sandbox's directory. */
export function releaseSandboxFiles(context: ShimContext, record: SandboxRecord): void {
  unmountAll(join(context.paths.sandbox(record.id), "shm"));
}

/** resolver(5). INVALID_ARGUMENT for what would break out of its line. */
export function resolvConf(dns: Message<"DNSConfig">): string {
  for (const value of [...dns.servers, ...dns.searches, ...dns.options]) if (/\s/.test(value)) throw new CriError("INVALID_ARGUMENT", `DNS config has ${JSON.stringify(value)}, with white space in it`);
  const searches = dns.searches.length > 0 ? [`search ${dns.searches.join(" ")}`] : [];
  const options = dns.options.length > 0 ? [`options ${dns.options.join(" ")}`] : [];
  return [...searches, ...dns.servers.map((server) => `nameserver ${server}`), ...options].map((line) => `${line}\n`).join("");
}

/** For containers whose caller mounts no /etc/hosts: the host's with the host's network, else the pod's own. */
function hostsFile(record: SandboxRecord): string {
  const isHost = record.config.linux?.securityContext?.namespaceOptions?.network === "NODE";
  if (isHost) return readFileSync("/etc/hosts", "utf8");
  const own = record.ips.map((ip) => `${ip}\t${hostnameOf(record)}\n`).join("");
  return `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${own}`;
}
