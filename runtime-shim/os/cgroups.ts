import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { systemCodeOf } from "../errors.ts";
import { listMounts } from "./mounts.ts";
import { readIfExists } from "./files.ts";

/** Where this machine's cgroup controllers are. Hybrid machines (v1 controllers and a bare v2 mount) are version 1. */
export class CgroupLayout {
  readonly version: 1 | 2;
  /** Mount points by controller (v1), or the one mount under "" (v2). */
  readonly #mounts: ReadonlyMap<string, string>;
  readonly #controllers: ReadonlySet<string>;

  constructor(version: 1 | 2, mounts: ReadonlyMap<string, string>, controllers: ReadonlySet<string>) {
    this.version = version;
    this.#mounts = mounts;
    this.#controllers = controllers;
  }

  hasController(controller: string): boolean {
    return this.#controllers.has(controller);
  }

  /** Directory of a cgroup for a controller, or undefined when the machine has no such controller. */
  path(controller: string, cgroup: string): string | undefined {
    const mountPoint = this.version === 2 ? this.#mounts.get("") : this.#mounts.get(controller);
    return mountPoint === undefined ? undefined : join(mountPoint, cgroup);
  }

  /** Every hierarchy's directory of a cgroup. */
  paths(cgroup: string): string[] {
    return [...new Set(this.#mounts.values())].map((mountPoint) => join(mountPoint, cgroup));
  }
}

/** Reads the layout from the mount table. */
export function detectCgroups(): CgroupLayout {
  const mounts = listMounts();
  const v1 = new Map<string, string>();
  for (const candidate of mounts) {
    if (candidate.type !== "cgroup") continue;
    for (const option of candidate.options.split(",")) if (option !== "rw" && option !== "ro" && !v1.has(option)) v1.set(option, candidate.target);
  }
  if (v1.has("memory") || v1.has("cpu")) return new CgroupLayout(1, v1, new Set(v1.keys()));
  const unified = mounts.find((candidate) => candidate.type === "cgroup2")?.target;
  if (unified === undefined) throw new Error("no cgroup hierarchy is mounted: mount cgroup2 at /sys/fs/cgroup");
  const controllers = readFileSync(join(unified, "cgroup.controllers"), "utf8").trim().split(" ");
  return new CgroupLayout(2, new Map([["", unified]]), new Set(controllers));
}

/** Pids in a cgroup and all below it. */
export function processesOf(layout: CgroupLayout, cgroup: string): number[] {
  const directory = layout.path(layout.version === 1 ? "pids" : "", cgroup) ?? layout.path("memory", cgroup);
  return directory === undefined ? [] : processesBelow(directory);
}

function processesBelow(directory: string): number[] {
  const own = (readIfExists(join(directory, "cgroup.procs")) ?? "").split("\n").filter(Boolean).map(Number);
  return [...own, ...childrenOf(directory).flatMap((child) => processesBelow(join(directory, child)))];
}

function childrenOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Sends SIGKILL to every process of a cgroup; returns how many there were. */
export function killCgroup(layout: CgroupLayout, cgroup: string): number {
  const pids = processesOf(layout, cgroup);
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (systemCodeOf(error) !== "ESRCH") throw error;
    }
  }
  return pids.length;
}

/** Removes a cgroup and all below it from every hierarchy; false when a process or the kernel still holds one. */
export function removeCgroup(layout: CgroupLayout, cgroup: string): boolean {
  if (cgroup === "" || cgroup === "/") return true;
  return layout.paths(cgroup).every((directory) => !existsSync(directory) || removeTree(directory));
}

/** Removes a cgroup that has no process and no other cgroup in it; false when one hierarchy's has. */
export function removeIfEmpty(layout: CgroupLayout, cgroup: string): boolean {
  return layout.paths(cgroup).filter((directory) => existsSync(directory)).map(removeDirectory).every(Boolean);
}

function removeTree(directory: string): boolean {
  for (const child of childrenOf(directory)) if (!removeTree(join(directory, child))) return false;
  return removeDirectory(directory);
}

function removeDirectory(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return true;
    if (systemCodeOf(error) === "EBUSY") return false;
    throw error;
  }
}

/** How often the kernel killed a process of this cgroup for want of memory. */
export function oomKillsOf(layout: CgroupLayout, cgroup: string): number {
  const directory = layout.path("memory", cgroup);
  if (directory === undefined) return 0;
  const file = layout.version === 1 ? "memory.oom_control" : "memory.events";
  return keyedNumber(readIfExists(join(directory, file)) ?? "", "oom_kill");
}

/** The number after `key` in a file of `key number` lines; 0 when it is not there. */
export function keyedNumber(text: string, key: string): number {
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (line.slice(0, space) === key) return Number(line.slice(space + 1));
  }
  return 0;
}
