import { chmod, chown, lchown, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import type { Payload } from "./payload.ts";

/** Names that begin with two dots are the writer's own. */
const DATA = "..data";
const DATA_NEW = "..data_tmp";

/**
 * Writes a volume's files so that a reader sees all old ones or all new ones: they lie in a folder named for the time, which
 * `..data` links to, and each visible name links into `..data`. A write of what is there already changes nothing.
 * @returns whether anything changed
 */
export async function writeAtomically(target: string, payload: Payload, options: { readonly clock: Clock; readonly fsGroup?: number | undefined }): Promise<boolean> {
  const old = await readlink(join(target, DATA)).catch(() => undefined);
  if (old !== undefined && (await isSame(join(target, old), payload))) {
    await linkNames(target, payload, options.fsGroup);
    return false;
  }
  const folder = await makeFolder(target, options.clock);
  try {
    await writeFiles(join(target, folder), payload, options.fsGroup);
    await symlink(folder, join(target, DATA_NEW)).catch(async () => {
      await rm(join(target, DATA_NEW), { force: true });
      await symlink(folder, join(target, DATA_NEW));
    });
    await rename(join(target, DATA_NEW), join(target, DATA));
  } catch (error) {
    await rm(join(target, folder), { recursive: true, force: true });
    throw error;
  }
  await linkNames(target, payload, options.fsGroup);
  await removeStale(target, folder, payload);
  return true;
}

/** `..2026_01_02_15_04_05.123456789`. */
async function makeFolder(target: string, clock: Clock): Promise<string> {
  const now_ms = clock.now_ms();
  const base = `..${new Date(now_ms).toISOString().slice(0, 19).replace(/[-T:]/g, "_")}`;
  for (let attempt = 0; ; attempt++) {
    const name = `${base}.${Math.floor((now_ms % 1000) * 1_000_000 + attempt)}`;
    try {
      await mkdir(join(target, name), { mode: 0o755 });
      await chmod(join(target, name), 0o755);
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 100) throw error;
    }
  }
}

async function writeFiles(root: string, payload: Payload, fsGroup: number | undefined): Promise<void> {
  const folders = new Set<string>();
  for (const [path, file] of payload) {
    const absolute = join(root, path);
    const folder = dirname(absolute);
    if (folder !== root && !folders.has(folder)) {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      folders.add(folder);
    }
    await writeFile(absolute, file.data, { mode: 0o600, flag: "wx" });
    if (file.uid !== undefined || fsGroup !== undefined) await chown(absolute, file.uid ?? 0, fsGroup ?? 0);
    // The group may read what it owns, whatever the mode says of it.
    await chmod(absolute, fsGroup === undefined ? file.mode : file.mode | 0o440);
  }
  if (fsGroup === undefined) return;
  for (const folder of [root, ...folders]) {
    await chown(folder, 0, fsGroup);
    await chmod(folder, 0o2755);
  }
}

async function isSame(folder: string, payload: Payload): Promise<boolean> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (found.filter((entry) => entry.isFile()).length !== payload.size) return false;
  for (const [path, file] of payload) {
    const data = await readFile(join(folder, path)).catch(() => undefined);
    if (data === undefined || !data.equals(file.data)) return false;
  }
  return true;
}

/** First components of the paths: what is linked in the volume's top folder. */
function topNames(payload: Payload): Set<string> {
  return new Set([...payload.keys()].map((path) => path.split("/")[0] as string));
}

async function linkNames(target: string, payload: Payload, fsGroup: number | undefined): Promise<void> {
  for (const name of topNames(payload)) {
    const link = join(target, name);
    if ((await readlink(link).catch(() => undefined)) === join(DATA, name)) continue;
    await rm(link, { recursive: true, force: true });
    await symlink(join(DATA, name), link);
    if (fsGroup !== undefined) await lchown(link, 0, fsGroup);
  }
}

async function removeStale(target: string, current: string, payload: Payload): Promise<void> {
  const wanted = topNames(payload);
  for (const name of await readdir(target)) {
    const isOwn = name === DATA || name === current || wanted.has(name);
    if (isOwn) continue;
    if (name.startsWith("..") || (await lstat(join(target, name))).isSymbolicLink()) await rm(join(target, name), { recursive: true, force: true });
  }
}
