import { readFileSync } from "node:fs";
import type { Message } from "../../cri/vocabulary.ts";
import { CriError } from "../errors.ts";
import type { OciProcess } from "./spec-types.ts";

/** Capabilities by number (capabilities(7)). */
const capabilityNames = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST " +
  "NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE " +
  "SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM " +
  "BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
)
  .split(" ")
  .map((name) => `CAP_${name}`);

/** What a container has when nothing is said: the set that container runtimes agree on. */
const defaultCapabilities = (
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
)
  .split(" ")
  .map((name) => `CAP_${name}`);

let ownBounding: ReadonlySet<string> | undefined;

/** Capabilities that this process may pass on: a machine can have taken some from it. */
export function availableCapabilities(): ReadonlySet<string> {
  ownBounding ??= capabilitySet("CapBnd");
  return ownBounding;
}

/** A capability mask of /proc/self/status by names. */
export function capabilitySet(field: "CapBnd" | "CapEff"): ReadonlySet<string> {
  const line = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, "m").exec(readFileSync("/proc/self/status", "utf8"));
  const mask = BigInt(`0x${line?.[1] ?? "0"}`);
  return new Set(capabilityNames.filter((_, number) => (mask >> BigInt(number)) & 1n));
}

/**
 * The capability sets of a container's process. Privileged: all there are. INVALID_ARGUMENT for a name that Linux does not know.
 * Inheritable stays empty, else programs with file capabilities would gain them (CVE-2022-24769).
 */
export function capabilitiesOf(request: Message<"Capability"> | undefined, privileged: boolean): OciProcess["capabilities"] {
  const all = [...availableCapabilities()];
  const add = (request?.addCapabilities ?? []).map(normalise);
  const drop = (request?.dropCapabilities ?? []).map(normalise);
  const ambient = (request?.addAmbientCapabilities ?? []).map(normalise).filter((name) => name !== "ALL");
  let set = new Set(privileged || add.includes("ALL") ? all : defaultCapabilities.filter((name) => availableCapabilities().has(name)));
  if (!privileged) {
    if (drop.includes("ALL")) set = new Set(add.includes("ALL") ? all : []);
    for (const name of drop) set.delete(name);
    for (const name of [...add, ...ambient]) if (name !== "ALL") set.add(name);
  }
  const names = [...set];
  return { bounding: names, effective: names, permitted: names, inheritable: ambient, ambient };
}

function normalise(name: string): string {
  const upper = name.toUpperCase();
  if (upper === "ALL") return upper;
  const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (!capabilityNames.includes(full)) throw new CriError("INVALID_ARGUMENT", `unknown capability ${JSON.stringify(name)}`);
  return full;
}
