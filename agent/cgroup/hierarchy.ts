import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PodLimits } from "../pod/config/resources.ts";

/** Where the machine's cgroup controllers are. v1 has a folder for each (or for a few together), v2 one for all. */
export type Hierarchy =
  | { readonly version: 2; readonly root: string }
  | { readonly version: 1; readonly root: string; readonly controllers: readonly string[] };

const ROOT = "/sys/fs/cgroup";

/** Looks at what is mounted. A hybrid machine, whose controllers are on v1, is v1. */
export async function detectHierarchy(root = ROOT): Promise<Hierarchy> {
  const names = await readdir(root);
  if (names.includes("cgroup.controllers")) return { version: 2, root };
  return { version: 1, root, controllers: names.filter((name) => name !== "unified") };
}

/** Pods' own cgroups, which hold those of their containers. */
export interface PodCgroups {
  /** Makes the cgroup with these limits; a machine without cgroups for us to write gets none. */
  ensure(path: string, limits: PodLimits): Promise<void>;
  /** Removes it with what is below; processes in it are an error. */
  remove(path: string): Promise<void>;
}

const V1_LIMITED = ["cpu", "memory", "pids"];
const V2_CONTROLLERS = ["cpu", "cpuset", "io", "memory", "pids", "hugetlb"];

export function podCgroups(hierarchy: Hierarchy): PodCgroups {
  return hierarchy.version === 2 ? v2Cgroups(hierarchy.root) : v1Cgroups(hierarchy.root, hierarchy.controllers);
}

function v1Cgroups(root: string, controllers: readonly string[]): PodCgroups {
  return {
    async ensure(path, limits) {
      for (const controller of V1_LIMITED.filter((name) => controllers.includes(name))) await mkdir(join(root, controller, path), { recursive: true });
      if (controllers.includes("cpu")) {
        const cpu = join(root, "cpu", path);
        await writeFile(join(cpu, "cpu.shares"), String(limits.cpuShares));
        await writeFile(join(cpu, "cpu.cfs_period_us"), String(limits.cpuPeriod_us));
        await writeFile(join(cpu, "cpu.cfs_quota_us"), String(limits.cpuQuota_us));
      }
      if (controllers.includes("memory") && limits.memory_bytes > 0) await writeFile(join(root, "memory", path, "memory.limit_in_bytes"), String(limits.memory_bytes));
    },
    async remove(path) {
      for (const controller of controllers) await removeTree(join(root, controller, path));
      // The bare v2 mount of a hybrid machine may hold some too.
      await removeTree(join(root, "unified", path));
    },
  };
}

function v2Cgroups(root: string): PodCgroups {
  return {
    async ensure(path, limits) {
      await enableControllers(root, path);
      const folder = join(root, path);
      await writeFile(join(folder, "cpu.weight"), String(weightOf(limits.cpuShares)));
      await writeFile(join(folder, "cpu.max"), limits.cpuQuota_us < 0 ? `max ${limits.cpuPeriod_us}` : `${limits.cpuQuota_us} ${limits.cpuPeriod_us}`);
      await writeFile(join(folder, "memory.max"), limits.memory_bytes > 0 ? String(limits.memory_bytes) : "max");
    },
    remove: (path) => removeTree(join(root, path)),
  };
}

/** Each cgroup on the way passes its controllers on to the next. */
async function enableControllers(root: string, path: string): Promise<void> {
  let folder = root;
  for (const part of ["", ...path.split("/").filter(Boolean)]) {
    folder = join(folder, part);
    await mkdir(folder, { recursive: true });
    const available = (await readFile(join(folder, "cgroup.controllers"), "utf8")).trim().split(" ");
    for (const name of V2_CONTROLLERS.filter((wanted) => available.includes(wanted))) await writeFile(join(folder, "cgroup.subtree_control"), `+${name}`).catch(() => {});
  }
}

/** cgroup v1's shares (2 to 262144) as v2's weight (1 to 10000), as the OCI runtimes convert them. */
export function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}

/** Removes a cgroup and those below it. Not there: fine. @throws when a process is still in one */
async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return;
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

export const noCgroups: PodCgroups = { ensure: async () => {}, remove: async () => {} };

/** `/berth/kubepods/burstable/podUID`; a Guaranteed pod has no class folder. */
export function podCgroupPath(root: string, qos: "Guaranteed" | "Burstable" | "BestEffort", uid: string): string {
  return join(root, "kubepods", ...(qos === "Guaranteed" ? [] : [qos.toLowerCase()]), `pod${uid}`);
}
