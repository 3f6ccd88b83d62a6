import { lstatSync } from "node:fs";
import { readBytesInRoot, resolveInRoot } from "../os/rooted-path.ts";

/** Loaders of 32-bit programs: an image that can run any that is not static has one. */
const narrowLoaders = ["/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1", "/lib/ld-linux-armhf.so.3", "/lib/ld-linux.so.3", "/lib/ld-musl-armhf.so.1"];
const narrowArchitectures = new Set(["386", "arm"]);
/** ELF header: magic, then the class; 1 is 32-bit. */
const ELF_CLASS_32 = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1]);

/** Whether a container will run 32-bit programs on this 64-bit machine, as far as can be told beforehand. */
export function runsNarrow(rootfs: string, imageArchitecture: string, command: string): boolean {
  if (narrowArchitectures.has(imageArchitecture)) return true;
  if (narrowLoaders.some((loader) => lstatSync(resolveInRoot(rootfs, loader), { throwIfNoEntry: false }) !== undefined)) return true;
  return command.startsWith("/") && readBytesInRoot(rootfs, command, ELF_CLASS_32.length)?.equals(ELF_CLASS_32) === true;
}
