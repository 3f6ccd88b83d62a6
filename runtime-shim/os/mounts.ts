import { readFileSync } from "node:fs";
import { checked, cPath, libc, KernelError } from "./libc.ts";

/** mount(2) flags; the same on every architecture. */
export const mountFlags = {
  readonly: 1n,
  nosuid: 2n,
  nodev: 4n,
  noexec: 8n,
  remount: 32n,
  bind: 4096n,
  recursive: 16384n,
  private: 1n << 18n,
} as const;

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
/** mount(2) takes one page of options. */
const MAX_OPTIONS_BYTES = 4095;

/** Mounts `source` of type `type` at `target`; throws KernelError. */
export function mount(source: string, target: string, type: string, flags: bigint, options: string): void {
  if (Buffer.byteLength(options) > MAX_OPTIONS_BYTES) throw new Error(`mount options of ${target} are longer than a page`);
  checked(libc().mount(cPath(source), cPath(target), type, flags, cPath(options)), "mount", target);
}

/** Lazily unmounts every mount stacked at `target`; what is not mounted or not there is fine. */
export function unmountAll(target: string): void {
  for (let stacked = 0; stacked < 64; stacked++) {
    try {
      checked(libc().umount2(cPath(target), MNT_DETACH | UMOUNT_NOFOLLOW), "umount", target);
    } catch (error) {
      if (error instanceof KernelError && (error.code === "EINVAL" || error.code === "ENOENT")) return;
      throw error;
    }
  }
  throw new Error(`more than 64 mounts are stacked at ${target}`);
}

export interface MountPoint {
  readonly target: string;
  readonly type: string;
  readonly source: string;
  /** Per-superblock options. */
  readonly options: string;
  /** Propagation: has a peer group, follows one. */
  readonly shared: boolean;
  readonly slave: boolean;
  /** Root of the mount within its filesystem. */
  readonly root: string;
}

/** All mounts of this mount namespace, in the kernel's order. */
export function listMounts(): MountPoint[] {
  return readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter(Boolean).map(parseMountInfo);
}

function parseMountInfo(line: string): MountPoint {
  const separator = line.indexOf(" - ");
  const left = line.slice(0, separator).split(" ");
  const right = line.slice(separator + 3).split(" ");
  const tags = left.slice(6);
  return {
    root: unescapeOctal(left[3] ?? ""),
    target: unescapeOctal(left[4] ?? ""),
    shared: tags.some((tag) => tag.startsWith("shared:")),
    slave: tags.some((tag) => tag.startsWith("master:")),
    type: right[0] ?? "",
    source: unescapeOctal(right[1] ?? ""),
    options: right[2] ?? "",
  };
}

/** mountinfo writes space, tab, newline and backslash as octal. */
function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The mount that `path` (absolute, resolved) lies on: the last and longest one above it. */
export function mountOf(path: string, mounts: readonly MountPoint[]): MountPoint | undefined {
  let best: MountPoint | undefined;
  for (const candidate of mounts) {
    const above = candidate.target === "/" || path === candidate.target || path.startsWith(`${candidate.target}/`);
    if (above && (best === undefined || candidate.target.length >= best.target.length)) best = candidate;
  }
  return best;
}
