import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Container, Pod, VolumeMount } from "../../../api/wire.ts";
import type { Init } from "../../../cri/vocabulary.ts";
import { bindSubPath, SubPathNotMade } from "../../volume/sub-path.ts";
import { messagePathOf } from "../config/container-config.ts";
import { expandStrict, mappingOf } from "../config/expansion.ts";
import { hostsFile, type PodNames } from "../config/host-names.ts";
import type { NodeContext } from "../node-context.ts";
import { hostsPath, subPathTarget, terminationLogPath } from "../paths.ts";
import { isHostNetwork, uidOf } from "../spec.ts";

const HOSTS = "/etc/hosts";

const PROPAGATION = {
  None: "PROPAGATION_PRIVATE",
  HostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  Bidirectional: "PROPAGATION_BIDIRECTIONAL",
} as const;

export interface MountsInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  readonly env: ReadonlyMap<string, string>;
  readonly names: PodNames;
  readonly podIps: readonly string[];
}

/** All that is mounted into a container: its volumes, the pod's hosts file, the file for its last words. @throws Error with kubelet's words */
export async function containerMounts(context: NodeContext, input: MountsInput): Promise<Init<"Mount">[]> {
  const volumeMounts = input.container.volumeMounts ?? [];
  const taken = new Set(volumeMounts.map((mount) => mount.mountPath));
  const messagePath = messagePathOf(input.container);
  const own: Promise<Init<"Mount">>[] = [];
  if (!taken.has(HOSTS)) own.push(writeHosts(context, input).then((hostPath) => ({ containerPath: HOSTS, hostPath })));
  if (!taken.has(messagePath)) own.push(makeMessageFile(context, input).then((hostPath) => ({ containerPath: messagePath, hostPath })));
  const mounts: Init<"Mount">[] = [];
  for (const [index, mount] of volumeMounts.entries()) mounts.push(await volumeMount(context, input, mount, index));
  return [...mounts, ...(await Promise.all(own))];
}

async function volumeMount(context: NodeContext, input: MountsInput, mount: VolumeMount, index: number): Promise<Init<"Mount">> {
  const volume = context.volumes.find(input.pod, mount.name);
  if (volume === undefined) throw new Error(`cannot find volume "${mount.name}" to mount into container "${input.container.name}"`);
  const subPath = mount.subPathExpr ? expandStrict(mount.subPathExpr, mappingOf(input.env)) : mount.subPath;
  let hostPath = volume.path;
  if (subPath) {
    checkSubPath(subPath);
    hostPath = subPathTarget(context.paths, uidOf(input.pod), mount.name, input.container.name, index);
    try {
      await bindSubPath(volume.path, subPath, hostPath, context.mounter);
    } catch (error) {
      context.logger.warn({ error: String(error), volume: mount.name, subPath }, "a sub path cannot be mounted");
      // What is told says nothing of the node's own files.
      const verb = error instanceof SubPathNotMade ? "create subPath directory" : "prepare subPath";
      throw new Error(`failed to ${verb} for volumeMount "${mount.name}" of container "${input.container.name}"`, { cause: error });
    }
  }
  const isReadOnly = mount.readOnly === true || volume.isReadOnly;
  return {
    containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
    hostPath,
    readonly: isReadOnly,
    recursiveReadOnly: isReadOnly && isRecursive(context, mount),
    propagation: PROPAGATION[(mount.mountPropagation ?? "None") as keyof typeof PROPAGATION] ?? "PROPAGATION_PRIVATE",
  };
}

/** What an expression has come to may be what the API server would not take. @throws Error with kubelet's words */
function checkSubPath(subPath: string): void {
  if (subPath.startsWith("/")) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split("/").includes("..")) throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
}

/** @throws Error where that is asked for and the runtime cannot */
function isRecursive(context: NodeContext, mount: VolumeMount): boolean {
  if (mount.recursiveReadOnly !== "Enabled" && mount.recursiveReadOnly !== "IfPossible") return false;
  if (context.canMountRecursivelyReadOnly()) return true;
  if (mount.recursiveReadOnly === "Enabled") throw new Error(`failed to resolve recursive read-only mode: volume ${JSON.stringify(mount.name)} requested recursive read-only mode, but it is not supported by the runtime`);
  return false;
}

async function writeHosts(context: NodeContext, input: MountsInput): Promise<string> {
  const path = hostsPath(context.paths, uidOf(input.pod));
  const nodeHosts = isHostNetwork(input.pod) ? await context.nodeHosts() : undefined;
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  // Written in place: containers that run already have this very file.
  await writeFile(path, hostsFile(input.pod, input.names, input.podIps, nodeHosts), { mode: 0o644 });
  await chmod(path, 0o644);
  return path;
}

async function makeMessageFile(context: NodeContext, input: MountsInput): Promise<string> {
  const path = terminationLogPath(context.paths, uidOf(input.pod), input.container.name, input.attempt);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, "");
  // Whatever user the container runs as may leave its last words.
  await chmod(path, 0o666);
  return path;
}
