import { chmod, chown, mkdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { quantityValue } from "../../api/quantity.ts";
import type { Pod, Volume } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import { NotFoundError, type ReferenceSource } from "../pod/config/environment.ts";
import type { PodAddresses } from "../pod/config/field-ref.ts";
import type { NodeAllocatable } from "../pod/config/resource-field.ts";
import { type NodePaths, podDir, type VolumePlugin, volumePath } from "../pod/paths.ts";
import { specOf, uidOf } from "../pod/spec.ts";
import type { Mounter } from "../system/mounts.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { checkHostPath } from "./host-path.ts";
import { type ObjectCache, usedVolumes } from "./object-cache.ts";
import { nestedMountPoints } from "./nested-mounts.ts";
import { volumePayload } from "./payload.ts";
import type { TokenManager } from "./tokens.ts";

/** A volume could not be set up; the message is kubelet's. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}

export interface VolumeManagerOptions {
  readonly paths: NodePaths;
  readonly mounter: Mounter;
  readonly source: ReferenceSource;
  /** Watches what volumes show. */
  readonly objects?: Pick<ObjectCache, "retain" | "release">;
  readonly tokens: TokenManager;
  readonly allocatable: () => NodeAllocatable;
  readonly clock: Clock;
}

export interface MountedVolume {
  readonly path: string;
  /** Its files come from the API: containers only read them. */
  readonly isReadOnly: boolean;
}

const NO_ADDRESSES: PodAddresses = { podIps: [], hostIps: [] };

/** Sets up, updates and takes down the volumes of pods. Every step may be repeated: what is there already is kept. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  /** Where a volume of the pod lies. undefined: the pod has none of that name, or of a kind that this node cannot give. */
  find(pod: Pod, name: string): MountedVolume | undefined {
    const volume = specOf(pod).volumes?.find((candidate) => candidate.name === name);
    if (volume === undefined) return undefined;
    if (volume.hostPath !== undefined) return { path: volume.hostPath.path, isReadOnly: false };
    const plugin = pluginOf(volume);
    return plugin === undefined ? undefined : { path: this.#pathOf(pod, plugin, volume), isReadOnly: plugin !== "empty-dir" };
  }

  /** Sets up every volume that the pod uses. @throws AggregateError of VolumeErrors, one for each that failed */
  async prepare(pod: Pod): Promise<void> {
    const failures: VolumeError[] = [];
    await Promise.all(
      usedVolumes(pod).map((volume) =>
        this.#setUp(pod, volume).catch((error: Error) => {
          failures.push(new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`, { cause: error }));
        }),
      ),
    );
    if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join("; "));
    this.#options.objects?.retain(pod, usedVolumes(pod));
  }

  /** Writes volumes anew whose sources may have changed. @throws the first failure; the others are written all the same */
  async refresh(pod: Pod): Promise<void> {
    let failure: unknown;
    for (const volume of usedVolumes(pod)) {
      const plugin = pluginOf(volume);
      if (plugin === undefined || plugin === "empty-dir") continue;
      await this.#writePayload(pod, volume, this.#pathOf(pod, plugin, volume)).catch((error) => {
        failure ??= error;
      });
    }
    if (failure !== undefined) throw failure;
  }

  /** Unmounts and removes all that belongs to the pod, its logs excepted. A folder with a mount still on it is left and the error thrown. */
  async release(uid: string): Promise<void> {
    const { paths, mounter } = this.#options;
    const folder = podDir(paths, uid);
    this.#options.objects?.release(uid);
    for (const point of await mounter.below(folder)) await mounter.unmount(point);
    const left = await mounter.below(folder);
    if (left.length > 0) throw new Error(`still mounted: ${left.join(", ")}`);
    await rm(folder, { recursive: true, force: true });
    await rm(join(paths.secrets, uid), { recursive: true, force: true });
    this.#options.tokens.forget(uid);
  }

  /** When the pod's first token is due for renewal. */
  renewAt(uid: string): number | undefined {
    return this.#options.tokens.renewAt(uid);
  }

  /** A file of a pod's volume; links must not lead out of it. */
  async readFile(pod: Pod, volume: string, path: string): Promise<{ path: string; text: string }> {
    const found = this.find(pod, volume);
    if (found === undefined) throw new Error(`cannot find the volume ${JSON.stringify(volume)} referenced by FileKeyRef`);
    const root = await realpath(found.path);
    const file = await realpath(join(root, path)).catch(() => {
      throw new NotFoundError(`file ${path} of volume ${volume} not found`);
    });
    if (!file.startsWith(`${root}/`)) throw new NotFoundError(`file ${path} leads out of volume ${volume}`);
    return { path: join(found.path, path), text: await readFile(file, "utf8") };
  }

  #pathOf(pod: Pod, plugin: VolumePlugin, volume: Volume): string {
    return volumePath(this.#options.paths, uidOf(pod), plugin, volume.name);
  }

  async #setUp(pod: Pod, volume: Volume): Promise<void> {
    if (volume.hostPath !== undefined) return checkHostPath(volume.hostPath.path, volume.hostPath.type);
    const plugin = pluginOf(volume);
    if (plugin === undefined) throw new Error(`no volume plugin matched: this node has none for ${kindOf(volume)}`);
    const path = this.#pathOf(pod, plugin, volume);
    if (plugin === "empty-dir") await this.#setUpEmptyDir(pod, volume, path);
    else {
      await makeFolder(path, modeOf(plugin));
      await this.#writePayload(pod, volume, path);
      // Containers cannot make them: to them the volume is read-only.
      for (const folder of nestedMountPoints(pod, volume.name)) await mkdir(join(path, folder), { recursive: true, mode: 0o755 });
    }
  }

  async #setUpEmptyDir(pod: Pod, volume: Volume, path: string): Promise<void> {
    const { medium = "", sizeLimit } = volume.emptyDir ?? {};
    if (medium !== "" && medium !== "Memory") throw new Error(`unknown storage medium ${JSON.stringify(medium)}`);
    const isNew = await makeFolder(path, 0o777);
    if (medium === "Memory" && !(await this.#options.mounter.below(path)).includes(path)) {
      const limit = sizeLimit === undefined ? memoryLimit(pod) : Math.min(quantityValue(sizeLimit), memoryLimit(pod) ?? Number.POSITIVE_INFINITY);
      await this.#options.mounter.tmpfs(path, { mode: "1777", ...(limit === undefined ? {} : { size_bytes: limit }) });
    }
    const fsGroup = specOf(pod).securityContext?.fsGroup;
    if (fsGroup === undefined || (!isNew && (await stat(path)).gid === fsGroup)) return;
    await giveToGroup(path, fsGroup, medium === "Memory" ? STICKY : 0);
  }

  async #writePayload(pod: Pod, volume: Volume, path: string): Promise<void> {
    const { source, tokens, allocatable, clock } = this.#options;
    const payload = await volumePayload({ pod, addresses: NO_ADDRESSES, allocatable: allocatable(), source, token: (of, spec) => tokens.get(of, spec) }, volume);
    const fsGroup = specOf(pod).securityContext?.fsGroup;
    await writeAtomically(path, payload, { clock, fsGroup });
    const plugin = pluginOf(volume);
    if (fsGroup !== undefined && plugin !== undefined) await giveToGroup(path, fsGroup, modeOf(plugin) & STICKY);
  }
}

const STICKY = 0o1000;
const OPEN = 0o777;
const SETGID = 0o2000;

/** Of a volume's top folder: kubelet gives each volume that holds secrets a tmpfs of its own, whose root is sticky. */
function modeOf(plugin: VolumePlugin): number {
  return plugin === "secret" || plugin === "projected" ? OPEN | STICKY : OPEN;
}

async function giveToGroup(path: string, fsGroup: number, sticky: number): Promise<void> {
  await chown(path, 0, fsGroup);
  await chmod(path, OPEN | SETGID | sticky);
}

function pluginOf(volume: Volume): VolumePlugin | undefined {
  if (volume.emptyDir !== undefined) return "empty-dir";
  if (volume.configMap !== undefined) return "configmap";
  if (volume.secret !== undefined) return "secret";
  if (volume.projected !== undefined) return "projected";
  return volume.downwardAPI === undefined ? undefined : "downward-api";
}

function kindOf(volume: Volume): string {
  return Object.keys(volume).find((field) => field !== "name") ?? "an empty source";
}

/** @returns whether it was made just now */
async function makeFolder(path: string, mode: number): Promise<boolean> {
  const made = await mkdir(path, { recursive: true, mode: 0o750 });
  if (made !== undefined) await chmod(path, mode);
  return made !== undefined;
}

/** What all containers together may use of memory, when each has a limit. */
function memoryLimit(pod: Pod): number | undefined {
  const limits = specOf(pod).containers.map((container) => container.resources?.limits?.["memory"]);
  if (limits.some((limit) => limit === undefined)) return undefined;
  return limits.reduce((sum, limit) => sum + quantityValue(limit ?? "0"), 0);
}
