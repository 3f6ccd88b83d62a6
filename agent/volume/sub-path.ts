import { constants } from "node:fs";
import { chmod, type FileHandle, lstat, mkdir, open, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Mounter } from "../system/mounts.ts";

/** What a sub path names is not there, and could not be made. */
export class SubPathNotMade extends Error {
  override readonly name = "SubPathNotMade";

  constructor(volume: string, subPath: string, cause: Error) {
    super(`${subPath} could not be made in ${volume}: ${cause.message}`, { cause });
  }
}

function notMade(volume: string, subPath: string): (cause: Error) => never {
  return (cause) => {
    throw new SubPathNotMade(volume, subPath, cause);
  };
}

/** Opens without reading: enough to name what was opened by /proc/self/fd (open(2), O_PATH; Node has no name for it). */
const O_PATH = 0o10000000;

/**
 * Binds `subPath` of a volume on `target` and returns when that is done. A container may swap folders for links meanwhile: the
 * path is opened part by part without following links, and what was opened is bound, not the path.
 * @throws Error when it leads out of the volume
 */
export async function bindSubPath(volume: string, subPath: string, target: string, mounter: Mounter): Promise<void> {
  if (subPath.split("/").includes("..")) throw new Error(`subPath ${JSON.stringify(subPath)} must not contain ..`);
  const isMissing = await stat(join(volume, subPath)).then(() => false, (error: NodeJS.ErrnoException) => error.code === "ENOENT");
  const mode = isMissing ? await makeInside(volume, subPath).catch(notMade(volume, subPath)) : undefined;
  const root = await realpath(volume);
  const full = await realpath(join(volume, subPath));
  const inside = relative(root, full);
  if (inside === ".." || inside.startsWith("../") || inside.startsWith("/")) throw new Error(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
  const handle = await openInside(root, inside === "" ? [] : inside.split("/"));
  try {
    const isFolder = (await handle.stat()).isDirectory();
    // By what was opened, as below.
    if (mode !== undefined && isFolder) await chmod(`/proc/${process.pid}/fd/${handle.fd}`, mode);
    await makeTarget(target, isFolder, mounter);
    await mounter.bind(`/proc/${process.pid}/fd/${handle.fd}`, target);
  } finally {
    await handle.close();
  }
}

/** Permissions and the set-group-id bit. */
const KEPT_MODE = 0o2777;

/**
 * Makes the folders that are missing. The last one is to have the volume's own mode whatever our umask, since containers that are not root's
 * write there: @returns that mode, where it was made just now
 */
async function makeInside(volume: string, subPath: string): Promise<number | undefined> {
  const wanted = join(volume, subPath);
  const { mode } = await stat(volume);
  const root = await realpath(volume);
  let folder = root;
  let isNew = false;
  for (const part of relative(volume, wanted).split("/")) {
    const next = join(folder, part);
    isNew = await mkdir(next, { mode: mode & KEPT_MODE }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
        return false;
      },
    );
    folder = await realpath(next);
    if (folder !== root && !folder.startsWith(`${root}/`)) throw new Error(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
  }
  return isNew ? mode & KEPT_MODE : undefined;
}

async function openInside(root: string, parts: readonly string[]): Promise<FileHandle> {
  let handle = await open(root, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  for (const part of parts) {
    const parent = handle;
    try {
      handle = await open(`/proc/self/fd/${parent.fd}/${part}`, O_PATH | constants.O_NOFOLLOW);
    } finally {
      await parent.close();
    }
    if ((await handle.stat()).isSymbolicLink()) {
      await handle.close();
      throw new Error(`subPath: ${part} became a link while it was opened`);
    }
  }
  return handle;
}

async function makeTarget(target: string, isFolder: boolean, mounter: Mounter): Promise<void> {
  const mounted = await mounter.below(target);
  if (mounted.includes(target)) await mounter.unmount(target);
  await mkdir(dirname(target), { recursive: true, mode: 0o750 });
  const found = await lstat(target).catch(() => undefined);
  if (found !== undefined) return;
  if (isFolder) await mkdir(target, { mode: 0o750 });
  else await writeFile(target, "", { mode: 0o640, flag: "wx" });
}
