/** What the runtime has of a pod, reduced to what decisions and status need. Newest first in both lists. */
export interface PodRuntime {
  readonly sandboxes: readonly SandboxRecord[];
  readonly containers: readonly ContainerRecord[];
}

export interface SandboxRecord {
  readonly id: string;
  readonly attempt: number;
  readonly createdAt_ns: number;
  readonly ready: boolean;
  /** Primary address first; none on the host's network. */
  readonly ips: readonly string[];
}

export type ContainerState = "created" | "running" | "exited" | "unknown";

export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  /** The restart count that it was created with. */
  readonly attempt: number;
  readonly state: ContainerState;
  readonly createdAt_ns: number;
  readonly startedAt_ms: number;
  readonly finishedAt_ms: number;
  readonly exitCode: number;
  /** Runtime's word for the end: Completed, Error, OOMKilled, StartError, … */
  readonly reason: string;
  /** Runtime's message, or the container's own termination message. */
  readonly message: string;
  /** As the user wrote it, where the runtime kept that. */
  readonly image: string;
  readonly imageId: string;
  /** Of the spec it was made from; empty when not ours. */
  readonly hash: string;
  /** Ids of its first process, where the runtime says so. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] };
}

export const noRuntime: PodRuntime = { sandboxes: [], containers: [] };

/** The newest container of this name. */
export function newestOf(runtime: PodRuntime, name: string): ContainerRecord | undefined {
  return runtime.containers.find((container) => container.name === name);
}

export function currentSandbox(runtime: PodRuntime): SandboxRecord | undefined {
  return runtime.sandboxes[0];
}
