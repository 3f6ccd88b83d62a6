import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { identify, isAlive, type ProcessIdentity, signalProcess } from "./process-identity.ts";

/** What Berth runs: a user's editor or pager with a file of the folder open is none of these. */
const OWN_PROGRAMS = /(^|\/)(conmon|crun|runc|supervise\.sh)$|\/cli\/main\.ts$/;

/** Berth's processes whose command line names a path below `dir`: monitors, runtimes, components and their supervisors. */
export function processesOf(dir: string): ProcessIdentity[] {
  const prefix = `${dir.replace(/\/$/, "")}/`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const words = readFileSync(join("/proc", name, "cmdline"), "utf8").split("\0");
        return programs(words).some((word) => OWN_PROGRAMS.test(word)) && words.some((word) => word.startsWith(prefix) || word.includes(`=${prefix}`));
      } catch {
        return false;
      }
    })
    .flatMap((name) => identify(Number(name)) ?? []);
}

/** The program of a command line, and, where that is an interpreter, its script: the first word past the interpreter's options. */
function programs([program = "", ...rest]: readonly string[]): string[] {
  return [program, rest.find((word) => !word.startsWith("-")) ?? ""];
}

const POLL_MS = 20;

/** SIGKILL to each; resolves when they are gone, or after `timeout_ms`. */
export async function killAll(processes: readonly ProcessIdentity[], clock: Clock, timeout_ms: number): Promise<void> {
  for (const one of processes) signalProcess(one, "SIGKILL");
  const deadline_ms = clock.monotonic_ms() + timeout_ms;
  while (processes.some(isAlive) && clock.monotonic_ms() < deadline_ms) await clock.sleep(POLL_MS);
}

/** Mount points below `dir`, deepest first. */
export function mountsBelow(dir: string): string[] {
  const prefix = `${dir.replace(/\/$/, "")}/`;
  return (
    readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      // Field 5 is the mount point; blanks in it are written \040.
      .map((line) => (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
      .filter((point) => point.startsWith(prefix))
      .sort((a, b) => b.length - a.length)
  );
}

/** Unmounts everything below `dir`; what is busy is detached. */
export function unmountBelow(dir: string): void {
  for (const point of mountsBelow(dir)) {
    try {
      execFileSync("umount", ["-l", point], { stdio: "ignore" });
    } catch {
      // Gone with its parent.
    }
  }
}

/** Kills what is left in the cgroups below `root` (`/berth`) in every hierarchy and removes them. */
export async function removeCgroups(root: string, clock: Clock): Promise<void> {
  const base = "/sys/fs/cgroup";
  const hierarchies = [base, ...readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(base, entry.name))];
  for (const hierarchy of hierarchies) {
    const top = join(hierarchy, root);
    if (!existsSync(join(top, "cgroup.procs"))) continue;
    const folders = cgroupFolders(top);
    const pids = folders.flatMap((folder) => readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number));
    await killAll(pids.flatMap((pid) => identify(pid) ?? []), clock, 5000);
    for (const folder of folders) rmdirSync(folder);
  }
}

/** `top` and all below it, deepest first. */
function cgroupFolders(top: string): string[] {
  const below = readdirSync(top, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...below.flatMap((entry) => cgroupFolders(join(top, entry.name))), top];
}
