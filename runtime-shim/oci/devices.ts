import { readdirSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Message } from "../../cri/vocabulary.ts";
import { CriError, systemCodeOf } from "../errors.ts";
import type { OciDevice, OciDeviceRule } from "./spec-types.ts";

const MAX_DEVICES = 10_000;
/** What the runtime provides itself in every container's /dev. */
const PROVIDED = new Set(["pts", "shm", "fd", "mqueue", "console", ".lxc", ".lxd-mounts", ".udev"]);

/** The device nodes and cgroup rules for the asked devices; a host directory stands for all devices in it. */
export function devicesOf(requests: readonly Message<"Device">[]): { devices: OciDevice[]; rules: OciDeviceRule[] } {
  const devices: OciDevice[] = [];
  const rules: OciDeviceRule[] = [];
  for (const request of requests) {
    if (!/^[rwm]{1,3}$/.test(request.permissions)) throw new CriError("INVALID_ARGUMENT", `device ${request.hostPath}: permissions ${JSON.stringify(request.permissions)} are not of r, w and m`);
    const found = devicesAt(request.hostPath, request.containerPath || request.hostPath);
    if (found.length === 0) throw new CriError("INVALID_ARGUMENT", `device ${request.hostPath}: there is no device on the host`);
    for (const device of found) {
      devices.push(device);
      rules.push({ allow: true, type: device.type === "b" ? "b" : "c", major: device.major, minor: device.minor, access: request.permissions });
    }
  }
  return { devices, rules };
}

/** Every device node of the host's /dev, for a privileged container. */
export function hostDevices(): OciDevice[] {
  return below("/dev", "/dev", PROVIDED);
}

function devicesAt(hostPath: string, containerPath: string): OciDevice[] {
  let stats: Stats;
  try {
    stats = statSync(hostPath);
  } catch (error) {
    throw new CriError("INVALID_ARGUMENT", `device ${hostPath}: ${systemCodeOf(error) ?? "unreadable"}`);
  }
  if (stats.isDirectory()) return below(hostPath, containerPath, new Set());
  return deviceOf(stats, containerPath);
}

function below(hostPath: string, containerPath: string, skipped: ReadonlySet<string>): OciDevice[] {
  const found: OciDevice[] = [];
  for (const entry of readdirSync(hostPath, { withFileTypes: true })) {
    if (skipped.has(entry.name) || found.length > MAX_DEVICES) continue;
    const from = join(hostPath, entry.name);
    const to = join(containerPath, entry.name);
    if (entry.isDirectory()) found.push(...below(from, to, new Set()));
    else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
      try {
        found.push(...deviceOf(statSync(from), to));
      } catch (error) {
        if (systemCodeOf(error) !== "ENOENT") throw error;
      }
    }
  }
  return found;
}

function deviceOf(stats: Stats, path: string): OciDevice[] {
  const type = stats.isCharacterDevice() ? "c" : stats.isBlockDevice() ? "b" : undefined;
  if (type === undefined) return [];
  const { major, minor } = deviceNumber(stats.rdev);
  return [{ path, type, major, minor, fileMode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid }];
}

/** Splits a dev_t as glibc's makedev joins it. */
function deviceNumber(rdev: number): { major: number; minor: number } {
  const wide = BigInt(rdev);
  return {
    major: Number(((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xfffff000n)),
    minor: Number((wide & 0xffn) | ((wide >> 12n) & 0xffffff00n)),
  };
}
