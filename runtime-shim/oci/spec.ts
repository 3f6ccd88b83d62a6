import { existsSync, readFileSync } from "node:fs";
import type { Message } from "../../cri/vocabulary.ts";
import type { ImageConfig } from "../image/image-config.ts";
import { CriError, specFailure } from "../errors.ts";
import type { CgroupLayout } from "../os/cgroups.ts";
import { resolveInRoot } from "../os/rooted-path.ts";
import { capabilitiesOf, capabilitySet } from "./capabilities.ts";
import { devicesOf, hostDevices } from "./devices.ts";
import { runsNarrow } from "./narrow.ts";
import { mountsOf, type SandboxFiles } from "./mounts.ts";
import { resourcesOf } from "./resources.ts";
import { seccompOf, type SecuritySupport, labelsOf } from "./security.ts";
import type { OciProcess, OciSpec } from "./spec-types.ts";
import type { ContainerUser } from "./user.ts";

/** Everything that a container's config.json is made from. */
export interface SpecInput {
  readonly config: Message<"ContainerConfig">;
  readonly image: ImageConfig;
  readonly rootfs: string;
  readonly user: ContainerUser;
  readonly sandbox: {
    readonly files: SandboxFiles;
    readonly hostname: string;
    /** Pinned namespaces to join by type; a type that is absent and not in `hostNamespaces` is the container's own. */
    readonly joined: Readonly<Record<string, string>>;
    readonly hostNamespaces: ReadonlySet<string>;
  };
  readonly cgroupPath: string;
  readonly cgroups: CgroupLayout;
  readonly security: SecuritySupport;
  readonly arch: string;
}

/** Kernel interfaces that tell about or reach into the host: hidden or read-only unless the caller says otherwise. */
const maskedByDefault = [
  "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
  "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
];
const readonlyByDefault = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The OCI runtime configuration of a container. Throws CriError for what can't be. */
export function buildSpec(input: SpecInput): OciSpec {
  const { config, sandbox } = input;
  const context = config.linux?.securityContext;
  const privileged = context?.privileged === true;
  const process = processOf(input);
  const plan = mountsOf(config.mounts, sandbox.files, privileged);
  const asked = devicesOf(config.devices);
  const devices = privileged ? hostDevices() : asked.devices;
  const denyAll = { allow: false, access: "rwm" };
  const rules = privileged ? [{ allow: true, access: "rwm" }] : [denyAll, ...asked.rules];
  const seccomp = privileged ? undefined : seccompOf(context, process.capabilities.bounding, input.security, { arch: input.arch, narrow: runsNarrow(input.rootfs, input.image.architecture, process.args[0] ?? "") });
  const labels = labelsOf(context, input.security);
  return {
    ociVersion: "1.0.2",
    process: { ...process, ...labels.process },
    root: { path: input.rootfs, readonly: context?.readonlyRootfs === true },
    ...(sandbox.hostNamespaces.has("uts") ? {} : { hostname: sandbox.hostname }),
    mounts: plan.mounts,
    annotations: {},
    linux: {
      namespaces: namespacesOf(input, privileged),
      cgroupsPath: input.cgroupPath,
      resources: { ...resourcesOf(config.linux?.resources, input.cgroups), devices: rules },
      devices,
      maskedPaths: privileged ? [] : pathsOf(context?.maskedPaths, maskedByDefault),
      readonlyPaths: privileged ? [] : pathsOf(context?.readonlyPaths, readonlyByDefault),
      ...(plan.rootfsPropagation === undefined ? {} : { rootfsPropagation: plan.rootfsPropagation }),
      ...(seccomp === undefined ? {} : { seccomp }),
      ...labels.linux,
    },
  };
}

/** CRI sends the paths that it wants; an empty list from a caller that sends none at all means the usual ones. */
function pathsOf(asked: readonly string[] | undefined, usual: readonly string[]): readonly string[] {
  return asked !== undefined && asked.length > 0 ? asked : usual;
}

function processOf(input: SpecInput): OciProcess {
  const { config, image, user } = input;
  const context = config.linux?.securityContext;
  const args = config.command.length > 0 ? [...config.command, ...config.args] : [...image.entrypoint, ...(config.args.length > 0 ? config.args : image.cmd)];
  if (args.length === 0) throw new CriError("UNKNOWN", specFailure("no command specified: neither the container nor its image says what to run"));
  const adjustment = config.linux?.resources?.oomScoreAdj ?? 0;
  return {
    terminal: config.tty,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.groups },
    args,
    env: environmentOf(input),
    cwd: workingDirectory(input.rootfs, config.workingDir || image.workingDir || "/"),
    capabilities: capabilitiesOf(context?.capabilities, context?.privileged === true),
    noNewPrivileges: context?.noNewPrivs === true,
    ...(config.linux?.resources === undefined ? {} : { oomScoreAdj: reachableOomScore(adjustment) }),
  };
}

/** Image's variables, then the caller's over them; PATH, HOSTNAME and TERM where nobody says. */
function environmentOf(input: SpecInput): string[] {
  const variables = new Map<string, string>();
  for (const pair of [DEFAULT_PATH, `HOSTNAME=${input.sandbox.hostname}`, ...(input.config.tty ? ["TERM=xterm"] : []), ...input.image.env]) {
    const equals = pair.indexOf("=");
    if (equals > 0) variables.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  for (const { key, value } of input.config.envs) variables.set(key, Buffer.from(value).toString("utf8"));
  return [...variables].map(([key, value]) => `${key}=${value}`);
}

/** Refuses a directory below /proc: through a leaked descriptor it would be the host's (CVE-2024-21626). */
function workingDirectory(rootfs: string, wanted: string): string {
  if (!wanted.startsWith("/")) throw new CriError("INVALID_ARGUMENT", `working directory ${JSON.stringify(wanted)} is not absolute`);
  const resolved = resolveInRoot(rootfs, wanted).slice(rootfs.length);
  if (resolved === "/proc" || resolved.startsWith("/proc/")) throw new CriError("INVALID_ARGUMENT", `working directory ${JSON.stringify(wanted)} is below /proc`);
  return wanted;
}

/** Lowering the score needs CAP_SYS_RESOURCE, which a container host of ours may lack: then our own is the lowest. */
function reachableOomScore(wanted: number): number {
  if (capabilitySet("CapEff").has("CAP_SYS_RESOURCE")) return wanted;
  return Math.max(wanted, Number(readFileSync("/proc/self/oom_score_adj", "utf8")));
}

function namespacesOf(input: SpecInput, privileged: boolean): { type: string; path?: string }[] {
  const types = ["mount", "uts", "ipc", "pid", "network"];
  if (input.cgroups.version === 2 && !privileged && existsSync("/proc/self/ns/cgroup")) types.push("cgroup");
  return types
    .filter((type) => !input.sandbox.hostNamespaces.has(type))
    .map((type) => {
      const path = input.sandbox.joined[type];
      return path === undefined ? { type } : { type, path };
    });
}
