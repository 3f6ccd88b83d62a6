import { readFile } from "node:fs/promises";
import type { Commands } from "./commands.ts";

/** Mounts of the agent's own mount namespace. The runtime must share it: it binds what is mounted here. */
export interface Mounter {
  tmpfs(target: string, options: { readonly size_bytes?: number; readonly mode: string }): Promise<void>;
  /** Binds `source` (not resolved any further) on an existing target. */
  bind(source: string, target: string): Promise<void>;
  unmount(target: string): Promise<void>;
  /** Mount points at and below a folder, deepest first. */
  below(folder: string): Promise<string[]>;
}

export function systemMounter(commands: Commands): Mounter {
  const run = async (program: string, ...args: string[]) => {
    const { code, stderr } = await commands.run(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr.trim() || `exit code ${code}`}`);
  };
  return {
    async tmpfs(target, { size_bytes, mode }) {
      const options = [`mode=${mode}`, ...(size_bytes === undefined ? [] : [`size=${size_bytes}`])].join(",");
      await run("mount", "-t", "tmpfs", "-o", options, "tmpfs", target);
    },
    bind: (source, target) => run("mount", "--no-canonicalize", "-o", "bind", source, target),
    async unmount(target) {
      const { code, stderr } = await commands.run("umount", [target]);
      if (code === 0 || /not mounted|no mount point|not found/.test(stderr)) return;
      await run("umount", "-l", target);
    },
    async below(folder) {
      return parseMountPoints(await readFile("/proc/self/mountinfo", "utf8"))
        .filter((point) => point === folder || point.startsWith(`${folder}/`))
        .reverse();
    },
  };
}

/** Mount points in the order of mountinfo (proc(5)), octal escapes undone. */
export function parseMountPoints(mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ")[4])
    .filter((point) => point !== undefined)
    .map((point) => point.replace(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}
