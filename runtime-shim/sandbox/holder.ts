import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { now_ns, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { findProgram } from "../oci/runtimes.ts";
import { launch } from "../container/start.ts";
import { destroyContainer } from "../container/destroy.ts";
import { newId } from "../state/ids.ts";
import type { ContainerRecord, SandboxRecord } from "../state/records.ts";
import { hostnameOf, pinnedKinds } from "./placement.ts";

/** Reaps whatever is orphaned in the namespace; ends only by a signal from outside. */
const SCRIPT = "trap 'exit 0' TERM INT; while :; do /busybox sleep 2147483647 & wait $!; done";

/**
 * The process that keeps a pod's shared PID namespace alive: the machine's static busybox in an empty root, without capabilities. Made when
 * the first container asks for it; other pods have none. FAILED_PRECONDITION when there is no static busybox.
 */
export async function ensureHolder(context: ShimContext, sandbox: SandboxRecord): Promise<void> {
  const known = sandbox.holderId === undefined ? undefined : context.containers.get(sandbox.holderId);
  if (known?.phase === "running") return;
  if (known !== undefined) throw new CriError("FAILED_PRECONDITION", `the process that held the PID namespace of sandbox ${sandbox.id} has ended`);
  const record = recordOf(context, sandbox);
  const directory = context.containers.create(record);
  try {
    writeFileSync(join(directory, "config.json"), JSON.stringify(specOf(context, sandbox, record, directory)), { mode: 0o600 });
    await launch(context, record);
  } catch (error) {
    await destroyContainer(context, record);
    throw error;
  }
  context.failpoint("sandbox.holder.started");
  sandbox.holderId = record.id;
  context.sandboxes.save(sandbox);
}

function recordOf(context: ShimContext, sandbox: SandboxRecord): ContainerRecord {
  const id = newId(context.random);
  return {
    id,
    sandboxId: sandbox.id,
    config: { command: [], args: [], workingDir: "", mounts: [], devices: [], labels: {}, annotations: {}, logPath: "", stdin: false, stdinOnce: false, tty: false, cdiDevices: [], stopSignal: "SIGNAL_RUNTIME_DEFAULT" },
    imageId: "",
    imageRef: "",
    layers: [],
    runtime: context.runtime.name,
    createdAt_ns: now_ns(context),
    cgroupPath: join(sandbox.cgroupParent, id),
    logPath: "",
    stopSignal: "SIGKILL",
    user: { uid: 65534, gid: 65534, groups: [] },
    internal: true,
    sharesPids: false,
    phase: "created",
  };
}

function specOf(context: ShimContext, sandbox: SandboxRecord, record: ContainerRecord, directory: string): unknown {
  let busybox: string;
  try {
    busybox = findProgram("busybox");
  } catch {
    throw new CriError("FAILED_PRECONDITION", "a shared PID namespace needs a static busybox on the machine: apt-get install busybox-static");
  }
  const rootfs = join(directory, "rootfs");
  for (const name of ["proc", "dev"]) mkdirSync(join(rootfs, name), { recursive: true, mode: 0o755 });
  writeFileSync(join(rootfs, "busybox"), "");
  const none: string[] = [];
  const pins = pinnedKinds(sandbox).map((kind) => ({ type: kind === "net" ? "network" : kind, path: context.paths.namespace(sandbox.id, kind) }));
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: record.user.uid, gid: record.user.gid },
      args: ["/busybox", "sh", "-c", SCRIPT],
      env: ["PATH=/"],
      cwd: "/",
      capabilities: { bounding: none, effective: none, permitted: none, inheritable: none, ambient: none },
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: true },
    hostname: hostnameOf(sandbox),
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=64k"] },
      { destination: "/busybox", type: "bind", source: busybox, options: ["bind", "ro"] },
    ],
    linux: {
      namespaces: [...["mount", "uts", "pid"].map((type) => ({ type })), ...pins],
      cgroupsPath: record.cgroupPath,
      resources: { devices: [{ allow: false, access: "rwm" }] },
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
      readonlyPaths: ["/proc/sys", "/proc/sysrq-trigger"],
    },
  };
}
