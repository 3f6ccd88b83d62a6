import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { UserError } from "../user-error.ts";

const CNI_BIN_DIR = "/usr/lib/cni";
const CNI_PLUGINS = ["bridge", "host-local", "loopback"];
const UNIX_SOCKET_PATH_MAX_BYTES = 107;
/** Room for images, logs and the store before a cluster is worth starting. */
const MIN_FREE_BYTES = 512 * 1024 * 1024;

/** Whether a program is on PATH. */
function hasProgram(name: string, path: string): boolean {
  return path.split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @throws UserError unless this process is root's */
export function requireRoot(): void {
  if (process.geteuid?.() !== 0) throw new UserError("needs root: it makes namespaces, mounts and cgroups. Run it with sudo.");
}

/**
 * Everything that a cluster on this machine needs, checked before anything is started or written.
 * @throws UserError that names the first missing part and the fix
 */
export async function preflight(options: { dataDir: string; listen: { host: string; port: number }; agentPort: number; path: string }): Promise<void> {
  if (!hasProgram("crun", options.path) && !hasProgram("runc", options.path)) throw new UserError("no OCI runtime: neither crun nor runc is on PATH. Run 'make up', or: apt-get install crun runc");
  for (const program of ["conmon", "ip"]) {
    const packageName = program === "ip" ? "iproute2" : program;
    if (!hasProgram(program, options.path)) throw new UserError(`${program} is not on PATH. Run 'make up', or: apt-get install ${packageName}`);
  }
  const missing = CNI_PLUGINS.filter((plugin) => !existsSync(join(CNI_BIN_DIR, plugin)));
  if (missing.length > 0) throw new UserError(`CNI plugins are missing in ${CNI_BIN_DIR}: ${missing.join(", ")}. Run 'make up', or: apt-get install containernetworking-plugins`);
  if (!/^nodev\toverlay$/m.test(readFileSync("/proc/filesystems", "utf8")))
    throw new UserError("this kernel has no overlayfs, which images are mounted with. Load it: modprobe overlay");
  if (!existsSync("/sys/fs/cgroup/cgroup.controllers") && !existsSync("/sys/fs/cgroup/memory"))
    throw new UserError("no cgroup file system is mounted at /sys/fs/cgroup, so limits could not be enforced. Mount it: mount -t cgroup2 none /sys/fs/cgroup");
  if (Buffer.byteLength(join(options.dataDir, "run/shim.sock")) > UNIX_SOCKET_PATH_MAX_BYTES)
    throw new UserError(`the data folder's path is too long for the sockets in it: ${options.dataDir}. Choose a shorter one with BERTH_DATA_DIR`);
  const parent = nearestExisting(options.dataDir);
  const { bavail, bsize } = statfsSync(parent);
  if (bavail * bsize < MIN_FREE_BYTES) throw new UserError(`only ${Math.round((bavail * bsize) / 2 ** 20)} MiB are free in ${parent}, 512 are needed. Free some, or choose another folder with BERTH_DATA_DIR`);
  await requireFreePort(options.listen.host, options.listen.port, "BERTH_LISTEN=127.0.0.1:7443");
  await requireFreePort("127.0.0.1", options.agentPort, "BERTH_AGENT_PORT=11250");
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === "/" ? path : nearestExisting(join(path, ".."));
}

function requireFreePort(host: string, port: number, fix: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      const what = error.code === "EADDRINUSE" ? "is taken by another program" : `cannot be used (${error.code ?? error.message})`;
      reject(new UserError(`port ${port} on ${host} ${what}. Stop what uses it, or choose another: ${fix} make up`));
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
