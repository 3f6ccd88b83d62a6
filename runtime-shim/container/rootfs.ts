import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { checked, cPath, KernelError, libc } from "../os/libc.ts";
import { mount, unmountAll } from "../os/mounts.ts";
import type { LayerStore } from "../image/layer-store.ts";

/** One page of options, less what the kernel adds. */
const SAFE_OPTIONS_BYTES = 3900;

/** Mounts a container's root: its image's layers below, a writable layer of its own on top. */
export function mountRootfs(layers: LayerStore, diffIds: readonly string[], directory: string): string {
  const [upper, work, target] = ["upper", "work", "rootfs"].map((name) => join(directory, name)) as [string, string, string];
  for (const path of [upper, work, target]) mkdirSync(path, { recursive: true, mode: 0o755 });
  const names = layers.lowerNames(diffIds);
  const top = statSync(join(layers.directory, names[0] as string));
  chownSync(upper, top.uid, top.gid);
  chmodSync(upper, top.mode & 0o7777);
  mountOverlay(layers.directory, names, target, { upper, work });
  return target;
}

/** Mounts layers read-only: an image as a volume. */
export function mountLayers(layers: LayerStore, diffIds: readonly string[], target: string): void {
  mkdirSync(target, { recursive: true, mode: 0o755 });
  const names = layers.lowerNames(diffIds);
  // overlayfs wants two lower layers where there is no upper one.
  mountOverlay(layers.directory, names.length === 1 ? [...names, "empty"] : names, target);
}

/** Undoes either; what is not mounted is fine. */
export function unmountRootfs(directory: string): void {
  unmountAll(join(directory, "rootfs"));
}

function mountOverlay(base: string, names: readonly string[], target: string, writable?: { upper: string; work: string }): void {
  const rest = writable === undefined ? "" : `,upperdir=${writable.upper},workdir=${writable.work}`;
  const full = `lowerdir=${names.map((name) => join(base, name)).join(":")}${rest}`;
  if (full.length <= SAFE_OPTIONS_BYTES) return mountWith(full, target, writable !== undefined);
  const before = process.cwd();
  checked(libc().chdir(cPath(base)), "chdir", base);
  try {
    mountWith(`lowerdir=${names.join(":")}${rest}`, target, writable !== undefined);
  } finally {
    checked(libc().chdir(cPath(before)), "chdir", before);
  }
}

/** `volatile`: a container's own layer dies with it, so unmounting need not wait for the disk. Kernels before 5.10 do not know it. */
function mountWith(options: string, target: string, writable: boolean): void {
  if (writable) {
    try {
      return mount("overlay", target, "overlay", 0n, `${options},volatile`);
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== "EINVAL") throw error;
    }
  }
  mount("overlay", target, "overlay", 0n, options);
}
