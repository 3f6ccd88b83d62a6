import { dlopen, getInt32 } from "node:ffi";
import { constants } from "node:os";

/**
 * The kernel's calls that Node has no function for, through the C library of the running process. Everything native
 * of the shim goes through this file. All calls are synchronous on the calling thread.
 */
const signatures = {
  mount: { arguments: ["string", "string", "string", "u64", "string"], return: "i32" },
  umount2: { arguments: ["string", "i32"], return: "i32" },
  unshare: { arguments: ["i32"], return: "i32" },
  setns: { arguments: ["i32", "i32"], return: "i32" },
  mknod: { arguments: ["string", "u32", "u64"], return: "i32" },
  lsetxattr: { arguments: ["string", "string", "buffer", "u64", "i32"], return: "i32" },
  pipe2: { arguments: ["buffer", "i32"], return: "i32" },
  prctl: { arguments: ["i32", "u64", "u64", "u64", "u64"], return: "i32" },
  waitpid: { arguments: ["i32", "buffer", "i32"], return: "i32" },
  flock: { arguments: ["i32", "i32"], return: "i32" },
  syncfs: { arguments: ["i32"], return: "i32" },
  chdir: { arguments: ["string"], return: "i32" },
  ioctl: { arguments: ["i32", "u64", "buffer"], return: "i32" },
  socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
  bind: { arguments: ["i32", "buffer", "u32"], return: "i32" },
  listen: { arguments: ["i32", "i32"], return: "i32" },
  connect: { arguments: ["i32", "buffer", "u32"], return: "i32" },
  send: { arguments: ["i32", "buffer", "u64", "i32"], return: "i64" },
  recv: { arguments: ["i32", "buffer", "u64", "i32"], return: "i64" },
  shutdown: { arguments: ["i32", "i32"], return: "i32" },
  close: { arguments: ["i32"], return: "i32" },
  posix_openpt: { arguments: ["i32"], return: "i32" },
  grantpt: { arguments: ["i32"], return: "i32" },
  unlockpt: { arguments: ["i32"], return: "i32" },
  write: { arguments: ["i32", "buffer", "u64"], return: "i64" },
  eventfd: { arguments: ["u32", "i32"], return: "i32" },
  epoll_create1: { arguments: ["i32"], return: "i32" },
  epoll_ctl: { arguments: ["i32", "i32", "i32", "buffer"], return: "i32" },
  epoll_wait: { arguments: ["i32", "buffer", "i32", "i32"], return: "i32" },
  __errno_location: { arguments: [], return: "pointer" },
} as const;

type Libc = ReturnType<typeof open>;
let loaded: Libc | undefined;

function open() {
  return dlopen(null, signatures).functions;
}

/** The C library's functions; loaded at the first use. */
export function libc(): Libc {
  loaded ??= open();
  return loaded;
}

/** A failed kernel call: `code` is the errno's name, as in Node's own system errors. */
export class KernelError extends Error {
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject: string) {
    const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
    super(`${syscall} ${subject}: ${code}`);
    this.code = code;
    this.syscall = syscall;
  }
}

/** Returns `result`, or throws KernelError with errno when it is negative. Call it at once after the call. */
export function checked(result: number | bigint, syscall: string, subject: string): number {
  if (result >= 0) return Number(result);
  throw new KernelError(syscall, getInt32(libc().__errno_location()), subject);
}

/** A path that C may be given: it would cut one at a NUL. */
export function cPath(path: string): string {
  if (path.includes("\0")) throw new TypeError(`path with a NUL byte: ${JSON.stringify(path)}`);
  return path;
}
