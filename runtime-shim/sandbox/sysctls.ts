import { writeFileSync } from "node:fs";
import { CriError, systemCodeOf } from "../errors.ts";
import type { SandboxRecord } from "../state/records.ts";

const ipcNames = /^(kernel\.(shm[a-z_]*|msg[a-z_]*|sem)|fs\.mqueue\.[a-z_]+)$/;
const networkNames = /^net\.[A-Za-z0-9_./-]+$/;

/** Unprivileged programs may listen on any port and send pings in a network that is theirs alone. */
const networkDefaults: Readonly<Record<string, string>> = {
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
};

/** The kernel settings of a sandbox's own namespaces. INVALID_ARGUMENT for one that would change the host's. */
export function sysctlsOf(record: SandboxRecord): [name: string, value: string][] {
  const options = record.config.linux?.securityContext?.namespaceOptions;
  const hostNetwork = options?.network === "NODE";
  const asked = Object.entries(record.config.linux?.sysctls ?? {}).map(([name, value]): [string, string] => [name.replaceAll("/", "."), value]);
  for (const [name] of asked) {
    if (name.split(".").some((part) => part === "" || part === "..")) throw new CriError("INVALID_ARGUMENT", `sysctl ${JSON.stringify(name)} is not a name`);
    if (networkNames.test(name) && !hostNetwork) continue;
    if (ipcNames.test(name) && options?.ipc !== "NODE") continue;
    throw new CriError("INVALID_ARGUMENT", `sysctl ${JSON.stringify(name)} is not of a namespace that the sandbox has to itself`);
  }
  const names = new Set(asked.map(([name]) => name));
  const defaults = hostNetwork ? [] : Object.entries(networkDefaults).filter(([name]) => !names.has(name));
  return [...defaults, ...asked];
}

/** Writes them; the caller is in the sandbox's namespaces. */
export function applySysctls(sysctls: readonly (readonly [string, string])[]): void {
  for (const [name, value] of sysctls) {
    try {
      writeFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, value);
    } catch (error) {
      if (name in networkDefaults) continue; // a kernel without it has no such restriction
      throw new CriError("INVALID_ARGUMENT", `sysctl ${name}=${JSON.stringify(value)}: ${systemCodeOf(error) === "ENOENT" ? "this kernel has no such setting" : String(systemCodeOf(error) ?? error)}`);
    }
  }
}
