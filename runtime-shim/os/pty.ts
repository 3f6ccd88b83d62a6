import { constants, openSync } from "node:fs";
import { checked, libc } from "./libc.ts";

const TIOCGPTN = 0x80045430n;
const TIOCSWINSZ = 0x5414n;

/** A pseudo-terminal's two ends, as open file descriptors: whoever opens one closes both. */
export interface Pty {
  readonly master: number;
  readonly slave: number;
}

/** Opens a new pseudo-terminal. */
export function openPty(): Pty {
  const master = checked(libc().posix_openpt(constants.O_RDWR | constants.O_NOCTTY | 0o2000000), "posix_openpt", "/dev/ptmx");
  try {
    checked(libc().grantpt(master), "grantpt", "pty");
    checked(libc().unlockpt(master), "unlockpt", "pty");
    const number = Buffer.alloc(4);
    checked(libc().ioctl(master, TIOCGPTN, number), "TIOCGPTN", "pty");
    return { master, slave: openSync(`/dev/pts/${number.readUInt32LE()}`, constants.O_RDWR | constants.O_NOCTTY) };
  } catch (error) {
    libc().close(master);
    throw error;
  }
}

/** Sets a terminal's size in characters. */
export function setTerminalSize(fd: number, width: number, height: number): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(clamp(height), 0);
  size.writeUInt16LE(clamp(width), 2);
  checked(libc().ioctl(fd, TIOCSWINSZ, size), "TIOCSWINSZ", "terminal");
}

function clamp(characters: number): number {
  return Math.min(Math.max(0, Math.trunc(characters)), 65_535);
}
