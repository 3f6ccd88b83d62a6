import { join } from "node:path";
import type { Pod } from "../../api/wire.ts";
import { uidOf } from "./spec.ts";

/** Where things of pods lie below the agent's data directory. Names are safe as they are: the API server checked them. */
export interface NodePaths {
  readonly root: string;
  /** One folder per pod: volumes, hosts file, termination messages. */
  readonly pods: string;
  /** A tmpfs: Secrets, tokens and what is projected with them never reach a disk. */
  readonly secrets: string;
  readonly logs: string;
  /** Profiles of type Localhost. */
  readonly seccomp: string;
}

/** Where tools that bring seccomp profiles to nodes put them, and where documentation says that they belong. Only read. */
const SECCOMP_PROFILES = "/var/lib/kubelet/seccomp";

export function nodePaths(dataDir: string): NodePaths {
  return { root: dataDir, pods: join(dataDir, "pods"), secrets: join(dataDir, "secrets"), logs: join(dataDir, "logs"), seccomp: SECCOMP_PROFILES };
}

export function podDir(paths: NodePaths, uid: string): string {
  return join(paths.pods, uid);
}

/** `NS_NAME_UID`, as kubelet names it. */
export function podLogDir(paths: NodePaths, pod: Pod): string {
  return join(paths.logs, `${pod.metadata.namespace}_${pod.metadata.name}_${uidOf(pod)}`);
}

/** Of one run of a container, below the pod's log folder. */
export function containerLogName(name: string, attempt: number): string {
  return join(name, `${attempt}.log`);
}

export function hostsPath(paths: NodePaths, uid: string): string {
  return join(podDir(paths, uid), "etc-hosts");
}

export function terminationLogPath(paths: NodePaths, uid: string, container: string, attempt: number): string {
  return join(podDir(paths, uid), "containers", container, `${attempt}.termination-log`);
}

export type VolumePlugin = "empty-dir" | "configmap" | "secret" | "projected" | "downward-api";

/** Secrets and what may hold one are on the tmpfs, the others in the pod's folder. */
export function volumePath(paths: NodePaths, uid: string, plugin: VolumePlugin, volume: string): string {
  if (plugin === "secret" || plugin === "projected") return join(paths.secrets, uid, volume);
  return join(podDir(paths, uid), "volumes", `kubernetes.io~${plugin}`, volume);
}

export function subPathTarget(paths: NodePaths, uid: string, volume: string, container: string, index: number): string {
  return join(podDir(paths, uid), "volume-subpaths", volume, container, String(index));
}
