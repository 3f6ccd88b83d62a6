import {
  chmodSync, closeSync, constants, fchmodSync, fchownSync, futimesSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync, openSync,
  rmSync, symlinkSync, writeSync, type Stats,
} from "node:fs";
import { join } from "node:path";
import { systemCodeOf } from "../errors.ts";
import { checked, cPath, libc } from "../os/libc.ts";
import { resolveInRoot } from "../os/rooted-path.ts";
import type { TarEntry } from "./tar-reader.ts";

/** What one layer may be; more is refused before it is written. */
export interface LayerLimits {
  readonly bytes: number;
  readonly entries: number;
}

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
const MAX_PATH_BYTES = 4096;
const MAX_DEPTH = 256;
const MAX_ID = 2 ** 32 - 2;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const S_IFIFO = 0o010000;

/**
 * Writes a layer's entries below one directory, in overlayfs' terms: a deleted file becomes a 0:0 character device, a
 * replaced directory gets trusted.overlay.opaque. Nothing is ever written outside the directory: parents are
 * resolved as if it were the root, names with ".." are refused, the last part of a name is never followed.
 */
export class LayerWriter {
  readonly #root: string;
  readonly #limits: LayerLimits;
  readonly #parents = new Map<string, string>();
  readonly #directoryTimes: [path: string, mtime_s: number][] = [];
  #bytes = 0;
  #entries = 0;

  constructor(root: string, limits: LayerLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Writes one entry. Throws when it is malformed, hostile or beyond the limits. */
  async add(entry: TarEntry): Promise<void> {
    if (++this.#entries > this.#limits.entries) throw new Error(`layer has more than ${this.#limits.entries} entries`);
    if (entry.size > this.#limits.bytes - this.#bytes) throw new Error(`layer unpacks to more than ${this.#limits.bytes} bytes`);
    const parts = partsOf(entry.path);
    const name = parts.at(-1);
    if (name === undefined) return this.#describeRoot(entry);
    const parent = this.#parent(parts.slice(0, -1));
    if (name.startsWith(WHITEOUT)) return this.#whiteout(parent, name);
    const path = join(parent, name);
    const replacedWhiteout = this.#makeRoom(path, entry);
    await this.#create(path, entry);
    if (replacedWhiteout && entry.type === "directory") setOpaque(path);
    this.#describe(path, entry);
  }

  /** Sets the directories' times, which writing into them changed. */
  finish(): void {
    for (const [path, mtime_s] of this.#directoryTimes.reverse()) {
      try {
        lutimesSync(path, mtime_s, mtime_s);
      } catch (error) {
        if (systemCodeOf(error) !== "ENOENT") throw error; // replaced by a later entry
      }
    }
  }

  #describeRoot(entry: TarEntry): void {
    if (entry.type !== "directory") throw new Error("layer's root is not a directory");
    this.#describe(this.#root, entry);
  }

  /** The directory on the host for an entry's parent, made where it is missing. */
  #parent(parts: readonly string[]): string {
    const key = parts.join("/");
    const known = this.#parents.get(key);
    if (known !== undefined) return known;
    let path = this.#root;
    for (let depth = 1; depth <= parts.length; depth++) {
      path = resolveInRoot(this.#root, parts.slice(0, depth).join("/"));
      const stats = statOf(path);
      if (stats === undefined) mkdirSync(path, { recursive: true, mode: 0o755 });
      else if (!stats.isDirectory()) {
        if (!isWhiteout(stats)) throw new Error(`layer puts ${JSON.stringify(key)} below something that is not a directory`);
        rmSync(path);
        mkdirSync(path, { mode: 0o755 });
        setOpaque(path);
      }
    }
    this.#parents.set(key, path);
    return path;
  }

  /** Removes what an earlier entry of this layer put there, but a directory for a directory. True when that was a whiteout. */
  #makeRoom(path: string, entry: TarEntry): boolean {
    const stats = statOf(path);
    if (stats === undefined || (stats.isDirectory() && entry.type === "directory")) return false;
    rmSync(path, { recursive: true });
    this.#parents.clear();
    return isWhiteout(stats);
  }

  async #create(path: string, entry: TarEntry): Promise<void> {
    if (entry.type === "file") return this.#writeFile(path, entry);
    if (entry.type === "directory") {
      if (statOf(path) === undefined) mkdirSync(path, { mode: 0o700 });
    } else if (entry.type === "symlink") symlinkSync(checkedTarget(entry.linkPath), path);
    else if (entry.type === "hardlink") this.#link(path, entry.linkPath);
    else if (entry.type === "fifo") makeNode(path, S_IFIFO, 0, 0);
    else {
      if (entry.major === 0 && entry.minor === 0) throw new Error(`layer has the device 0:0 at ${JSON.stringify(entry.path)}, which would hide files of other layers`);
      makeNode(path, entry.type === "character" ? S_IFCHR : S_IFBLK, entry.major, entry.minor);
    }
  }

  async #writeFile(path: string, entry: TarEntry): Promise<void> {
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      for await (const chunk of entry.body()) {
        this.#bytes += chunk.length;
        for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
      }
      fchownSync(fd, checkedId(entry.uid), checkedId(entry.gid));
      for (const [name, value] of entry.xattrs) setXattr(path, name, value);
      fchmodSync(fd, entry.mode & 0o7777);
      futimesSync(fd, entry.mtime_s, entry.mtime_s);
    } finally {
      closeSync(fd);
    }
  }

  #link(path: string, target: string): void {
    const parts = partsOf(target);
    const name = parts.pop();
    if (name === undefined) throw new Error("layer has a hard link to its root");
    const source = join(resolveInRoot(this.#root, parts.join("/")), name);
    const stats = statOf(source);
    if (stats === undefined || stats.isDirectory() || isWhiteout(stats)) throw new Error(`layer has a hard link to ${JSON.stringify(target)}, which is not a file in it`);
    linkSync(source, path);
  }

  #describe(path: string, entry: TarEntry): void {
    if (entry.type === "file" || entry.type === "hardlink") return;
    lchownSync(path, checkedId(entry.uid), checkedId(entry.gid));
    for (const [name, value] of entry.xattrs) setXattr(path, name, value);
    if (entry.type === "symlink") return lutimesSync(path, entry.mtime_s, entry.mtime_s);
    chmodSync(path, entry.mode & 0o7777);
    if (entry.type === "directory") this.#directoryTimes.push([path, entry.mtime_s]);
    else lutimesSync(path, entry.mtime_s, entry.mtime_s);
  }

  #whiteout(parent: string, name: string): void {
    if (name === OPAQUE) return setOpaque(parent);
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === "" || hidden === "." || hidden === "..") throw new Error(`layer has the whiteout ${JSON.stringify(name)}, which names no file`);
    if (hidden.startsWith(WHITEOUT)) return; // AUFS' own bookkeeping
    const path = join(parent, hidden);
    const stats = statOf(path);
    if (stats === undefined) makeNode(path, S_IFCHR, 0, 0);
    else if (stats.isDirectory()) setOpaque(path); // the layer both deletes and brings it: only what is below goes
  }
}

/** The parts of an entry's name, relative to the layer's root. */
function partsOf(path: string): string[] {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new Error(`layer has a name of more than ${MAX_PATH_BYTES} bytes`);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new Error(`layer has ".." in the name ${JSON.stringify(path)}`);
  if (parts.length > MAX_DEPTH) throw new Error(`layer has a name of more than ${MAX_DEPTH} parts`);
  if (parts.some((part) => part.includes("\0"))) throw new Error("layer has a name with a NUL byte");
  return parts;
}

function checkedTarget(target: string): string {
  if (target === "" || target.includes("\0") || Buffer.byteLength(target) > MAX_PATH_BYTES) throw new Error("layer has a symbolic link without a proper target");
  return target;
}

function checkedId(id: number): number {
  if (id > MAX_ID) throw new Error(`layer has the owner ${id}, beyond ${MAX_ID}`);
  return id;
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

function makeNode(path: string, kind: number, major: number, minor: number): void {
  const device = (BigInt(major & 0xfff) << 8n) | (BigInt(major >>> 12) << 44n) | BigInt(minor & 0xff) | (BigInt(minor >>> 8) << 20n);
  checked(libc().mknod(cPath(path), kind | 0o600, device), "mknod", path);
}

function setOpaque(path: string): void {
  writeXattr(path, "trusted.overlay.opaque", Buffer.from("y"));
}

/** File capabilities and users' attributes; overlayfs' own (`redirect` …) would let a layer reach into others. */
function setXattr(path: string, name: string, value: Buffer): void {
  if (name !== "security.capability" && (!name.startsWith("user.") || name.startsWith("user.overlay."))) return;
  try {
    writeXattr(path, name, value);
  } catch (error) {
    if (systemCodeOf(error) !== "EOPNOTSUPP" && systemCodeOf(error) !== "EPERM") throw error;
  }
}

function writeXattr(path: string, name: string, value: Buffer): void {
  checked(libc().lsetxattr(cPath(path), cPath(name), value, BigInt(value.length), 0), "lsetxattr", path);
}
