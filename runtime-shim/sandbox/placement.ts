import { hostname } from "node:os";
import { join } from "node:path";
import type { Message } from "../../cri/vocabulary.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import type { SpecInput } from "../oci/spec.ts";
import type { SandboxRecord } from "../state/records.ts";

type NamespaceOption = Message<"NamespaceOption">;

/** Which namespaces a sandbox pins: those that its containers share and the host does not. */
export function pinnedKinds(record: SandboxRecord): ("net" | "ipc")[] {
  const options = record.config.linux?.securityContext?.namespaceOptions;
  return [...(options?.network === "NODE" ? [] : (["net"] as const)), ...(options?.ipc === "NODE" ? [] : (["ipc"] as const))];
}

/** The name that a sandbox's containers see as theirs. */
export function hostnameOf(record: SandboxRecord): string {
  const isHost = record.config.linux?.securityContext?.namespaceOptions?.network === "NODE";
  return isHost || record.config.hostname === "" ? hostname() : record.config.hostname;
}

/** Path of a sandbox's /dev/shm: the host's own where the IPC namespace is the host's. */
export function shmOf(context: ShimContext, record: SandboxRecord): string {
  return record.config.linux?.securityContext?.namespaceOptions?.ipc === "NODE" ? "/dev/shm" : join(context.paths.sandbox(record.id), "shm");
}

/** Whether a container is to live in a PID namespace common to its sandbox, which then needs a process that holds it. */
export function wantsHolder(sandbox: SandboxRecord, config: Message<"ContainerConfig">): boolean {
  const ofSandbox = sandbox.config.linux?.securityContext?.namespaceOptions?.pid ?? "POD";
  const ofContainer = config.linux?.securityContext?.namespaceOptions?.pid ?? "POD";
  return ofSandbox === "POD" && ofContainer === "POD";
}

/** Whether other processes than the container's are in its PID namespace. */
export function sharesPids(sandbox: SandboxRecord, config: Message<"ContainerConfig">): boolean {
  const mode = config.linux?.securityContext?.namespaceOptions?.pid ?? "POD";
  return mode === "NODE" || mode === "TARGET" || wantsHolder(sandbox, config);
}

/** What of its sandbox a container joins and sees. */
export function sandboxPlacement(context: ShimContext, sandbox: SandboxRecord, config: Message<"ContainerConfig">): SpecInput["sandbox"] {
  const options = config.linux?.securityContext?.namespaceOptions;
  const pinned = new Set(pinnedKinds(sandbox));
  const joined: Record<string, string> = {};
  const hostNamespaces = new Set<string>();
  if (pinned.has("net")) joined["network"] = context.paths.namespace(sandbox.id, "net");
  else for (const type of ["network", "uts"]) hostNamespaces.add(type);
  if (pinned.has("ipc")) joined["ipc"] = context.paths.namespace(sandbox.id, "ipc");
  else hostNamespaces.add("ipc");
  placePid(context, sandbox, options, joined, hostNamespaces);
  const directory = context.paths.sandbox(sandbox.id);
  return {
    files: {
      shm: shmOf(context, sandbox),
      files: ["resolv.conf", "hosts", "hostname"].map((name) => ({ containerPath: `/etc/${name}`, hostPath: join(directory, name) })),
      readonlyRootfs: config.linux?.securityContext?.readonlyRootfs === true,
    },
    hostname: hostnameOf(sandbox),
    joined,
    hostNamespaces,
  };
}

function placePid(context: ShimContext, sandbox: SandboxRecord, options: NamespaceOption | undefined, joined: Record<string, string>, hostNamespaces: Set<string>): void {
  switch (options?.pid ?? "POD") {
    case "NODE":
      hostNamespaces.add("pid");
      return;
    case "CONTAINER":
      return;
    case "TARGET": {
      const target = containerOf(context, options?.targetId ?? "");
      if (target.sandboxId !== sandbox.id) throw new CriError("INVALID_ARGUMENT", `target container ${target.id} is in another sandbox`);
      if (target.phase !== "running") throw new CriError("FAILED_PRECONDITION", `target container ${target.id} is not running`);
      joined["pid"] = `/proc/${target.pid}/ns/pid`;
      return;
    }
    case "POD": {
      const holder = sandbox.holderId === undefined ? undefined : context.containers.get(sandbox.holderId);
      // A sandbox whose own PID mode is not POD has no shared namespace: the container gets its own.
      if (holder?.pid !== undefined) joined["pid"] = `/proc/${holder.pid}/ns/pid`;
      return;
    }
  }
}
