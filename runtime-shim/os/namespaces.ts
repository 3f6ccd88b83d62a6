import { closeSync, openSync } from "node:fs";
import { abort } from "node:process";
import { checked, libc } from "./libc.ts";
import { mount, mountFlags } from "./mounts.ts";

/** CLONE_NEW… flags of the namespaces that a thread can change for itself. */
const kinds = { net: 0x40000000, ipc: 0x08000000 } as const;
export type NamespaceKind = keyof typeof kinds;

const SIOCGIFFLAGS = 0x8913n;
const SIOCSIFFLAGS = 0x8914n;
const IFF_UP = 1;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
/** sizeof(struct ifreq); the flags follow the 16 bytes of the name. */
const IFREQ_BYTES = 40;

/**
 * Makes new namespaces and pins each at its path by a bind mount, so that they live without a process. `inside` runs
 * within them: it must be synchronous. The thread is back in its own namespaces when this returns or throws.
 */
export function createNamespaces(pins: Partial<Record<NamespaceKind, string>>, inside: () => void): void {
  const wanted = (Object.keys(pins) as NamespaceKind[]).filter((kind) => pins[kind] !== undefined);
  for (const kind of wanted) closeSync(openSync(pins[kind] as string, "w", 0o600));
  withOwnNamespaces(wanted, () => {
    let flags = 0;
    for (const kind of wanted) flags |= kinds[kind];
    checked(libc().unshare(flags), "unshare", wanted.join("+"));
    inside();
    for (const kind of wanted) mount(`/proc/thread-self/ns/${kind}`, pins[kind] as string, "", mountFlags.bind, "");
  });
}

/** Runs `action` (synchronous) in the namespace pinned at `path`. */
export function inNamespace<T>(kind: NamespaceKind, path: string, action: () => T): T {
  const target = openSync(path, "r");
  try {
    return withOwnNamespaces([kind], () => {
      checked(libc().setns(target, kinds[kind]), "setns", path);
      return action();
    });
  } finally {
    closeSync(target);
  }
}

function withOwnNamespaces<T>(wanted: readonly NamespaceKind[], action: () => T): T {
  const own = wanted.map((kind) => ({ kind, fd: openSync(`/proc/thread-self/ns/${kind}`, "r") }));
  try {
    return action();
  } finally {
    for (const { kind, fd } of own) {
      // A thread that stayed in a pod's namespace would serve every later call from there.
      if (libc().setns(fd, kinds[kind]) !== 0) abort();
      closeSync(fd);
    }
  }
}

/** Sets an interface of the current network namespace up. */
export function setInterfaceUp(name: string): void {
  const socket = checked(libc().socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket", "AF_INET");
  try {
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(name, 0, 15, "latin1");
    checked(libc().ioctl(socket, SIOCGIFFLAGS, request), "SIOCGIFFLAGS", name);
    request.writeInt16LE(request.readInt16LE(16) | IFF_UP, 16);
    checked(libc().ioctl(socket, SIOCSIFFLAGS, request), "SIOCSIFFLAGS", name);
  } finally {
    libc().close(socket);
  }
}
