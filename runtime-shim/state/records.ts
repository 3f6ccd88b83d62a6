import type { Message } from "../../cri/vocabulary.ts";

/** A sandbox on disk. `phase` is the intent: the next start finishes or undoes what it names. */
export interface SandboxRecord {
  readonly id: string;
  readonly config: Message<"PodSandboxConfig">;
  readonly runtimeHandler: string;
  readonly createdAt_ns: number;
  /** The kernel's id of the machine's uptime: what was made in another one is gone. */
  readonly bootId: string;
  phase: "creating" | "ready" | "stopping" | "stopped" | "removing";
  ips: string[];
  /** Container id of the process that holds a shared PID namespace. */
  holderId?: string;
  /** The cgroup was made by us (the caller named none) and goes with the sandbox. */
  readonly ownCgroup: boolean;
  readonly cgroupParent: string;
  /** Names of the network configuration that the sandbox was attached by; its last result is in cni/. */
  network?: { readonly name: string };
}

/** A container on disk. Its environment is only in the bundle's config.json. */
export interface ContainerRecord {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: Omit<Message<"ContainerConfig">, "envs">;
  /** Image as the caller named it, its id, and a digest reference where it has one. */
  readonly imageId: string;
  readonly imageRef: string;
  /** Digests of all layers that it needs, those of images that it mounts included. */
  layers: readonly string[];
  readonly runtime: string;
  readonly createdAt_ns: number;
  readonly cgroupPath: string;
  readonly logPath: string;
  readonly stopSignal: string;
  user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  /** Not listed: the holder of a sandbox's PID namespace. */
  readonly internal?: boolean;
  /** Its processes outlive its first one, because the PID namespace is not its own. */
  readonly sharesPids: boolean;
  phase: "creating" | "created" | "starting" | "running" | "exited" | "removing";
  /** First process and monitor, each with its start time so that a reused pid is not taken for it. */
  pid?: number;
  pidStart?: number;
  monitorPid?: number;
  monitorStart?: number;
  startedAt_ns?: number;
  finishedAt_ns?: number;
  exitCode?: number;
  reason?: string;
  message?: string;
  resources?: Message<"LinuxContainerResources">;
}
