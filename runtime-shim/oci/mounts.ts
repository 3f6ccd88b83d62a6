import { existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import type { Message } from "../../cri/vocabulary.ts";
import { CriError, systemCodeOf } from "../errors.ts";
import { listMounts, mountOf, type MountPoint } from "../os/mounts.ts";
import type { OciMount } from "./spec-types.ts";

export interface MountPlan {
  readonly mounts: OciMount[];
  /** Set when a mount follows or feeds the host's mounts, which the rootfs must then not cut off. */
  readonly rootfsPropagation?: "rslave" | "rshared";
}

/** What the sandbox gives each of its containers. */
export interface SandboxFiles {
  readonly shm: string;
  readonly files: readonly { readonly containerPath: string; readonly hostPath: string }[];
  readonly readonlyRootfs: boolean;
}

/** The mounts that every container has; a caller's mount at the same path takes its place. */
function defaultMounts(privileged: boolean): OciMount[] {
  const access = privileged ? "rw" : "ro";
  return [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
    { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"] },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", access] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", access] },
  ];
}

/** All mounts of a container, parents before what lies in them. INVALID_ARGUMENT for what the host can't give. */
export function mountsOf(requests: readonly Message<"Mount">[], sandbox: SandboxFiles, privileged: boolean): MountPlan {
  const asked = requests.map((request) => ({ ...request, containerPath: normalise(request.containerPath) }));
  const taken = new Set(asked.map((request) => request.containerPath));
  const mounts = defaultMounts(privileged).filter((candidate) => !taken.has(candidate.destination));
  if (!taken.has("/dev/shm") && !taken.has("/dev")) mounts.push(bind(sandbox.shm, "/dev/shm", ["rw", "nosuid", "nodev", "noexec"]));
  for (const file of sandbox.files) {
    if (!taken.has(file.containerPath)) mounts.push(bind(file.hostPath, file.containerPath, [sandbox.readonlyRootfs ? "ro" : "rw"]));
  }
  let hostMounts: MountPoint[] | undefined;
  let rootfsPropagation: MountPlan["rootfsPropagation"];
  for (const request of asked.toSorted((a, b) => depth(a.containerPath) - depth(b.containerPath))) {
    const source = sourceOf(request);
    const options = ["rbind", ...accessOptions(request), ...request.mountOptions];
    if (request.propagation === "PROPAGATION_PRIVATE") options.push("rprivate");
    else {
      hostMounts ??= listMounts();
      const below = mountOf(source, hostMounts);
      checkPropagation(request, source, below);
      const shared = request.propagation === "PROPAGATION_BIDIRECTIONAL";
      options.push(shared ? "rshared" : "rslave");
      rootfsPropagation = shared || rootfsPropagation === "rshared" ? "rshared" : "rslave";
    }
    mounts.push({ destination: request.containerPath, type: "bind", source, options });
  }
  return { mounts, ...(rootfsPropagation === undefined ? {} : { rootfsPropagation }) };
}

function bind(source: string, destination: string, options: readonly string[]): OciMount {
  return { destination, type: "bind", source, options: ["bind", "rprivate", ...options] };
}

function normalise(path: string): string {
  if (!path.startsWith("/") || path.includes("\0")) throw new CriError("INVALID_ARGUMENT", `mount: container path ${JSON.stringify(path)} is not absolute`);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new CriError("INVALID_ARGUMENT", `mount: container path ${JSON.stringify(path)} has ".." in it`);
  if (parts.length === 0) throw new CriError("INVALID_ARGUMENT", "mount: the container's root can't be a mount");
  return `/${parts.join("/")}`;
}

function depth(path: string): number {
  return path.split("/").length;
}

/** The resolved host path; a directory is made where there is nothing, as Kubernetes' hostPath without a type expects. */
function sourceOf(request: Message<"Mount">): string {
  if (!request.hostPath.startsWith("/")) throw new CriError("INVALID_ARGUMENT", `mount ${request.containerPath}: host path ${JSON.stringify(request.hostPath)} is not absolute`);
  try {
    if (!existsSync(request.hostPath)) mkdirSync(request.hostPath, { recursive: true, mode: 0o755 });
    const resolved = realpathSync(request.hostPath);
    statSync(resolved);
    return resolved;
  } catch (error) {
    throw new CriError("INVALID_ARGUMENT", `mount ${request.containerPath}: host path ${request.hostPath}: ${systemCodeOf(error) ?? "unreadable"}`);
  }
}

function accessOptions(request: Message<"Mount">): string[] {
  if (!request.recursiveReadOnly) return [request.readonly ? "ro" : "rw"];
  if (!request.readonly || request.propagation !== "PROPAGATION_PRIVATE")
    throw new CriError("INVALID_ARGUMENT", `mount ${request.containerPath}: recursive read-only needs readonly and private propagation`);
  return ["rro"];
}

function checkPropagation(request: Message<"Mount">, source: string, below: MountPoint | undefined): void {
  if (request.propagation === "PROPAGATION_BIDIRECTIONAL" && below?.shared !== true)
    throw new CriError("FAILED_PRECONDITION", `mount ${request.containerPath}: ${source} is on a mount that is not shared: run mount --make-rshared ${below?.target ?? "/"} on the host`);
}
